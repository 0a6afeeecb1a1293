// Package sim is a simulated carrier with phones behind it, for the demo and for tests:
// SIP and RTP over loopback sockets, and phones that answer, refuse, ring, send audio and
// DTMF digits and hang up as their Behaviour says.
//
// It places no calls, knows nothing of flows and judges no result: Carrier returns the
// facts of each Call with the recording of its phone.
package sim
