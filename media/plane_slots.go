package media

// slots are the twenty milliseconds of a cycle, each with the ports that send in it. A
// port with packets of 10 ms has two of them.
type slots struct {
	ports [slotCount][]*Port
	count int // entries in all
}

// maxSlotShift is how many milliseconds a port's second packet may be moved from its
// time to level the slots.
const maxSlotShift = 3

// add puts a port that has just sent, at tick now, into the emptiest slot within
// maxSlotShift, and schedules its next packet there, a period later.
func (s *slots) add(p *Port, now, period int64) {
	best := int64(0)
	for shift := int64(1); shift <= maxSlotShift; shift++ {
		for _, d := range [2]int64{shift, -shift} {
			if s.load(now+d) < s.load(now+best) {
				best = d
			}
		}
	}
	p.pacer = pacer{at: now + best + period, period: period}
	s.insert(p, now+best)
	if period < cycle {
		s.insert(p, now+best+period)
	}
}

func (s *slots) load(now int64) int { return len(s.ports[slotOf(now)]) }

func (s *slots) insert(p *Port, now int64) {
	n := slotOf(now)
	p.slotEntries = append(p.slotEntries, slotEntry{slot: n, index: len(s.ports[n])})
	s.ports[n] = append(s.ports[n], p)
	s.count++
}

// remove takes the port out of its slots. Other ports change their index only.
func (s *slots) remove(p *Port) {
	for _, at := range p.slotEntries {
		list := s.ports[at.slot]
		last := list[len(list)-1]
		list[at.index] = last
		last.entryMoved(at.slot, len(list)-1, at.index)
		list[len(list)-1] = nil
		s.ports[at.slot] = list[:len(list)-1]
		s.count--
	}
	p.slotEntries = p.slotEntries[:0]
}

// slotEntry is the position of a port in a slot.
type slotEntry struct{ slot, index int }

// entryMoved changes the index of the port's entry of a slot.
func (p *Port) entryMoved(slot, from, to int) {
	for i := range p.slotEntries {
		if p.slotEntries[i] == (slotEntry{slot: slot, index: from}) {
			p.slotEntries[i].index = to
		}
	}
}

func slotOf(now int64) int { return int((now%slotCount + slotCount) % slotCount) }

// nextUsed is the first tick from now on whose slot has a port; false if none has.
func (s *slots) nextUsed(now int64) (at int64, ok bool) {
	if s.count == 0 {
		return 0, false
	}
	for at = now; len(s.ports[slotOf(at)]) == 0; at++ {
	}
	return at, true
}
