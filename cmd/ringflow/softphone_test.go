//go:build interop

package main_test

import (
	"cmp"
	"testing"
	"time"
)

// softphone is a phone program under test. It answers, says a tone without end,
// records what its owner hears, and does what it is told.
type softphone interface {
	press(keys string)
	hold()
	resume()
	hangUp()
	// heard returns what the owner heard in the one call there was, once it has ended.
	heard() []int16
	// unplug ends the phone without a word to anybody.
	unplug()
}

// maker starts a softphone and returns when it takes calls.
type maker func(*site, host, setup) softphone

// setup is how a softphone is set up.
type setup struct {
	number    string     // that it answers to
	says      float64    // hertz
	registers bool       // with the site's carrier, or with registrar
	registrar string     // "": the site's carrier
	tls       *authority // registers over TLS with a server whose certificate it has signed; nil: over UDP
	silent    bool       // rings and does not answer
	info      bool       // sends keys by INFO, and answers without telephone-event
	srtp      bool       // takes SRTP alone
	reliable  bool       // wants its 180 acknowledged (RFC 3262)
}

// speech is what a softphone says: longer than any call here.
func (s setup) speech() []byte { return wav(tone(s.says, time.Minute)) }

// domain is the host part of the phone's own SIP address.
func (s setup) domain(at *site, where host) string {
	if s.registers {
		return cmp.Or(s.registrar, at.inner().address)
	}
	return where.address
}

// ownerHears checks what the owner of a softphone heard.
func ownerHears(t *testing.T, who string, heard []int16, hz float64, least time.Duration) {
	t.Helper()
	if got := tones(heard, hz); got < least {
		t.Errorf("%s heard %g Hz for %s of %.1f s, want %s at least", who, hz, got, float64(len(heard))/rate, least)
	}
}

// ownerHearsNot allows for no more than the tail of a filter.
func ownerHearsNot(t *testing.T, who string, heard []int16, hz float64) {
	t.Helper()
	if got := tones(heard, hz); got > 200*time.Millisecond {
		t.Errorf("%s heard itself, %g Hz, for %s", who, hz, got)
	}
}
