package call_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"ringflow/flowengine/record"
	"ringflow/media/sdp"
	"ringflow/sip"
)

// A carrier refreshes its calls by re-INVITE, with the same SDP, with none, and with hold:
// each is answered, the version in o= grows with what it describes and not otherwise, and
// the prompt goes on without a gap.
func TestRefreshByTheCarrierLeavesTheAudioAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	f := newFarEnd(w, func(f *farEnd, s *sip.Session) {
		s.Answer(states("127.0.0.88", f.port()))
	})
	contact := w.dial(customer)
	s := <-f.calls
	playing := make(chan error, 1)
	go func() { playing <- contact.Play(t.Context(), whistled(25)) }()

	same := states("127.0.0.88", f.port())
	hold := append(bytes.Clone(same), "a=sendonly\r\n"...)
	origin := func(body []byte) string {
		_, rest, _ := strings.Cut(string(body), "o=")
		line, _, _ := strings.Cut(rest, "\r\n")
		return strings.Fields(line)[2]
	}
	versions := []string{origin(s.Offer())}
	var last rtp.Packet
	heard := false
	hears := func() {
		t.Helper()
		buf := make([]byte, 2000)
		for range 10 {
			_ = f.rtp.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, err := f.rtp.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			var p rtp.Packet
			if err := p.Unmarshal(bytes.Clone(buf[:n])); err != nil {
				t.Fatal(err)
			}
			stalled := w.plane.Stats().Inserted > 0 // the machine, which leaves a gap of its own
			if heard && (p.SequenceNumber != last.SequenceNumber+1 || p.Timestamp != last.Timestamp+160 && !stalled || p.SSRC != last.SSRC) {
				t.Errorf("a gap: %d at %d after %d at %d", p.SequenceNumber, p.Timestamp, last.SequenceNumber, last.Timestamp)
			}
			last = p
		}
	}
	hears() // the keepalive of the answer, and the beginning of the prompt
	heard = true
	for _, offer := range [][]byte{same, same, nil, nil, same} {
		s.Reoffer(offer)
		code := <-f.results
		body := <-f.answers
		if code != 200 {
			t.Fatalf("answered %d", code)
		}
		versions = append(versions, origin(body))
		hears()
	}
	s.Reoffer(hold)
	if code, body := <-f.results, <-f.answers; code != 200 || !bytes.Contains(body, []byte("a=recvonly")) {
		t.Errorf("hold is answered %d %s", code, body)
	} else {
		versions = append(versions, origin(body))
	}
	s.Reoffer(same)
	if code, body := <-f.results, <-f.answers; code != 200 {
		t.Errorf("the end of hold is answered %d", code)
	} else {
		versions = append(versions, origin(body))
	}
	if got := strings.Join(versions, " "); got != "1 2 2 3 3 4 5 6" {
		t.Errorf("versions %s", got)
	}
	contact.HangUp()
	<-playing
}

// A leg that reaches the max_duration of its trunk is ended, and says so.
func TestMaxDurationOfATrunk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.trunk.MaxDuration = time.Second
	newFarEnd(w, answerWith("127.0.0.88", 4000))
	contact := w.dial(customer)
	start := time.Now()
	if err := contact.Play(t.Context(), whistled(30)); err == nil {
		t.Error("the prompt was played to its end")
	}
	if took := time.Since(start); took > 2500*time.Millisecond {
		t.Errorf("the leg lasted %v", took)
	}
	contact.HangUp()
	e := w.journal.last(record.LegEnded, record.PartyContact)
	if e.Leg.EndedBy != record.EndedByFault || e.Error != "the leg reached the max_duration of trunk carrier, 1s" {
		t.Errorf("%+v %q", e.Leg, e.Error)
	}
}

// An offer that a far end calls too large is made again without what it can do without, and the
// step says so.
func TestOfferThatIsTooLarge(t *testing.T) {
	w := newWorld(t, nil)
	offers := make(chan []byte, 8)
	newFarEnd(w, func(f *farEnd, s *sip.Session) {
		offers <- s.Offer()
		if len(offers) == 1 {
			s.Reject(513, "Message Too Large")
			return
		}
		local := sdp.Local{Addr: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.88"), f.port()), SRTP: sdp.SRTPRequired, Crypto: sdp.NewCrypto(sdp.DefaultSuites())}
		answer, _, err := sdp.Answer(s.Offer(), local)
		if err != nil {
			t.Error(err)
		}
		s.Answer(answer)
	})
	w.trunk.SRTP = sdp.SRTPRequired
	contact, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
	if err != nil || contact == nil {
		t.Fatalf("%+v, %v", out, err)
	}
	first, second := <-offers, <-offers
	if bytes.Count(first, []byte("a=crypto:")) != 3 || bytes.Count(second, []byte("a=crypto:")) != 1 || bytes.Contains(second, []byte("a=rtpmap:0")) || len(second) > len(first)-250 {
		t.Errorf("offered\n%s\nand then\n%s", first, second)
	}
	if a := out.SIP.Attempts; len(a) != 2 || a[0].Code != 513 || a[1].Code != 200 || !strings.HasSuffix(a[0].Text(), ": 513 Message Too Large, sent again without what an INVITE can do without") {
		t.Errorf("the attempts are %+v", a)
	}
	contact.HangUp()
}
