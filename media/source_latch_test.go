package media

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

const gap = 20 * time.Millisecond

func TestLatch(t *testing.T) {
	const (
		stated   = "198.51.100.1:4000"
		sameIP   = "198.51.100.1:6000"
		sameIP2  = "198.51.100.1:7000"
		attacker = "203.0.113.66:4000"
		private  = "192.168.1.5:4000"
	)
	type step struct {
		from  string
		ssrc  uint32
		seq   uint16
		taken bool
	}
	for _, c := range []struct {
		name     string
		expected string
		steps    []step
		target   string
	}{
		{"nothing negotiated", "", []step{{stated, 1, 1, false}, {stated, 1, 2, false}, {stated, 1, 3, false}}, ""},
		{"as negotiated", stated, []step{{stated, 1, 1, true}, {stated, 1, 2, true}}, stated},
		{"a attacker first, never taken", stated, []step{{attacker, 9, 1, false}, {attacker, 9, 2, false}, {attacker, 9, 3, false}, {attacker, 9, 4, false}, {stated, 1, 1, true}}, stated},
		{"a attacker later", stated, []step{{stated, 1, 1, true}, {attacker, 1, 2, false}, {attacker, 1, 3, false}, {attacker, 1, 4, false}, {stated, 1, 2, true}}, stated},
		{"another port of the same address", stated, []step{{sameIP, 1, 1, false}, {sameIP, 1, 2, false}, {sameIP, 1, 3, true}, {sameIP, 1, 4, true}}, sameIP},
		{"with a packet lost", stated, []step{{sameIP, 1, 1, false}, {sameIP, 1, 2, false}, {sameIP, 1, 4, true}}, sameIP},
		{"with one doubled", stated, []step{{sameIP, 1, 1, false}, {sameIP, 1, 1, false}, {sameIP, 1, 2, false}, {sameIP, 1, 3, true}}, sameIP},
		{"learned once only", stated, []step{{sameIP, 1, 1, false}, {sameIP, 1, 2, false}, {sameIP, 1, 3, true}, {sameIP2, 1, 4, false}, {sameIP2, 1, 5, false}, {sameIP2, 1, 6, false}}, sameIP},
		{"no other port once settled", stated, []step{{stated, 1, 1, true}, {sameIP, 1, 2, false}, {sameIP, 1, 3, false}, {sameIP, 1, 4, false}}, stated},
		{"the negotiated address always wins", stated, []step{{sameIP, 1, 1, false}, {sameIP, 1, 2, false}, {sameIP, 1, 3, true}, {stated, 1, 1, true}, {sameIP, 1, 4, false}}, stated},
		{"not in sequence", stated, []step{{sameIP, 1, 1, false}, {sameIP, 1, 7, false}, {sameIP, 1, 3, false}, {sameIP, 1, 9, false}}, stated},
		{"of several sources", stated, []step{{sameIP, 1, 1, false}, {sameIP, 2, 2, false}, {sameIP, 1, 3, false}, {sameIP2, 1, 4, false}}, stated},
		{"sequence numbers that wrap", stated, []step{{sameIP, 1, 65534, false}, {sameIP, 1, 65535, false}, {sameIP, 1, 0, true}}, sameIP},
		{"private address, a public attacker", private, []step{{attacker, 1, 1, false}, {attacker, 1, 2, false}, {attacker, 1, 3, false}, {attacker, 1, 4, false}}, private},
		{"private address, another private one", private, []step{{"10.0.0.1:4000", 1, 1, false}, {"10.0.0.1:4000", 1, 2, false}, {"10.0.0.1:4000", 1, 3, false}}, private},
		{"public address never learns a private one", stated, []step{{private, 1, 1, false}, {private, 1, 2, false}, {private, 1, 3, false}}, stated},
		{"moved away and back to the first port", stated, []step{{stated, 1, 1, true}, {stated, 1, 2, true}, {sameIP, 1, 3, false}, {stated, 1, 4, true}, {sameIP, 1, 5, false}, {sameIP, 1, 6, false}, {stated, 1, 7, true}}, stated},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l latch
			if c.expected != "" {
				l.setRemote(0, netip.MustParseAddrPort(c.expected), Sources{})
			}
			for i, s := range c.steps {
				if got := l.admit(time.Duration(i)*gap, netip.MustParseAddrPort(s.from), s.ssrc, s.seq); got != s.taken {
					t.Errorf("packet %d from %s: taken %v, want %v", i+1, s.from, got, s.taken)
				}
			}
			if c.target != "" && l.target() != netip.MustParseAddrPort(c.target) {
				t.Errorf("sends to %v, want %s", l.target(), c.target)
			}
		})
	}
}

// The same address negotiated again, as on hold and back, must not open the
// latch to attackers; a new one must.
func TestLatchRenegotiated(t *testing.T) {
	first, second := netip.MustParseAddrPort("198.51.100.1:4000"), netip.MustParseAddrPort("198.51.100.2:4000")
	var l latch
	l.setRemote(0, first, Sources{})
	l.admit(0, first, 1, 1)
	if l.setRemote(gap, first, Sources{}); !l.latched() {
		t.Error("the same address opens the latch")
	}
	if l.setRemote(2*gap, second, Sources{}); l.latched() || l.target() != second {
		t.Errorf("sends to %v, want %v", l.target(), second)
	}
	if l.admit(3*gap, first, 1, 2) {
		t.Error("the old address is still taken")
	}
}

// A far end that has begun its numbers anew, ahead or far back, is followed to a new
// binding like any other; one that only was overtaken goes on where it was.
func TestLatchFollowsNumbersThatBeganAnew(t *testing.T) {
	stated, moved := netip.MustParseAddrPort("198.51.100.1:4000"), netip.MustParseAddrPort("203.0.113.66:4000")
	for _, c := range []struct{ anew, next uint16 }{{5, 6}, {50000, 50001}, {20001, 20002}, {19990, 20001}} {
		var l latch
		l.setRemote(0, stated, Sources{})
		l.admit(0, stated, 7, 20000)
		l.admit(gap, stated, 7, c.anew)
		taken := false
		for i := range uint16(10) {
			taken = l.admit(time.Second+time.Duration(i)*gap, moved, 7, c.next+i)
		}
		if !taken {
			t.Errorf("after 20000 and %d, a new binding that goes on with %d is not taken", c.anew, c.next)
		}
	}
}

// A stream of SSRC 0 says nothing of who sends it: anybody could go on with it.
func TestLatchFollowsNoSSRC0(t *testing.T) {
	stated, other := netip.MustParseAddrPort("198.51.100.1:4000"), netip.MustParseAddrPort("203.0.113.66:4000")
	var l latch
	l.setRemote(0, stated, Sources{})
	l.admit(0, stated, 0, 100)
	for i := range 50 {
		if l.admit(time.Second+time.Duration(i)*gap, other, 0, uint16(101+i)) {
			t.Fatal("a attacker goes on with a stream of SSRC 0")
		}
	}
}

// After the answer, a phone may send from another port of the address that early
// media came from, although the last packets of that still arrive.
func TestLatchReopened(t *testing.T) {
	announcement, phone := netip.MustParseAddrPort("198.51.100.1:4000"), netip.MustParseAddrPort("198.51.100.1:4002")
	for trailing := range 10 {
		var l latch
		l.setRemote(0, announcement, Sources{})
		l.admit(0, announcement, 7, 1)
		l.setRemote(gap, announcement, Sources{Reopen: true})
		now := gap
		for i := range trailing {
			now += gap
			if !l.admit(now, announcement, 7, uint16(2+i)) {
				t.Fatal("the announcement's last packets are not taken")
			}
		}
		taken := 0
		for i := range 20 {
			now += gap
			if l.admit(now, phone, 8, uint16(900+i)) {
				taken++
			}
		}
		if taken < 14 || l.target() != phone {
			t.Errorf("after %d packets more of the announcement, %d of 20 of the phone are taken", trailing, taken)
		}
	}
	// What goes on half a second after the answer is the phone itself.
	var l latch
	l.setRemote(0, announcement, Sources{})
	l.setRemote(0, announcement, Sources{Reopen: true}) // opens nothing that is open
	for i := range 40 {
		l.admit(time.Duration(i)*gap, announcement, 7, uint16(i))
		if i == 5 {
			l.setRemote(time.Duration(i)*gap, announcement, Sources{Reopen: true})
		}
	}
	for i := range 20 {
		if l.admit(2*time.Second+time.Duration(i)*gap, phone, 8, uint16(900+i)) {
			t.Fatal("another port is taken long after the answer")
		}
	}
}

// policyRow is a row of the table in docs/sip.md.
type policyRow struct{ says, cameFrom, source, state string }

// policyTable reads the table of docs/sip.md: rows, and the verdicts by policy.
func policyTable(t *testing.T) (rows []policyRow, decisions []map[SourcePolicy]string) {
	t.Helper()
	page, err := os.ReadFile("../docs/sip.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| SDP says |")
	for i, line := range strings.Split(table, "\n") {
		if i < 2 {
			continue
		}
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "| "), "|")
		if len(cells) != 7 {
			t.Fatalf("row %q has %d cells", line, len(cells))
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, policyRow{cells[0], cells[1], cells[2], cells[3]})
		decisions = append(decisions, map[SourcePolicy]string{SourceAuto: cells[4], SourceSDP: cells[5], SourceAny: cells[6]})
	}
	if len(rows) < 20 {
		t.Fatalf("the table has %d rows", len(rows))
	}
	return rows, decisions
}

// kinds are the kinds of address that a cell stands for.
func kinds(t *testing.T, cell string) []string {
	t.Helper()
	switch cell {
	case "any":
		return []string{"public", "private"}
	case "public", "private":
		return []string{cell}
	}
	t.Fatalf("%q is no kind of address", cell)
	return nil
}

// latchWorld is a latch in a state of the table, and who may send.
type latchWorld struct {
	*testing.T
	latch                 latch
	now                   time.Duration
	stated, source, taken netip.AddrPort
	sources               Sources
	seq                   uint16 // of the stream that is taken, which has SSRC acceptedSSRC
	acceptedGoesOn        bool
	sameStream            bool
}

const (
	acceptedSSRC = 0x1234
	sourceSSRC   = 0x5678
	attackerSSRC = 0x9999
)

var attackers = []netip.AddrPort{netip.MustParseAddrPort("203.0.113.200:4000"), netip.MustParseAddrPort("203.0.113.201:5000")}

func newLatchWorld(t *testing.T, row policyRow, policy SourcePolicy, says, cameFrom string) *latchWorld {
	w := &latchWorld{T: t, seq: 500}
	w.stated = netip.MustParseAddrPort(map[string]string{"public": "198.51.100.1:4000", "private": "192.168.1.5:4000"}[says])
	signalling := netip.MustParseAddr(map[string]string{"public": "198.51.100.77", "private": "10.1.1.1"}[cameFrom])
	w.sources = Sources{Policy: policy, Signalling: signalling}
	source, stream := strings.CutSuffix(row.source, ", same stream")
	w.sameStream = stream
	switch source {
	case "SDP's address and port":
		w.source = w.stated
	case "SDP's address, another port", "another port":
		w.source = netip.AddrPortFrom(w.stated.Addr(), 4444)
	case "where the SDP came from":
		w.source = netip.AddrPortFrom(signalling, 4444)
	case "another private address":
		w.source = netip.MustParseAddrPort("10.8.0.6:4000")
	case "another public address":
		w.source = netip.MustParseAddrPort("203.0.113.66:4000")
	default:
		t.Fatalf("no source %q", source)
	}
	w.latch.setRemote(0, w.stated, w.sources)
	switch row.state {
	case "open":
	case "taken":
		w.taken, w.acceptedGoesOn = w.stated, true
	case "taken, silent", "reopened":
		w.taken = w.stated
	case "less trusted taken":
		w.taken, w.acceptedGoesOn = netip.MustParseAddrPort("203.0.113.150:4000"), true
	default:
		t.Fatalf("no state %q", row.state)
	}
	if !w.taken.IsValid() {
		return w
	}
	w.latch.source, w.latch.ssrc = w.taken, acceptedSSRC
	for range 5 {
		w.tick()
		w.latch.admit(w.now, w.taken, acceptedSSRC, w.seq)
		w.seq++
	}
	if row.state == "reopened" {
		w.sources.Reopen = true
		w.latch.setRemote(w.now, w.stated, w.sources)
	}
	if !w.acceptedGoesOn {
		w.now += time.Second
	}
	return w
}

// tick passes on, in which whoever is taken may send.
func (w *latchWorld) tick() { w.now += gap }

// sending is what came of a source's packets: the last of so many, so long after the
// first, was taken, or none was.
type sending struct {
	packets int
	since   time.Duration
	taken   bool
}

// send has the source send its packets until the latch takes one; flood does what
// attackers do meanwhile.
func (w *latchWorld) send(packets int, flood func()) (s sending) {
	began := w.now
	ssrc, seq := uint32(sourceSSRC), uint16(65533)
	if w.sameStream {
		ssrc, seq = acceptedSSRC, w.seq
	}
	for range packets {
		if flood(); w.acceptedGoesOn && !w.latch.admit(w.now, w.taken, acceptedSSRC, w.seq) {
			w.Fatal("the source that is taken and goes on is dropped")
		}
		w.seq++
		if w.sameStream && w.acceptedGoesOn {
			seq = w.seq
		}
		s.packets, s.since = s.packets+1, w.now-began
		if w.latch.admit(w.now, w.source, ssrc, seq) {
			s.taken = true
			return s
		}
		seq++
		w.tick()
	}
	return s
}

// checkLatch compares with the verdict of the table.
func (w *latchWorld) checkLatch(decision string, s sending) {
	w.Helper()
	if s.taken != (decision != "drop") {
		w.Errorf("taken %t, want %q", s.taken, decision)
		return
	}
	if s.taken && w.latch.target() != w.source {
		w.Errorf("sends to %v", w.latch.target())
	} else if !s.taken && w.latch.target() == w.source {
		w.Error("sends to a source that it drops")
	}
	switch {
	case decision == "at once" && s.packets != 1,
		decision == "in order" && s.packets != sequentialPackets,
		decision == "on trial" && (s.since < probationTime || s.since > probationTime+gap),
		decision == "move" && (s.since < silenceTime || s.since > silenceTime+gap || s.packets < sequentialPackets):
		w.Errorf("taken after %d packets and %v, want %q", s.packets, s.since, decision)
	}
}

// TestLatchTable holds each row of the table in docs/sip.md: quietly, against one
// attacker who was first and is faster, and against blind ones.
func TestLatchTable(t *testing.T) {
	rows, decisions := policyTable(t)
	for i, row := range rows {
		if row.source == "a port of this server" {
			continue // TestLocalPortsAreNeverLearned
		}
		for policy, decision := range decisions[i] {
			for _, says := range kinds(t, row.says) {
				for _, cameFrom := range kinds(t, row.cameFrom) {
					t.Run(fmt.Sprintf("%s says %s from %s: %s, %s: %s", policy, says, cameFrom, row.source, row.state, decision), func(t *testing.T) {
						t.Parallel()
						w := newLatchWorld(t, row, policy, says, cameFrom)
						w.checkLatch(decision, w.send(60, func() {}))
						if policy == SourceAny && decision != "at once" && decision != "in order" && decision != "move" {
							return // attackers may be anybody there: TestLatchTrialOfTwo
						}
						for try := range 50 {
							w := newLatchWorld(t, row, policy, says, cameFrom)
							random := rand.New(rand.NewPCG(1, uint64(try)))
							w.checkLatch(decision, w.send(60, w.attack(random)))
						}
					})
				}
			}
		}
	}
}

// attack is what attackers send between two packets of the others: a stream in
// sequence, faster than sound, and blind guesses.
func (w *latchWorld) attack(random *rand.Rand) func() {
	seq := uint16(random.Uint32())
	return func() {
		for range 5 {
			seq++
			from, ssrc, number := attackers[0], uint32(attackerSSRC), seq
			if random.IntN(2) == 0 {
				from, ssrc, number = attackers[1], random.Uint32(), uint16(random.Uint32())
			}
			if w.latch.admit(w.now, from, ssrc, number) {
				w.Fatalf("a attacker's packet from %v is taken", from)
			}
			if w.latch.target() == from {
				w.Fatal("sends to a attacker")
			}
		}
	}
}

// TestLatchTrialOfTwo: as long as two sources could both be the far end, neither is
// taken; a better one is.
func TestLatchTrialOfTwo(t *testing.T) {
	stated := netip.MustParseAddrPort("192.168.1.5:4000")
	one, two := netip.MustParseAddrPort("10.8.0.6:4000"), netip.MustParseAddrPort("10.8.0.7:4000")
	for _, policy := range []SourcePolicy{SourceAuto, SourceAny} {
		var l latch
		l.setRemote(0, stated, Sources{Policy: policy})
		now := time.Duration(0)
		for i := range uint16(200) {
			now += gap
			if l.admit(now, one, 1, i) || l.admit(now, two, 2, i) {
				t.Fatalf("%s: one of two is taken", policy)
			}
		}
		if !l.admit(now, stated, 3, 1) {
			t.Fatalf("%s: the stated address is not taken", policy)
		}
	}
}

// TestLatchKeepsAttackersOut: 1,000 tries on a public and on a private address, with
// the far end where it said, at another port, or behind a translator with the
// address that the SDP came from. Strangers come first, are faster and blind.
func TestLatchKeepsAttackersOut(t *testing.T) {
	public, private := netip.MustParseAddrPort("198.51.100.1:4000"), netip.MustParseAddrPort("192.168.1.5:4000")
	signalling := netip.MustParseAddr("198.51.100.77")
	for name, c := range map[string]struct{ stated, farEnd netip.AddrPort }{
		"public, as said":                {public, public},
		"public, another port":           {public, netip.AddrPortFrom(public.Addr(), 999)},
		"private, as said":               {private, private},
		"private, behind a translator":   {private, netip.AddrPortFrom(signalling, 61000)},
		"private, another private one":   {private, netip.MustParseAddrPort("10.8.0.6:4000")},
		"public, sends by the SIP's own": {public, netip.AddrPortFrom(signalling, 61000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for try := range 1000 {
				random := rand.New(rand.NewPCG(2, uint64(try)))
				w := &latchWorld{T: t}
				w.latch.setRemote(0, c.stated, Sources{Signalling: signalling})
				flood := w.attack(random)
				for range random.IntN(50) { // first
					flood()
					w.tick()
				}
				taken := 0
				for i := range uint16(60) {
					flood()
					if w.latch.admit(w.now, c.farEnd, sourceSSRC, 65500+i) {
						taken++
					}
					w.tick()
				}
				if taken < 30 || w.latch.target() != c.farEnd {
					t.Fatalf("try %d: %d of 60 packets of the far end are taken", try, taken)
				}
				for range 30 { // long after it fell silent
					flood()
					w.tick()
				}
			}
		})
	}
}
