// Package sdp is the offer/answer model of RFC 3264 for one audio stream: what
// we offer, what we answer, and what both sides have then agreed on.
//
// It reads what real gateways send rather than what RFC 8866 allows, within
// fixed bounds, and writes as little as the RFCs permit, so that an INVITE with
// it stays far below the size of one datagram. It deliberately knows nothing of
// SIP, sockets or sound: everything in it is a pure function.
//
// Read description.go and parse.go (what the far end said), then local.go,
// offer.go and answer.go (what we say), then accept.go and negotiated.go (what
// follows from both).
package sdp
