package call_test

import (
	"bytes"
	"context"
	"flag"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/call"
	"ringflow/internal/fairshare"
	"ringflow/internal/prompt"
	"ringflow/internal/sim"
	"ringflow/media"
	"ringflow/numbers"
	"ringflow/sip"
	"ringflow/tts"
)

// sideBySide is how many tests that say t.Parallel run at once: they wait for phones more
// than they compute. What listens for how long a tone sounds does not say it.
const sideBySide = "6"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", sideBySide); err != nil { // unless the command line says another
		panic(err)
	}
	os.Exit(m.Run())
}

const (
	own      = "+12025550100"
	customer = "+12025550143"
	agent    = "+12025550188"
)

// world is a Switch with a simulated carrier as its trunk, at a loopback address.
type world struct {
	t       *testing.T
	addr    netip.Addr
	carrier *sim.Carrier
	sw      *call.Switch
	plane   *media.Plane
	agent   *sip.Agent
	journal *journal
	trunk   *call.Trunk
	account *call.Account
	log     lockedBuffer
	invites lockedBuffer // as they were sent
}

// lockedBuffer collects a log that several goroutines write.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// worlds counts those that have an address of their own.
var worlds atomic.Uint32

// newWorld makes a world at an address that no other has, so that tests can run side by side.
func newWorld(t *testing.T, phones map[string]sim.Behaviour) *world {
	t.Helper()
	n := worlds.Add(1)
	return newWorldOn(t, netip.AddrFrom4([4]byte{127, byte(2 + os.Getpid()%250), byte(n / 250), byte(1 + n%250)}), phones, false, false)
}

// newWorldAt is a world at 127.0.0.1, with SIP and with audio on IPv6 beside IPv4 if told to.
func newWorldAt(t *testing.T, phones map[string]sim.Behaviour, sip6, audio6 bool) *world {
	t.Helper()
	return newWorldOn(t, netip.MustParseAddr("127.0.0.1"), phones, sip6, audio6)
}

func newWorldOn(t *testing.T, addr netip.Addr, phones map[string]sim.Behaviour, sip6, audio6 bool) *world {
	t.Helper()
	w := &world{t: t, addr: addr, journal: &journal{}}
	var err error
	if w.carrier, err = sim.Start(sim.Config{Addr: netip.AddrPortFrom(addr, 0), PortMin: 46000, PortMax: 46999, Phones: phones}); err != nil {
		t.Fatal(err)
	}
	audio := media.PlaneConfig{Bind: addr, PortMin: 47000, PortMax: 47999}
	if audio6 {
		audio.Bind6 = netip.IPv6Loopback()
	}
	if w.plane, err = media.NewPlane(audio); err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	signalling := sip.Config{Conn: conn, Log: log, Trace: w.trace}
	if sip6 {
		if signalling.Conn6, err = net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback}); err != nil {
			t.Fatal(err)
		}
	}
	if w.agent, err = sip.Listen(signalling); err != nil {
		t.Fatal(err)
	}
	w.trunk = &call.Trunk{Trunk: sip.Trunk{Name: "carrier", Targets: []string{w.carrier.Addr().String()}}}
	library := prompt.NewLibrary(w.speech(), nil)
	w.account = &call.Account{
		Name: "acme", Numbers: []numbers.E164{own}, Plan: numbers.Plan{Allow: []string{"+1"}}, Trunks: []*call.Trunk{w.trunk},
	}
	w.sw = call.NewSwitch(w.agent, w.plane, library, []*call.Account{w.account}, log)
	t.Cleanup(w.close)
	return w
}

// trace keeps each INVITE that is sent.
func (w *world) trace(m sip.Trace) {
	if m.Sent && m.Code == 0 && m.Method == "INVITE" && bytes.HasPrefix(m.Raw, []byte("INVITE ")) {
		_, _ = w.invites.Write(m.Raw)
	}
}

// running is the execution that dials.
const running record.ExecutionID = "execution"

// speech says every text as a tone of 1 kHz, a tenth of a second a letter.
func (w *world) speech() *tts.Cache {
	c, err := tts.NewCache(whistle{}, w.t.TempDir(), 1<<20, fairshare.New(2, 2))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	return c
}

type whistle struct{}

func (whistle) Name() string { return "whistle" }
func (whistle) Voice(_ context.Context, language, voice string) (tts.Voice, error) {
	if voice == "nobody" {
		return tts.Voice{}, tts.ErrVoice
	}
	return tts.Voice{ID: language + " " + voice, Name: voice}, nil
}
func (whistle) Synthesize(_ context.Context, s tts.Speech) ([]int16, error) {
	return media.Tone(-10, time.Duration(len(s.Text))*100*time.Millisecond, 1000), nil
}

func whistled(letters int) flowfile.Audio {
	return flowfile.Audio{Speech: &flowfile.Speech{Text: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"[:letters]}}
}

// close takes the world down and finds what was left behind.
func (w *world) close() {
	w.sw.Close()
	if n := w.sw.Legs(); n != 0 {
		w.t.Errorf("%d legs live on", n)
	}
	if n := w.plane.Stats().Open; n != 0 {
		w.t.Errorf("%d ports are still open", n)
	}
	for _, c := range []func() error{w.agent.Close, w.plane.Close, w.carrier.Close} {
		if err := c(); err != nil {
			w.t.Error(err)
		}
	}
	w.journal.check(w.t)
}

func (w *world) dialling(to string) flowengine.DialRequest {
	return flowengine.DialRequest{Execution: running, Account: "acme", From: own, To: to, Ring: 2 * time.Second, Journal: w.journal}
}

// dial expects the contact to answer.
func (w *world) dial(to string) flowengine.Contact {
	w.t.Helper()
	c, out, err := w.sw.Dial(w.t.Context(), w.dialling(to))
	if err != nil || c == nil {
		w.t.Fatalf("dialled %s: %+v, %v", to, out, err)
	}
	return c
}

// ended waits until so many calls at the carrier are over.
func (w *world) ended(n int) []sim.Call {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	calls, err := w.carrier.Wait(ctx, n)
	if err != nil {
		w.t.Fatalf("the carrier still has calls: %v", err)
	}
	return calls
}

// journal keeps events in memory.
type journal struct {
	mu     sync.Mutex
	events []record.Event
}

func (j *journal) Append(e record.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
}

func (j *journal) kinds() []record.EventKind {
	j.mu.Lock()
	defer j.mu.Unlock()
	var kinds []record.EventKind
	for _, e := range j.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// last is the last event of a kind about a party.
func (j *journal) last(kind record.EventKind, party record.Party) (last record.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.events {
		if e.Kind == kind && e.Leg != nil && e.Leg.Party == party {
			last = e
		}
	}
	return last
}

// check holds that every leg that dialled has exactly one end, and that events are
// what their kind says.
func (j *journal) check(t *testing.T) {
	begun, ended := map[string]int{}, map[string]int{}
	for _, e := range j.events {
		if err := e.Conforms(); err != nil {
			t.Error(err)
		}
		switch e.Kind {
		case record.LegDialling:
			begun[e.Leg.ID]++
		case record.LegEnded:
			ended[e.Leg.ID]++
		}
	}
	for id := range begun {
		if begun[id] != 1 || ended[id] != 1 {
			t.Errorf("leg %s began %d times and ended %d times", id, begun[id], ended[id])
		}
	}
	if len(ended) != len(begun) {
		t.Errorf("%d legs began, %d ended", len(begun), len(ended))
	}
}

func has(kinds []record.EventKind, kind record.EventKind) bool {
	return slices.Contains(kinds, kind)
}
