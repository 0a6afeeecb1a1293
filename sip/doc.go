// Package sip is a SIP user agent: it places calls through trunks and takes
// calls, over one UDP socket for both roles.
//
// It knows dialogs, the states of a call, digest login, failover between the
// targets of a trunk, the transactions of its own requests, and every race in
// which two ends talk at once. The lines of a message, and the state machine of the
// transaction of a request received, belong to emiago/sipgo, which nobody outside
// this package sees. It deliberately does not know what a body means (SDP passes
// through unread), nor numbers, flows, audio or accounts.
//
// Read agent.go (the socket and its sessions), event.go and outcome.go (what a
// session tells), session.go (what may be asked of it), inbox.go (the way of a
// message that came), parser.go, via.go and uri.go (how it is read), responder.go
// (what goes back), state.go (the table of states that decides every race),
// transact.go (what is repeated, and until when), icmp.go (what an ICMP error ends),
// then invite.go and inbound.go (the two sides of a call), early.go (before the
// answer), dialog.go and reoffer.go (what happens inside one), login.go and
// authentication.go (what a challenge leads to).
//
// RFC 3261 is the base; 3262 (PRACK), 3311 (UPDATE), 3326 (Reason), 3581
// (rport), 4028 (session timers), 6026 (2xx handling), 6141 (re-INVITE) and
// 7616 (digest) are named where they rule.
package sip
