// Package sdp is the offer/answer model of RFC 3264 for one audio stream, as pure functions.
// It knows nothing of SIP, sockets or audio.
//
// It reads what gateways send rather than what RFC 8866 allows, within fixed bounds, and
// writes little, so that an INVITE stays far below the size of one datagram.
package sdp
