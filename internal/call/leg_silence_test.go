package call_test

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/call"
	"ringflow/media"
	"ringflow/sip"
)

func answerWith(host string, port uint16) func(*farEnd, *sip.Session) {
	return func(_ *farEnd, s *sip.Session) { s.Answer(states(host, port)) }
}

// Audio and keys from another address than the SDP's are heard, and audio goes there,
// where the stated address is private; so it is in a VPN and behind Docker.
func TestAudioFromAnotherAddressThanTheSDPs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	f := newFarEnd(w, answerWith("192.168.77.20", 4000))
	contact := w.dial(customer)
	to := target(t, (<-f.calls).Offer())
	f.talk(to, 35)
	f.press(to, 7)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	key, err := contact.Digit(ctx)
	if err != nil || key != '7' {
		t.Errorf("key %c, %v", key, err)
	}
	playing := make(chan error, 1)
	go func() { playing <- contact.Play(t.Context(), whistled(3)) }()
	_ = f.rtp.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := f.rtp.Read(make([]byte, 2000)); err != nil {
		t.Errorf("the far end hears nothing: %v", err)
	}
	if err := <-playing; err != nil {
		t.Error(err)
	}
	contact.HangUp()
	a := w.journal.last(record.LegEnded, record.PartyContact).Leg.Audio
	if a.Reception == record.ReceptionNone || a.Refused == nil || a.Refused.Stated != "192.168.77.20:4000" {
		t.Errorf("%+v", a)
	}
}

// A far end that cannot be heard is told three seconds after the answer, and whether
// nothing came or it came from somewhere else: journal, log and metrics.
func TestAFarEndThatCannotBeHeard(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sends         bool
		want          string
		silent, other uint64
	}{
		"nothing came":            {false, "no RTP packet has come; the SDP says 192.168.77.20:4000", 1, 0},
		"from an address refused": {true, "RTP packets were dropped, the last from 127.0.0.88:", 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.trunk.Sources = media.SourceSDP
			f := newFarEnd(w, answerWith("192.168.77.20", 4000))
			contact := w.dial(customer)
			to := target(t, (<-f.calls).Offer())
			var unheard record.Event
			for until := time.Now().Add(10 * time.Second); unheard.Detail == "" && time.Now().Before(until); unheard = w.journal.last(record.LegUnheard, record.PartyContact) {
				if c.sends {
					f.talk(to, 5)
				}
				<-time.After(20 * time.Millisecond)
			}
			contact.HangUp()
			if !strings.Contains(unheard.Detail, c.want) || !strings.Contains(unheard.Detail, "192.168.77.20:4000") {
				t.Errorf("told %q, want %q", unheard.Detail, c.want)
			}
			if log := w.log.String(); strings.Count(log, "cannot be heard") != 1 {
				t.Errorf("the log says\n%s", log)
			}
			q := w.sw.Qualities()["carrier"]
			if q.Silent != c.silent || q.OtherSource != c.other {
				t.Errorf("%d silent, %d from another source", q.Silent, q.OtherSource)
			}
			a := w.journal.last(record.LegEnded, record.PartyContact).Leg.Audio
			if a.Reception != record.ReceptionNone || (a.Refused != nil) != c.sends {
				t.Errorf("%+v", a)
			}
		})
	}
}

// A leg that ended, or whose far end put it on hold, says nothing of not being heard.
func TestNothingIsToldOfALegThatEndedOrIsOnHold(t *testing.T) {
	w := newWorld(t, nil)
	f := newFarEnd(w, answerWith("192.168.77.20", 4000))
	contact := w.dial(customer)
	s := <-f.calls
	for range 2 { // once the second is answered the first has been applied
		s.Reoffer(append(states("192.168.77.20", 4000), "a=inactive\r\n"...))
		if code := <-f.results; code != 200 {
			t.Fatalf("the hold is answered %d", code)
		}
	}
	if call.WouldLookWhetherHeard(contact) {
		t.Error("a leg on hold is looked at")
	}
	contact.HangUp()
	call.LookWhetherHeard(contact) // as a timer does that fired at the same time
	if e := w.journal.last(record.LegUnheard, record.PartyContact); e.Kind != "" {
		t.Errorf("%+v", e)
	}
}

// Nothing is sent to an address of this server itself, nor to more than one host.
func TestAnswersThatNoAudioMayBeSentTo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		host string // "": ours
		port uint16 // 0: of a leg of ours
		want string
	}{
		"another leg of ours": {"", 0, ""},
		"its own leg":         {"", 0, ""},
		"multicast":           {"239.1.2.3", 4000, "239.1.2.3 is no address of a single host"},
		"broadcast":           {"255.255.255.255", 4000, "255.255.255.255 is no address of a single host"},
		"unknown host":        {"no such host", 4000, `connection address "no": `},
		"no host":             {"a_b.invalid", 4000, `connection address "a_b.invalid": want an IP address or a host name`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			other, err := w.plane.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			ports := make(chan uint16, 1)
			newFarEnd(w, func(_ *farEnd, s *sip.Session) {
				port := c.port
				switch name {
				case "another leg of ours":
					port = other.LocalAddr().Port()
				case "its own leg":
					port = target(t, s.Offer()).Port()
				}
				ports <- port
				s.Answer(states(cmp.Or(c.host, w.addr.String()), port))
			})
			contact, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
			if c.port == 0 {
				c.want = fmt.Sprintf("%s:%d is an address of this server itself", w.addr, <-ports)
			}
			if contact != nil || err != nil || out.Exit != flowfile.ExitError || !strings.Contains(out.Detail, c.want) {
				t.Errorf("%v %+v %v, want %q", contact, out, err, c.want)
			}
		})
	}
}

// A re-INVITE cannot move a leg's audio to another leg: 488, and the call goes on.
func TestReofferOfAnAddressOfOursIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	f := newFarEnd(w, answerWith("127.0.0.88", 4000))
	contact := w.dial(customer)
	s := <-f.calls
	for _, to := range []netip.AddrPort{target(t, s.Offer()), netip.MustParseAddrPort("224.0.0.251:5353")} {
		s.Reoffer(states(to.Addr().String(), to.Port()))
		if code := <-f.results; code != 488 {
			t.Errorf("%v: %d, want 488", to, code)
		}
	}
	s.Reoffer(states("127.0.0.88", 4002))
	if code := <-f.results; code != 200 {
		t.Errorf("another address: %d, want 200", code)
	}
	contact.HangUp()
}

// A host name in an answer is looked up.
func TestHostNameInAnAnswer(t *testing.T) {
	w := newWorld(t, nil)
	f := newFarEnd(w, func(f *farEnd, s *sip.Session) {
		s.Answer(states("localhost", uint16(f.rtp.LocalAddr().(interface{ AddrPort() netip.AddrPort }).AddrPort().Port())))
	})
	contact := w.dial(customer)
	to := target(t, (<-f.calls).Offer())
	f.talk(to, 1)
	contact.HangUp()
	if a := w.journal.last(record.LegEnded, record.PartyContact).Leg.Audio; a.PacketsSent == 0 {
		t.Errorf("%+v", a)
	}
}

// Whoever answers may send from another port than what was heard before the answer,
// though both SDPs say the same.
func TestAnswerAfterEarlyMediaFromAnotherPort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ringing := make(chan *sip.Session, 1)
	goOn := make(chan struct{})
	f := newFarEnd(w, func(f *farEnd, s *sip.Session) {
		s.Respond(183, "Session Progress", states("127.0.0.88", 4000))
		ringing <- s
		go func() { <-goOn; s.Answer(states("127.0.0.88", 4000)) }()
	})
	type dialled struct {
		contact flowengine.Contact
		err     error
	}
	result := make(chan dialled, 1)
	go func() {
		c, _, err := w.sw.Dial(t.Context(), w.dialling(customer))
		result <- dialled{c, err}
	}()
	to := target(t, (<-ringing).Offer())
	f.talk(to, 10) // the announcement
	close(goOn)
	d := <-result
	if d.err != nil || d.contact == nil {
		t.Fatalf("%+v", d)
	}
	<-f.calls
	f.talk(to, 3) // of which the last packets come after the answer
	phone := *f
	conn := listenAt(t, "127.0.0.88")
	phone.rtp, phone.out.SSRC, phone.out.SequenceNumber = conn, 77, 9000
	phone.talk(to, 10)
	phone.press(to, 4)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if key, err := d.contact.Digit(ctx); err != nil || key != '4' {
		t.Errorf("key %c, %v", key, err)
	}
	d.contact.HangUp()
}

// A far end that brings more than a second of sound a second is told at the end of
// its leg, in the journal and once in the log.
func TestAFarEndThatBringsTooMuch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	f := newFarEnd(w, answerWith("127.0.0.88", 4000))
	contact := w.dial(customer)
	to := target(t, (<-f.calls).Offer())
	for i := range 1200 { // key 7, held: each packet counts for 5 ms
		f.send(to, 101, 1000, []byte{7, 10, byte(i >> 8), byte(i)})
		if i%5 == 4 { // a socket's buffer holds few
			<-time.After(time.Millisecond)
		}
	}
	contact.HangUp()
	a := w.journal.last(record.LegEnded, record.PartyContact).Leg.Audio
	if a.Excess == 0 || a.Excess > 800 { // 400 are two seconds; a busy machine loses some
		t.Errorf("%d packets too many: %+v", a.Excess, a)
	}
	if log := w.log.String(); strings.Count(log, "more than a second of sound a second") != 1 || !strings.Contains(log, "packets_dropped=") {
		t.Errorf("the log says\n%s", log)
	}
}
