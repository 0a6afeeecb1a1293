package media

import (
	"testing"
	"time"
)

// TestEventTakes is the table by which a packet is known for one of the press before
// it or for the first of another: each row is what has come of a key, the packet that
// comes next, and whether the key is still the same press.
func TestEventTakes(t *testing.T) {
	const end, marker = 1, 2
	type row struct {
		after     int    // ms since the packet before
		step      uint16 // in sequence numbers
		ts        int32  // from the timestamp of the first packet
		duration  uint16
		kind      int // end and marker bits
		otherSSRC bool
		follows   bool
	}
	pressed := []row{{duration: 160, kind: marker}, {after: 20, step: 1, duration: 320}, {after: 20, step: 1, duration: 480}}
	ended := append(pressed[:3:3], row{after: 20, step: 1, duration: 480, kind: end})
	endedMoved := append(pressed[:3:3], row{after: 20, step: 1, ts: 480, duration: 480, kind: end})
	growing := []row{{duration: 160, kind: marker}, {after: 20, step: 1, ts: 160, duration: 320}, {after: 20, step: 1, ts: 320, duration: 480}}
	constant := []row{{duration: 160, kind: marker}, {after: 20, step: 1, ts: 160, duration: 160}, {after: 20, step: 1, ts: 320, duration: 160}}
	long := []row{{duration: 0x8000, kind: marker}, {after: 100, step: 5, duration: 0xFFF0}}
	const silence, late = 200, 600 // ms: longer than a press has no packets; longer than any is late

	for name, c := range map[string]struct {
		before []row
		next   row
		same   bool
	}{
		// One timestamp, as RFC 4733 wants it.
		"the next of it":                           {pressed, row{after: 20, step: 1, duration: 640}, true},
		"the next, with a marker too":              {pressed, row{after: 20, step: 1, duration: 640, kind: marker}, true},
		"the next after a hole":                    {pressed, row{after: 400, step: 20, duration: 480 + 3200}, true},
		"an earlier one":                           {pressed, row{after: 5, step: 0xFFFF, duration: 320}, true},
		"one that has come before":                 {pressed, row{after: 5, step: 0, duration: 480}, true},
		"its end":                                  {pressed, row{after: 20, step: 1, duration: 480, kind: end}, true},
		"its end, that says less":                  {pressed, row{after: 20, step: 1, duration: 400, kind: end}, true},
		"its end, after a hole":                    {pressed, row{after: late, step: 30, duration: 4800, kind: end}, true},
		"the end once more":                        {ended, row{after: 20, step: 1, duration: 480, kind: end}, true},
		"the end once more, with a marker":         {ended, row{after: 20, step: 1, duration: 480, kind: end | marker}, true},
		"the end once more, that says more":        {ended, row{after: 20, step: 1, duration: 640, kind: end}, true},
		"an earlier one after the end":             {ended, row{after: 5, step: 0xFFFE, duration: 320}, true},
		"another timestamp":                        {ended, row{after: 60, step: 4, ts: 960, duration: 160, kind: marker}, false},
		"another timestamp, no marker":             {ended, row{after: 60, step: 4, ts: 960, duration: 160}, false},
		"another timestamp, the end was lost":      {pressed, row{after: 80, step: 5, ts: 960, duration: 160}, false},
		"another timestamp, the next after no end": {pressed, row{after: 80, step: 1, ts: 960, duration: 160}, false},
		"only the end of another press arrives":    {ended, row{after: 100, step: 7, ts: 960, duration: 480, kind: end}, false},
		"one end a press":                          {ended, row{after: 100, step: 1, ts: 1280, duration: 480, kind: end}, false},
		"the same numbers, too late to be late":    {ended, row{after: late, step: 0xFFFD, duration: 160, kind: marker}, false},
		"the next after a stall":                   {pressed, row{after: late, step: 1, duration: 640}, true},
		"the next after a stall, sound in between": {pressed, row{after: late, step: 2, duration: 640}, true},
		"the next but one after a stall":           {pressed, row{after: 3000, step: 2, duration: 800}, true},
		"the end once more, after a stall":         {ended, row{after: late, step: 1, duration: 480, kind: end}, true},
		"the end once more, after a long stall":    {ended, row{after: 3000, step: 3, duration: 480, kind: end}, true},
		"timestamps that begin anew, further back": {ended, row{after: 100, step: 1, ts: -80000, duration: 160}, false},
		"timestamps and numbers that begin anew":   {ended, row{after: late, step: 0xF000, ts: -80000, duration: 160}, false},
		"the timestamp wraps":                      {pressed, row{after: 20, step: 1, duration: 640}, true},
		// The timestamp stands.
		"begun anew":                                          {ended, row{after: 80, step: 1, duration: 160, kind: marker}, false},
		"begun anew, no marker":                               {ended, row{after: 80, step: 1, duration: 160}, false},
		"begun anew, the beginning was lost":                  {ended, row{after: 120, step: 3, duration: 480}, false},
		"begun anew, only a shorter end arrives":              {ended, row{after: 120, step: 3, duration: 320, kind: end}, false},
		"begun anew after a silence, an end with a marker":    {ended, row{after: silence, step: 3, duration: 480, kind: end | marker}, false},
		"begun anew, no end, a marker":                        {pressed, row{after: 100, step: 1, duration: 160, kind: marker}, false},
		"begun anew, no end and no marker":                    {pressed, row{after: 100, step: 1, duration: 160}, false},
		"begun anew, no end, no marker, after a silence":      {pressed, row{after: silence, step: 1, duration: 160}, false},
		"the next of it, of a sender that swaps bytes":        {[]row{{duration: 0xA000, kind: marker}}, row{after: 20, step: 1, duration: 0x4001}, true},
		"begun anew, no end, as long, a marker, in a silence": {pressed[:1], row{after: silence, step: 1, duration: 160, kind: marker}, false},
		"begun anew, no end, long after":                      {pressed, row{after: 3000, step: 6, duration: 640}, false},
		"begun anew, no end, long after, as long":             {pressed, row{after: 3000, step: 1, duration: 480}, false},
		"begun anew, long after its end":                      {ended, row{after: 3000, step: 6, duration: 480, kind: end}, false},
		// The end's timestamp moves.
		"an end that moved":                          {pressed, row{after: 20, step: 1, ts: 480, duration: 480, kind: end}, true},
		"an end that moved back":                     {pressed, row{after: 20, step: 1, ts: -5, duration: 480, kind: end}, true},
		"an end that moved, the one before was lost": {pressed, row{after: 40, step: 2, ts: 640, duration: 480, kind: end}, true},
		"an end that moved, two before were lost":    {pressed[:2], row{after: 60, step: 3, ts: 480, duration: 480, kind: end}, true},
		"the end that moved, once more":              {endedMoved, row{after: 20, step: 1, ts: 480, duration: 480, kind: end}, true},
		"the end that moves, once more":              {endedMoved, row{after: 20, step: 1, ts: 640, duration: 480, kind: end}, true},
		"the end that moves, for the third time":     {endedMoved, row{after: 40, step: 2, ts: 800, duration: 480, kind: end}, true},
		"ends that move from the second on":          {ended, row{after: 20, step: 1, ts: 640, duration: 480, kind: end}, true},
		"a press after an end that moved":            {endedMoved, row{after: 60, step: 3, ts: 1120, duration: 160, kind: marker}, false},
		"a press after an end that moved, no marker": {endedMoved, row{after: 60, step: 3, ts: 1120, duration: 160}, false},
		// Every timestamp moves.
		"one more that moves, longer":                   {growing, row{after: 20, step: 1, ts: 480, duration: 640}, true},
		"one more that moves, longer, after losses":     {growing, row{after: 60, step: 3, ts: 800, duration: 960}, true},
		"one more that moves, longer, with a marker":    {growing, row{after: 20, step: 1, ts: 480, duration: 640, kind: marker}, true},
		"one more that moves, no longer":                {constant, row{after: 20, step: 1, ts: 480, duration: 160}, true},
		"one more that moves, no longer, after a loss":  {constant, row{after: 40, step: 2, ts: 640, duration: 160}, true},
		"one more that moves, of no duration":           {[]row{{}}, row{after: 20, step: 1, ts: 160}, true},
		"its end, that moves":                           {constant, row{after: 20, step: 1, ts: 480, duration: 160, kind: end}, true},
		"its end, with the first timestamp":             {constant, row{after: 20, step: 1, duration: 480, kind: end}, true},
		"one before the first that came":                {growing[1:], row{after: 5, step: 0xFFFE, duration: 160, kind: marker}, true},
		"another press after one that moves":            {growing, row{after: 80, step: 4, ts: 960, duration: 160, kind: marker}, false},
		"another press after one that moves, no marker": {growing, row{after: 80, step: 4, ts: 960, duration: 160}, false},
		// Longer than one duration.
		"the next segment":       {long, row{after: 20, step: 1, ts: 0xFFFF, duration: 160}, true},
		"the next segment, late": {long, row{after: 300, step: 15, ts: 0xFFFF, duration: 2000}, true},
		"no segment":             {long, row{after: 300, step: 15, ts: 0x10000 + 8000, duration: 160}, false},
		"a duration that wraps":  {long, row{after: 20, step: 1, duration: 144}, true},
		// In one packet, and from another source.
		"another one in the same packet":        {ended, row{step: 0, ts: 480, duration: 160, follows: true}, false},
		"another source, the key is still down": {pressed, row{after: 20, step: 99, ts: 12345, duration: 640, otherSSRC: true}, true},
		"another source, its end":               {pressed, row{after: 20, step: 99, ts: 12345, duration: 640, kind: end, otherSSRC: true}, true},
		"another source, a marker":              {pressed, row{after: 20, step: 99, ts: 12345, duration: 160, kind: marker, otherSSRC: true}, false},
		"another source, a shorter one":         {pressed, row{after: 20, step: 99, ts: 12345, duration: 160, otherSSRC: true}, false},
		"another source, after the end":         {ended, row{after: 20, step: 99, ts: 12345, duration: 640, otherSSRC: true}, false},
		"another source, begun after the last":  {pressed, row{after: 140, step: 99, ts: 12345, duration: 640, otherSSRC: true}, false},
	} {
		const base = 1<<32 - 200 // it wraps
		var r eventReceiver
		now, seq := time.Second, uint16(65534)
		report := func(c row) eventReport {
			now += time.Duration(c.after) * tick
			r.timedOut(now)
			seq += c.step
			e := eventReport{ssrc: 1, ts: uint32(base) + uint32(c.ts), seq: seq, code: 5, duration: c.duration, end: c.kind&end != 0, marker: c.kind&marker != 0, continuation: c.follows}
			if c.otherSSRC {
				e.ssrc = 2
			}
			return e
		}
		for _, b := range c.before {
			r.report(now, report(b), sampleRate)
		}
		e := report(c.next)
		if got := r.recent[0].includes(now, e); got != c.same {
			t.Errorf("%s: the same press: %v, want %v", name, got, c.same)
		}
		e.code = 6
		if r.recent[0].includes(now, e) {
			t.Errorf("%s: another key is the same press", name)
		}
	}
}
