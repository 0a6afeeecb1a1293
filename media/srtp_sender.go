package media

import (
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"ringflow/media/sdp"
)

// srtpOverhead is more than what encryption adds to a packet, in bytes: no suite's tag is
// longer than 16.
const srtpOverhead = 32

// srtpSender encrypts the packets that a port sends under one key, no two of them with the
// same number: they would share a keystream (RFC 3711 §9.1).
type srtpSender struct {
	suite   sdp.Suite
	key     sdp.MasterKey
	context *srtp.Context // nil: nothing can be sent
	header  rtp.Header    // the library's to write

	started bool
	highest uint16
	sent    uint64 // bit n: the number n before highest has been sent
}

func newSRTPSender(suite sdp.Suite, key sdp.MasterKey) *srtpSender {
	s := &srtpSender{suite: suite, key: key}
	s.context, _ = newSRTPContext(suite, key)
	return s
}

// protect encrypts a packet into the buffer. It reports false for one that must not be sent.
func (s *srtpSender) protect(buffer, packet []byte, seq uint16) ([]byte, bool) {
	if s.context == nil || !s.claim(seq) {
		return nil, false
	}
	out, err := s.context.EncryptRTP(buffer[:0], packet, &s.header)
	return out, err == nil
}

// claim reports whether a number may be sent, and notes that it was.
func (s *srtpSender) claim(seq uint16) bool {
	step := int16(seq - s.highest)
	switch {
	case !s.started:
		s.started, s.sent = true, 0
	case step <= -reorderWindow, step <= 0 && s.sent>>uint(-step)&1 != 0:
		return false
	case step <= 0:
		s.sent |= 1 << uint(-step)
		return true
	}
	s.sent = s.sent<<uint(max(step, 0)) | 1
	s.highest = seq
	return true
}

// srtpProfiles are the library's names of the suites.
var srtpProfiles = map[sdp.Suite]srtp.ProtectionProfile{
	sdp.AESCM128HMAC80: srtp.ProtectionProfileAes128CmHmacSha1_80,
	sdp.AESCM128HMAC32: srtp.ProtectionProfileAes128CmHmacSha1_32,
	sdp.AESCM256HMAC80: srtp.ProtectionProfileAes256CmHmacSha1_80,
	sdp.AESGCM128:      srtp.ProtectionProfileAeadAes128Gcm,
	sdp.AESGCM256:      srtp.ProtectionProfileAeadAes256Gcm,
}

// newSRTPContext makes the cryptographic context of one direction (RFC 3711 §3.2), its
// rollover counters 0 (RFC 4568 §7.1.4).
func newSRTPContext(suite sdp.Suite, key sdp.MasterKey, options ...srtp.ContextOption) (*srtp.Context, error) {
	masterKey, masterSalt := key.Split(suite)
	return srtp.CreateContext(masterKey, masterSalt, srtpProfiles[suite], options...)
}
