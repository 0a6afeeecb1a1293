package trace_test

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/trace"
	"ringflow/sip"
)

var (
	us   = netip.MustParseAddrPort("192.0.2.1:5060")
	them = netip.MustParseAddrPort("203.0.113.9:5060")
)

// message is a message of a call; a text with a code is a response to the INVITE.
func message(callID, text string, sent bool) sip.Trace {
	cseq := strings.Fields(text)[0]
	first := cseq + " sip:x SIP/2.0"
	if cseq[0] >= '0' && cseq[0] <= '9' {
		first, cseq = "SIP/2.0 "+text, "INVITE"
	}
	if strings.HasSuffix(text, "(BYE)") {
		cseq = "BYE"
	}
	t := sip.ScanTrace([]byte(first + "\r\nCall-ID: " + callID + "\r\nCSeq: 1 " + cseq + "\r\n\r\n"))
	t.At, t.Sent, t.Transport, t.Local, t.Remote = time.Now(), sent, sip.UDP, us, them
	return t
}

type recorder struct {
	*trace.Recorder
	dir string
}

func newRecorder(t *testing.T, dir string, policy trace.Policy, bytes int64) recorder {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s, err := trace.OpenStorage(trace.StorageConfig{Dir: dir, Bytes: bytes, MaxAge: func() time.Duration { return 7 * 24 * time.Hour }, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return recorder{trace.NewRecorder(policy, s, log), dir}
}

func (r recorder) close(t *testing.T) {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func facts(callID string) trace.Facts {
	return trace.Facts{Account: "acme", Execution: record.ExecutionID("execution of " + callID), Leg: "leg of " + callID, CallID: callID, Trunk: "carrier"}
}

// find returns the only leg of an id.
func (r recorder) find(t *testing.T, id string) *trace.Leg {
	t.Helper()
	legs, err := r.Legs("acme", id, time.Time{}, time.Time{})
	if err != nil || len(legs) > 1 {
		t.Fatalf("%s has %d legs, %v", id, len(legs), err)
	}
	if len(legs) == 0 {
		return nil
	}
	return &legs[0]
}

// A leg is found while it lives, while it is about to be stored, after it is stored and
// after a restart, by each of its names, by its account alone, and always once.
func TestLegIsFoundAlways(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, dir, trace.All, 1<<24)
		audio := &record.LegAudio{Codec: "PCMU", PacketsSent: 7}
		for _, m := range []sip.Trace{message("c1", "INVITE", true), message("c1", "100 Trying", false)} {
			r.Message(m) // before anybody says whose it is
		}
		r.Begin(facts("c1"), func() *trace.RTP { return &trace.RTP{Local: us, Audio: audio} })
		r.Message(message("c1", "200 OK", false))
		check := func(when string, live bool, messages int) {
			t.Helper()
			for _, id := range []string{"c1", "leg of c1", "execution of c1"} {
				l := r.find(t, id)
				if l == nil || l.Live != live || len(l.Messages) != messages || l.RTP == nil || l.RTP.Audio.PacketsSent != 7 || l.Facts != facts("c1") {
					t.Fatalf("%s, %s: %+v", when, id, l)
				}
				if m := l.Messages[1]; m.Sent || m.Remote != them || m.Transport != sip.UDP || m.Head().Code != 100 {
					t.Errorf("%s: the second message is %+v", when, m)
				}
			}
			if legs, _ := r.Legs("other", "c1", time.Time{}, time.Time{}); len(legs) > 0 {
				t.Errorf("%s: another account sees it", when)
			}
		}
		check("live", true, 3)
		r.Message(message("c1", "BYE", true))
		r.End("c1", false)
		r.End("c1", true) // a second end changes nothing
		check("ended", false, 4)
		time.Sleep(20 * time.Second) // its BYE is not answered yet
		check("while the BYE is sent again", false, 4)
		r.Message(message("c1", "200 OK (BYE)", false))
		check("answered", false, 5)
		time.Sleep(3 * time.Second)
		check("stored", false, 5)
		if r.Stats().Memory != 0 || r.Stats().Bytes == 0 {
			t.Errorf("it is still in memory, or not on the disk: %+v", r.Stats())
		}
		r.Message(message("c1", "200 OK (BYE)", false)) // late: nobody is there for it
		check("stored", false, 5)
		r.close(t)
		r = newRecorder(t, dir, trace.All, 1<<24)
		check("after a restart", false, 5)
		r.close(t)
	})
}

// What comes from outside makes no entry: neither a request, nor a response, nor a
// request of ours that is no INVITE.
func TestStrangersGrowNothing(t *testing.T) {
	r := newRecorder(t, t.TempDir(), trace.All, 1<<24)
	defer r.close(t)
	for i := range 1000 {
		id := fmt.Sprint("stranger", i)
		r.Message(message(id, "INVITE", false))
		r.Message(message(id, "200 OK", false))
		r.Message(message(id, "OPTIONS", true))
		r.Message(message(id, "403 Forbidden", true))
		r.End(id, true)
	}
	if s := r.Stats(); s.Memory != 0 {
		t.Errorf("%d bytes are kept", s.Memory)
	}
}

// Of a leg with many messages the first and the last are kept, in their order, and the
// rest is counted.
func TestManyMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, t.TempDir(), trace.All, 1<<24)
		r.Begin(facts("c"), nil)
		const sent = 1000
		for i := range sent {
			time.Sleep(time.Millisecond)
			r.Message(message("c", fmt.Sprintf("%d x", 200+i), true))
		}
		check := func() {
			t.Helper()
			l := r.find(t, "c")
			if len(l.Messages)+l.Omitted != sent || len(l.Messages) != 128 {
				t.Fatalf("%d kept, %d omitted", len(l.Messages), l.Omitted)
			}
			for i, m := range l.Messages {
				want := 200 + i
				if i >= 64 {
					want = 200 + sent - 128 + i
				}
				if m.Head().Code != want {
					t.Errorf("message %d is %d, want %d", i, m.Head().Code, want)
				}
			}
		}
		check()
		r.End("c", false)
		time.Sleep(time.Minute)
		check()
		r.close(t)
	})
}

// The policy says what is stored.
func TestPolicy(t *testing.T) {
	for policy, want := range map[trace.Policy][2]bool{trace.All: {true, true}, trace.Failed: {false, true}} {
		synctest.Test(t, func(t *testing.T) {
			r := newRecorder(t, t.TempDir(), policy, 1<<24)
			for i, id := range []string{"good", "bad"} {
				r.Begin(facts(id), nil)
				r.Message(message(id, "INVITE", true))
				r.End(id, i == 1)
			}
			if r.find(t, "good") == nil {
				t.Errorf("%s: a leg that has just ended is not found", policy)
			}
			time.Sleep(time.Minute)
			if got := [2]bool{r.find(t, "good") != nil, r.find(t, "bad") != nil}; got != want {
				t.Errorf("%s stores %v, want %v", policy, got, want)
			}
			r.close(t)
		})
	}
}

// The bytes on the disk are bounded, the newest legs are kept, and good ones push no failed
// one out.
func TestBytesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, t.TempDir(), trace.All, 1<<20)
		r.Begin(facts("failed"), nil)
		r.Message(message("failed", "INVITE", true))
		r.End("failed", true)
		padding := strings.Repeat("x", 10_000)
		for i := range 500 {
			id := fmt.Sprint("good", i)
			r.Begin(facts(id), nil)
			m := message(id, "INVITE", true)
			m.Raw = append(m.Raw, padding...)
			r.Message(m)
			r.End(id, false)
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		if size := r.Stats().Bytes; size > 1<<20 || size < 1<<18 {
			t.Errorf("%d bytes on the disk", size)
		}
		if r.find(t, "failed") == nil || r.find(t, "good499") == nil || r.find(t, "good0") != nil {
			t.Error("the failed or the newest leg is gone, or the oldest is not")
		}
		r.close(t)
	})
}

// Traces that are too old go, also of a server that has no calls any more. The clock of
// files is the real one, so their times are set back.
func TestOldTracesGo(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, dir, trace.All, 1<<24)
		r.Begin(facts("old"), nil)
		r.Message(message("old", "INVITE", true))
		r.End("old", false)
		time.Sleep(time.Minute)
		files, err := filepath.Glob(filepath.Join(dir, "*.trace"))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		if err := os.Chtimes(files[0], time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * 24 * time.Hour)
		if r.find(t, "old") == nil {
			t.Error("it is gone after six days")
		}
		time.Sleep(2 * 24 * time.Hour)
		if r.find(t, "old") != nil {
			t.Error("it is there after eight days")
		}
		r.close(t)
	})
}

// A file that was cut off, or has garbage, gives the entries before that.
func TestDamagedSegment(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, dir, trace.All, 1<<24)
		for i := range 3 {
			id := fmt.Sprint("c", i)
			r.Begin(facts(id), nil)
			r.Message(message(id, "INVITE", true))
			r.End(id, false)
			time.Sleep(5 * time.Second)
		}
		r.close(t)
	})
	files, _ := filepath.Glob(filepath.Join(dir, "*.trace"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut < len(whole); cut += 17 {
		damaged := append([]byte(nil), whole[:cut]...)
		if cut%2 == 1 {
			damaged = append([]byte(nil), whole...)
			damaged[cut] ^= 0x55
		}
		if err := os.WriteFile(files[0], damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		r := newRecorder(t, dir, trace.All, 1<<24)
		found := 0
		for i := range 3 {
			if r.find(t, fmt.Sprint("c", i)) != nil {
				found++
			}
		}
		if first := len(whole) / 3; cut > 2*first && found < 2 || cut > first && found < 1 {
			t.Fatalf("damaged at %d of %d: %d legs are found", cut, len(whole), found)
		}
		r.close(t)
	}
}

// A copy of a message is marked as sent or received again; another one is not.
func TestRetransmission(t *testing.T) {
	l := trace.Leg{}
	for _, m := range []sip.Trace{message("c", "INVITE", true), message("c", "INVITE", true), message("c", "INVITE", false), message("c", "180 Ringing", false), message("c", "180 Ringing", false), message("c", "ACK", true)} {
		l.Messages = append(l.Messages, trace.Message{Sent: m.Sent, Remote: m.Remote, Raw: m.Raw})
	}
	for i, want := range []bool{false, true, false, false, true, false} {
		if got := l.Retransmission(i); got != want {
			t.Errorf("message %d: %t", i, got)
		}
	}
}

func TestNilRecorder(t *testing.T) {
	var r *trace.Recorder
	r.Message(message("c", "INVITE", true))
	r.Begin(facts("c"), nil)
	r.End("c", true)
	if legs, err := r.Legs("acme", "c", time.Time{}, time.Time{}); len(legs) > 0 || err != nil || r.Stats() != (trace.Stats{}) || r.Close() != nil {
		t.Error(legs, err)
	}
}

func BenchmarkRecorder(b *testing.B) {
	log := slog.New(slog.DiscardHandler)
	s, err := trace.OpenStorage(trace.StorageConfig{Dir: b.TempDir(), Bytes: 1 << 30, MaxAge: func() time.Duration { return 0 }, Log: log})
	if err != nil {
		b.Fatal(err)
	}
	r := trace.NewRecorder(trace.All, s, log)
	padding := strings.Repeat("x", 500)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ { // a leg with ten messages
		id := fmt.Sprint(n)
		r.Begin(facts(id), nil)
		for range 10 {
			m := message(id, "INVITE", true)
			m.Raw = append(m.Raw, padding...)
			r.Message(m)
		}
		r.End(id, false)
	}
	b.StopTimer()
	if err := r.Close(); err != nil {
		b.Error(err)
	}
}
