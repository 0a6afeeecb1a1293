package sip

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"hash"
	"io"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// signer makes our dialog tags. A tag is a keyed hash of the Call-ID: it proves, without
// any state, that a response after the end of its session answers an INVITE of ours.
type signer struct {
	macs sync.Pool
}

func newSigner() *signer {
	key := make([]byte, 32)
	rand.Read(key)
	return &signer{macs: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

var tagEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// callerTag is our tag on a call that we place.
func (s *signer) callerTag(callID string) string { return s.sign("caller", callID, "") }

// calleeTag is our tag on a call that we take from the holder of remoteTag.
func (s *signer) calleeTag(callID, remoteTag string) string {
	return s.sign("callee", callID, remoteTag)
}

func (s *signer) sign(role, callID, remoteTag string) string {
	m := s.macs.Get().(hash.Hash)
	defer s.macs.Put(m)
	m.Reset()
	io.WriteString(m, role+"\x00"+callID+"\x00"+remoteTag)
	var sum [sha256.Size]byte
	return tagEncoding.EncodeToString(m.Sum(sum[:0])[:10])
}

// newBranch is a transaction id that cannot be guessed (RFC 3261 §8.1.1.7).
func newBranch() string { return sipmsg.RFC3261BranchMagicCookie + rand.Text() }
