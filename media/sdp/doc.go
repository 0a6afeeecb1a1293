// Package sdp is the offer/answer model of RFC 3264 for one audio stream and its keys
// (RFC 4568), as pure functions but for NewCrypto, which makes keys. It knows nothing of SIP,
// sockets, audio or ciphers.
//
// It reads what gateways send rather than what RFC 8866 allows, within fixed bounds, and
// writes little, so that an INVITE stays far below the size of one datagram.
package sdp
