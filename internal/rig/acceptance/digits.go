package acceptance

import (
	"context"
	"sync"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/phone"
)

// Digits presses keys in every way that real phones and networks do.
func (t *Suite) Digits(ctx context.Context) {
	ms := time.Millisecond
	usual := phone.DigitTiming{Tone: 100 * ms, Gap: 100 * ms}
	var all sync.WaitGroup
	for _, c := range []struct {
		name, keys string
		codec      uint8
		press      phone.DigitTiming
	}{
		{"100 ms each", "1234", 0, usual},
		{"100 ms each, A-law", "1234", 8, usual},
		{"40 ms each", "1234", 0, phone.DigitTiming{Tone: 40 * ms, Gap: 40 * ms}},
		{"long keys of 1 s", "1234", 0, phone.DigitTiming{Tone: time.Second, Gap: 200 * ms}},
		{"the same key four times, 40 ms", "1111", 0, phone.DigitTiming{Tone: 40 * ms, Gap: 40 * ms}},
		{"the same key with 20 ms between", "7777", 0, phone.DigitTiming{Tone: 60 * ms, Gap: 20 * ms}},
		{"star and zero", "*0*9", 0, usual},
		{"every packet twice", "1234", 0, phone.DigitTiming{Tone: 100 * ms, Gap: 100 * ms, Twice: true}},
		{"without marker", "1234", 0, phone.DigitTiming{Tone: 100 * ms, Gap: 100 * ms, NoMarker: true}},
		{"without end packets", "1234", 0, phone.DigitTiming{Tone: 100 * ms, Gap: 100 * ms, NoEnd: true}},
		{"the same key without end packets", "5555", 0, phone.DigitTiming{Tone: 100 * ms, Gap: 100 * ms, NoEnd: true}},
		{"only the end packets arrive", "1234", 0, phone.DigitTiming{Tone: 100 * ms, Gap: 100 * ms, NoStart: true}},
		{"a single end packet of each key arrives", "1234", 0, phone.DigitTiming{Tone: 100 * ms, Gap: 100 * ms, NoStart: true, OneEnd: true}},
		{"the timestamp of the first key", "1123", 0, phone.DigitTiming{Tone: 100 * ms, Gap: 100 * ms, Stands: true}},
		{"the timestamp of the end moves", "1123", 0, phone.DigitTiming{Tone: 100 * ms, Gap: 100 * ms, EndMoves: true}},
		{"the timestamp moves with every packet", "1123", 0, phone.DigitTiming{Tone: 100 * ms, Gap: 100 * ms, Moves: true}},
	} {
		all.Go(func() {
			b := carrier.Answers(200 * ms)
			b.Codec, b.Digits, b.DigitsAfter, b.DigitTiming = c.codec, c.keys, 700*ms, c.press
			number := t.number(b)
			a, err := t.platform.Start(ctx, "digits", map[string]string{"contact_1": number})
			if err != nil {
				t.Check(false, "%s: %v", c.name, err)
				return
			}
			e, err := t.platform.Ended(ctx, a.ExecutionID, time.Minute)
			t.Check(err == nil && e.Variable("digits") == c.keys, "%s: digits is %q, want %q (%s, %v)", c.name, e.Variable("digits"), c.keys, e, err)
		})
	}
	all.Wait()
	t.awaitIdle(5 * time.Second)
}
