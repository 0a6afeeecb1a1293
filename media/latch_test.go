package media

import (
	"net/netip"
	"testing"
)

func TestLatch(t *testing.T) {
	const (
		said     = "198.51.100.1:4000"
		sameIP   = "198.51.100.1:6000"
		sameIP2  = "198.51.100.1:7000"
		stranger = "203.0.113.66:4000"
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
		{"nothing negotiated", "", []step{{said, 1, 1, false}, {said, 1, 2, false}, {said, 1, 3, false}}, ""},
		{"as negotiated", said, []step{{said, 1, 1, true}, {said, 1, 2, true}}, said},
		{"a stranger first, never taken", said, []step{{stranger, 9, 1, false}, {stranger, 9, 2, false}, {stranger, 9, 3, false}, {stranger, 9, 4, false}, {said, 1, 1, true}}, said},
		{"a stranger later", said, []step{{said, 1, 1, true}, {stranger, 1, 2, false}, {stranger, 1, 3, false}, {stranger, 1, 4, false}, {said, 1, 2, true}}, said},
		{"another port of the same address", said, []step{{sameIP, 1, 1, false}, {sameIP, 1, 2, false}, {sameIP, 1, 3, true}, {sameIP, 1, 4, true}}, sameIP},
		{"learned once only", said, []step{{sameIP, 1, 1, false}, {sameIP, 1, 2, false}, {sameIP, 1, 3, true}, {sameIP2, 1, 4, false}, {sameIP2, 1, 5, false}, {sameIP2, 1, 6, false}}, sameIP},
		{"no other port once settled", said, []step{{said, 1, 1, true}, {sameIP, 1, 2, false}, {sameIP, 1, 3, false}, {sameIP, 1, 4, false}}, said},
		{"the negotiated address always wins", said, []step{{sameIP, 1, 1, false}, {sameIP, 1, 2, false}, {sameIP, 1, 3, true}, {said, 1, 1, true}, {sameIP, 1, 4, false}}, said},
		{"not in sequence", said, []step{{sameIP, 1, 1, false}, {sameIP, 1, 7, false}, {sameIP, 1, 3, false}, {sameIP, 1, 9, false}}, said},
		{"of several sources", said, []step{{sameIP, 1, 1, false}, {sameIP, 2, 2, false}, {sameIP, 1, 3, false}, {sameIP2, 1, 4, false}}, said},
		{"sequence numbers that wrap", said, []step{{sameIP, 1, 65534, false}, {sameIP, 1, 65535, false}, {sameIP, 1, 0, true}}, sameIP},
		{"private address behind NAT", private, []step{{stranger, 1, 1, false}, {stranger, 1, 2, false}, {stranger, 1, 3, true}}, stranger},
		{"private address, another private one", private, []step{{"10.0.0.1:4000", 1, 1, false}, {"10.0.0.1:4000", 1, 2, false}, {"10.0.0.1:4000", 1, 3, false}}, private},
		{"public address never learns a private one", said, []step{{private, 1, 1, false}, {private, 1, 2, false}, {private, 1, 3, false}}, said},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l latch
			if c.expected != "" {
				l.expect(netip.MustParseAddrPort(c.expected))
			}
			for i, s := range c.steps {
				if got := l.admit(netip.MustParseAddrPort(s.from), s.ssrc, s.seq); got != s.taken {
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
// latch to strangers; a new one must.
func TestLatchRenegotiated(t *testing.T) {
	first, second := netip.MustParseAddrPort("198.51.100.1:4000"), netip.MustParseAddrPort("198.51.100.2:4000")
	var l latch
	l.expect(first)
	l.admit(first, 1, 1)
	if l.expect(first); !l.shut() {
		t.Error("the same address opens the latch")
	}
	if l.expect(second); l.shut() || l.target() != second {
		t.Errorf("sends to %v, want %v", l.target(), second)
	}
	if l.admit(first, 1, 2) {
		t.Error("the old address is still taken")
	}
}
