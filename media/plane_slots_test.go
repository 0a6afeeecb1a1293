package media

import (
	"math/rand/v2"
	"testing"
)

// A thousand ports that all begin within one millisecond must not crowd one slot.
func TestSlotsSpread(t *testing.T) {
	var s slots
	for range 1000 {
		s.add(new(Port), 1000, 20)
	}
	for n, list := range s.ports {
		if near := (n+maxSlotShift)%slotCount <= 2*maxSlotShift; near != (len(list) > 0) || len(list) > 150 {
			t.Errorf("slot %d holds %d ports", n, len(list))
		}
	}
}

func TestSlotsSecondPacketKeepsTheSlot(t *testing.T) {
	for _, period := range []int64{10, 20, 40, 60} {
		var s slots
		for range 50 {
			p := new(Port)
			s.add(p, 12345, period)
			if slack := p.pacer.at - 12345 - period; slack < -maxSlotShift || slack > maxSlotShift {
				t.Errorf("period %d: second packet after %d ms", period, p.pacer.at-12345)
			}
			stands := false
			for _, at := range p.slotEntries {
				stands = stands || at.slot == slotOf(p.pacer.at)
			}
			if !stands {
				t.Errorf("period %d: due at slot %d, stands in %v", period, slotOf(p.pacer.at), p.slotEntries)
			}
		}
	}
}

// Ports come and go in any order; every one must stand where it says.
func TestSlotsRemove(t *testing.T) {
	var s slots
	var all []*Port
	random := rand.New(rand.NewPCG(1, 2))
	for step := range 10000 {
		if len(all) == 0 || random.IntN(5) < 3 {
			p := new(Port)
			s.add(p, int64(step), []int64{10, 20, 60}[random.IntN(3)])
			all = append(all, p)
		} else {
			i := random.IntN(len(all))
			s.remove(all[i])
			if len(all[i].slotEntries) != 0 {
				t.Fatal("a removed port still has a place")
			}
			all[i] = all[len(all)-1]
			all = all[:len(all)-1]
		}
	}
	entries := 0
	for _, p := range all {
		for _, at := range p.slotEntries {
			if s.ports[at.slot][at.index] != p {
				t.Fatal("a port does not stand where it says")
			}
			entries++
		}
	}
	if entries != s.count {
		t.Errorf("%d entries, counted %d", entries, s.count)
	}
	for _, p := range all {
		s.remove(p)
	}
	if _, any := s.nextUsed(0); any || s.count != 0 {
		t.Errorf("%d entries are left", s.count)
	}
}

func TestSlotsNextUsed(t *testing.T) {
	var s slots
	s.insert(new(Port), 7)
	for from, want := range map[int64]int64{0: 7, 7: 7, 8: 27, 27: 27, 1000: 1007} {
		if at, any := s.nextUsed(from); !any || at != want {
			t.Errorf("from %d: %d, %v; want %d", from, at, any, want)
		}
	}
}
