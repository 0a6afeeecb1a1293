package phone_test

import (
	"net/netip"
	"testing"
	"time"

	"ringflow/internal/rig/audio"
	"ringflow/internal/rig/phone"
)

// pair opens two phones that talk straight to each other for as long as given.
func pair(t *testing.T, long time.Duration) (a, b *phone.Recording, ida, idb uint16) {
	t.Helper()
	x := phone.NewPlane(netip.MustParseAddr("127.0.0.1"), 0)
	t.Cleanup(func() { x.Close() })
	p, err := x.Open(phone.Settings{Tone: 500, Event: 101, Record: time.Minute, Trace: true})
	if err != nil {
		t.Fatal(err)
	}
	q, err := x.Open(phone.Settings{Tone: 1500, Event: 101, Record: time.Minute, Trace: true})
	if err != nil {
		t.Fatal(err)
	}
	p.Expect(q.Local())
	q.Expect(p.Local())
	p.Talk(q.Local())
	q.Talk(p.Local())
	<-time.After(long)
	p.Over()
	q.Over()
	return p.Restart(0), q.Restart(0), p.ID(), q.ID()
}

func TestTwoPhonesHearEachOther(t *testing.T) {
	a, b, ida, idb := pair(t, time.Second)
	for _, c := range []struct {
		name       string
		heard      *phone.Recording
		tone, not  int
		voice      uint16
		otherVoice uint16
	}{{"a", a, 1500, 500, idb, ida}, {"b", b, 500, 1500, ida, idb}} {
		h := c.heard
		if h.Packets < 40 || h.Packets > 52 || h.Lost() != 0 || len(h.Faults) != 0 || h.Duplicates != 0 {
			t.Errorf("%s: %d packets, %d lost, faults %v", c.name, h.Packets, h.Lost(), h.Faults)
		}
		if p := audio.Purity(h.PCM(), c.tone); p < 0.95 {
			t.Errorf("%s: purity %v of %d Hz", c.name, p, c.tone)
		}
		if p := audio.Purity(h.PCM(), c.not); p > 0.05 {
			t.Errorf("%s: purity %v of %d Hz", c.name, p, c.not)
		}
		if v := h.Voices[c.voice]; v == nil || v.Packets != h.Packets || h.Voices[c.otherVoice] != nil {
			t.Errorf("%s: voices %v", c.name, h.Voices)
		}
		if len(h.Delays) != h.Packets || len(h.Trace) != h.Packets {
			t.Errorf("%s: %d delays and %d arrivals of %d packets", c.name, len(h.Delays), len(h.Trace), h.Packets)
		}
	}
}
