// Package sip is a SIP user agent: it places calls through trunks and takes calls, over
// UDP and TCP.
//
// It knows transports, transactions, dialogs, the states of a call, digest
// authentication, and failover between the targets of a trunk. emiago/sipgo parses and
// writes its messages, which no other package sees. It does not know what a body means
// (SDP passes through unread), nor numbers, flows, audio or accounts.
//
// Its files are named by their part:
//
//	agent_       the Agent, and where a message received goes
//	transport_   UDP, TCP and the ICMP errors of UDP
//	message_     parsing, checking and writing of messages
//	transaction_ client and server transactions
//	dialog_      dialogs and the requests in them
//	invite_      the INVITE that begins a call, of either side
//	session_     a call: its states, events, re-INVITEs and timers
//	digest_      challenges and credentials
//	trunk_       trunks, their names in DNS, and their pings
//	registration_ REGISTER: bindings, their refresh, the service route
//
// RFC 3261 is the base; 3262 (PRACK), 3311 (UPDATE), 3326 (Reason), 3581
// (rport), 3608 (service route), 4028 (session timers), 5626 (outbound), 6026 (2xx
// handling), 6141 (re-INVITE) and 7616 (digest) are named where they rule.
package sip
