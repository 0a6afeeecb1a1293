package sdp

import "slices"

// Suite is a crypto suite of SRTP by its registered name (RFC 4568 §6.2).
type Suite string

// The suites that can be agreed on.
const (
	AESCM128HMAC80 Suite = "AES_CM_128_HMAC_SHA1_80" // RFC 4568 §6.2.1
	AESCM128HMAC32 Suite = "AES_CM_128_HMAC_SHA1_32" // RFC 4568 §6.2.2
	AESCM256HMAC80 Suite = "AES_256_CM_HMAC_SHA1_80" // RFC 6188 §4
	AESGCM128      Suite = "AEAD_AES_128_GCM"        // RFC 7714 §14.2
	AESGCM256      Suite = "AEAD_AES_256_GCM"        // RFC 7714 §14.2
)

// suiteSizes are the lengths of a suite's master key and master salt in bytes.
type suiteSizes struct{ key, salt int }

var suites = map[Suite]suiteSizes{
	AESCM128HMAC80: {16, 14},
	AESCM128HMAC32: {16, 14},
	AESCM256HMAC80: {32, 14},
	AESGCM128:      {16, 12},
	AESGCM256:      {32, 12},
}

// Suites are all suites, in alphabetical order.
func Suites() []Suite {
	var list []Suite
	for s := range suites {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

// DefaultSuites are the suites that are offered unless others are wanted, the preferred
// first: the one that every implementation of SDES has (RFC 4568 §6.2.1), and those of
// RFC 7714.
func DefaultSuites() []Suite { return []Suite{AESCM128HMAC80, AESGCM256, AESGCM128} }
