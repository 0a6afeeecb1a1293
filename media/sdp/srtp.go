package sdp

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// SRTPPolicy says whether a stream is encrypted (RFC 3711). The empty policy is SRTPOff.
type SRTPPolicy string

// The policies.
const (
	// SRTPOff: plain RTP alone; an offer of SRTP alone is refused.
	SRTPOff SRTPPolicy = "off"
	// SRTPOptional: SRTP where the far end has it, else plain RTP. The offer is RTP/AVP with
	// crypto attributes (RFC 8643).
	SRTPOptional SRTPPolicy = "optional"
	// SRTPRequired: SRTP alone. The offer is RTP/SAVP.
	SRTPRequired SRTPPolicy = "required"
)

// SRTPPolicies lists the policies.
func SRTPPolicies() []SRTPPolicy { return []SRTPPolicy{SRTPOff, SRTPOptional, SRTPRequired} }

// SRTP is what offer and answer agreed on for an encrypted stream. The zero SRTP is plain
// RTP.
type SRTP struct {
	Suite Suite
	// Send encrypts our packets, Receive the far end's, which have ReceiveMKI.
	Send, Receive MasterKey
	ReceiveMKI    string
}

// Encrypted reports whether the stream is encrypted.
func (s SRTP) Encrypted() bool { return s.Suite != "" }

// Why there is no stream, beside the errors of Negotiated.
var (
	// ErrEncrypted: the stream is SRTP alone, and we take plain RTP alone.
	ErrEncrypted = errors.New("the audio stream is SRTP (RTP/SAVP), and srtp is off")
	// ErrPlain: the stream is plain RTP, and we take SRTP alone.
	ErrPlain = errors.New("the audio stream is plain RTP, and SRTP is required")
	// ErrCrypto: the stream is SRTP, and has no crypto attribute that can be used.
	ErrCrypto = errors.New("the audio stream is SRTP without a crypto attribute (RFC 4568) that can be used")
	// ErrDTLS: the stream's keys are exchanged by DTLS (RFC 5763).
	ErrDTLS = errors.New("the audio stream is DTLS-SRTP (UDP/TLS/RTP/SAVP), and keys are taken from crypto attributes alone")
)

// agree finds what a stream can agree on under the policy. answer says that the stream
// answers our offer.
func (l Local) agree(m Media, answer bool) (SRTP, error) {
	secure := m.isSecure()
	switch off := l.SRTP == SRTPOff || l.SRTP == ""; {
	case off && secure:
		return SRTP{}, ErrEncrypted
	case off:
		return SRTP{}, nil
	case !secure && len(m.Crypto) == 0 && len(m.unusable) == 0:
		if l.SRTP == SRTPRequired || l.Encrypted {
			return SRTP{}, ErrPlain
		}
		return SRTP{}, nil
	}
	s, err := l.choose(m, answer)
	if err != nil && !answer && !secure && l.SRTP == SRTPOptional && !l.Encrypted {
		return SRTP{}, nil // opportunistic: the offer is good for plain RTP (RFC 8643 §3.2)
	}
	return s, err
}

// choose takes the first crypto attribute of an offer with a suite of ours, or the only one
// of an answer.
func (l Local) choose(m Media, answer bool) (SRTP, error) {
	why := slices.Clone(m.unusable)
	if answer && len(m.Crypto)+len(m.unusable) > 1 {
		return SRTP{}, fmt.Errorf("%w: the answer has %d, want one", ErrCrypto, len(m.Crypto)+len(m.unusable))
	}
	for _, theirs := range m.Crypto {
		i := slices.IndexFunc(l.Crypto, func(c Crypto) bool { return c.Suite == theirs.Suite && (!answer || c.Tag == theirs.Tag) })
		switch {
		case i < 0 && answer:
			why = append(why, fmt.Sprintf("the answer's tag %d with %s was not offered", theirs.Tag, theirs.Suite))
		case i < 0:
			why = append(why, fmt.Sprintf("tag %d: suite %s is not among ours", theirs.Tag, theirs.Suite))
		case theirs.Key == l.Crypto[i].Key:
			why = append(why, fmt.Sprintf("tag %d, %s: its key is the one that we sent", theirs.Tag, theirs.Suite))
		default:
			return SRTP{Suite: theirs.Suite, Send: l.Crypto[i].Key, Receive: theirs.Key, ReceiveMKI: theirs.MKI}, nil
		}
	}
	if why == nil {
		return SRTP{}, ErrCrypto
	}
	return SRTP{}, fmt.Errorf("%w: %s", ErrCrypto, strings.Join(why, "; "))
}

// answeredCrypto is the crypto attribute that answers a stream: our key under the stream's
// tag.
func answeredCrypto(m Media, s SRTP) []Crypto {
	for _, theirs := range m.Crypto {
		if theirs.Suite == s.Suite && theirs.Key == s.Receive {
			return []Crypto{{Tag: theirs.Tag, Suite: s.Suite, Key: s.Send}}
		}
	}
	return nil
}
