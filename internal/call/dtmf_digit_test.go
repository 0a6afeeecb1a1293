package call

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/media"
)

// dtmfDigit is one digit from one source.
type dtmfDigit struct {
	media.Digit
	source digitSource
}

// TestKeyPairs is the table of which presses are one: each row is what comes, in
// order, and the keys that it makes.
func TestKeyPairs(t *testing.T) {
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return base.Add(time.Duration(ms) * time.Millisecond) }
	event := func(key rune, from, until int) dtmfDigit {
		return dtmfDigit{media.Digit{Symbol: key, At: at(from), Duration: at(until).Sub(at(from))}, fromEvent}
	}
	info := func(key rune, ms int) dtmfDigit { return dtmfDigit{media.Digit{Symbol: key, At: at(ms)}, fromInfo} }
	for name, c := range map[string]struct {
		come []dtmfDigit
		want string
	}{
		"by event alone":                            {[]dtmfDigit{event('5', 0, 100)}, "5"},
		"by INFO alone":                             {[]dtmfDigit{info('5', 0)}, "5"},
		"the event first":                           {[]dtmfDigit{event('5', 0, 100), info('5', 120)}, "5"},
		"the INFO first":                            {[]dtmfDigit{info('5', 0), event('5', 0, 100)}, "5"},
		"the INFO in the middle":                    {[]dtmfDigit{info('5', 50), event('5', 0, 100)}, "5"},
		"the INFO sent again after T1":              {[]dtmfDigit{event('5', 0, 100), info('5', 700)}, "5"},
		"the INFO at the edge":                      {[]dtmfDigit{event('5', 0, 100), info('5', 1100)}, "5"},
		"the INFO beyond it":                        {[]dtmfDigit{event('5', 0, 100), info('5', 1101)}, "55"},
		"the event at the edge":                     {[]dtmfDigit{info('5', 0), event('5', 1000, 1100)}, "5"},
		"the event beyond it":                       {[]dtmfDigit{info('5', 0), event('5', 1001, 1100)}, "55"},
		"a long press, the INFO when it began":      {[]dtmfDigit{info('5', 20), event('5', 0, 9000)}, "5"},
		"a long press, the INFO when it ended":      {[]dtmfDigit{event('5', 0, 9000), info('5', 9050)}, "5"},
		"another key":                               {[]dtmfDigit{event('5', 0, 100), info('6', 120)}, "56"},
		"twice by event":                            {[]dtmfDigit{event('5', 0, 40), event('5', 80, 120)}, "55"},
		"twice by INFO":                             {[]dtmfDigit{info('5', 0), info('5', 80)}, "55"},
		"twice both ways, by turns":                 {[]dtmfDigit{event('5', 0, 40), info('5', 50), event('5', 80, 120), info('5', 130)}, "55"},
		"twice both ways, the INFO first":           {[]dtmfDigit{info('5', 0), event('5', 0, 40), info('5', 80), event('5', 80, 120)}, "55"},
		"twice both ways, events first":             {[]dtmfDigit{event('5', 0, 40), event('5', 80, 120), info('5', 200), info('5', 280)}, "55"},
		"twice both ways, INFOs first":              {[]dtmfDigit{info('5', 0), info('5', 80), event('5', 0, 40), event('5', 80, 120)}, "55"},
		"twice both ways, crossing":                 {[]dtmfDigit{event('5', 0, 40), info('5', 50), info('5', 130), event('5', 80, 120)}, "55"},
		"three times, an event lost":                {[]dtmfDigit{event('5', 0, 40), info('5', 50), info('5', 130), event('5', 160, 200), info('5', 210)}, "555"},
		"a number, INFOs behind":                    {[]dtmfDigit{event('1', 0, 40), event('2', 80, 120), info('1', 130), event('2', 160, 200), info('2', 210), info('2', 290)}, "122"},
		"a number, events behind":                   {[]dtmfDigit{info('1', 0), info('2', 80), event('1', 0, 40), info('3', 160), event('2', 80, 120), event('3', 160, 200)}, "123"},
		"an event lost before one that pairs":       {[]dtmfDigit{info('1', 0), info('2', 80), event('2', 80, 120), event('1', 400, 440), info('1', 410)}, "121"},
		"a press each way is no pair of three":      {[]dtmfDigit{event('5', 0, 40), info('5', 50), event('5', 300, 340)}, "55"},
		"one key after the other, each way its own": {[]dtmfDigit{event('1', 0, 40), info('2', 100), event('3', 200, 240), info('4', 300)}, "1234"},
	} {
		var s deduplicator
		var got strings.Builder
		for _, p := range c.come {
			if s.isNew(p.Digit, p.source) {
				got.WriteRune(p.Symbol)
			}
		}
		if got.String() != c.want {
			t.Errorf("%s: %q, want %q", name, got.String(), c.want)
		}
	}
}

// Whatever is pressed both ways, at whatever pace, with whatever delay up to the
// window: each press is one key, in the order of pressing; and where events are lost,
// as many of each.
func TestKeyPairsOfAnySender(t *testing.T) {
	t.Parallel()
	type come struct {
		at time.Duration
		dtmfDigit
	}
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for seed := range uint64(20000) {
		r := rand.New(rand.NewPCG(seed, 1))
		ms := func(least, most int) time.Duration {
			return time.Duration(least+r.IntN(most-least+1)) * time.Millisecond
		}
		lose, atEnd := r.IntN(3) == 0, r.IntN(2) == 0
		var all []come
		var pressed string
		var now, event, info time.Duration // when the last of each was told
		for range 1 + r.IntN(12) {
			key := rune('1' + r.IntN(2))
			tone := ms(40, 250)
			if r.IntN(20) == 0 {
				tone = ms(1000, 5000)
			}
			pressed += string(key)
			if !lose || r.IntN(3) > 0 {
				event = max(event, now+tone+ms(0, 150))
				all = append(all, come{event, dtmfDigit{media.Digit{Symbol: key, At: base.Add(now), Duration: tone}, fromEvent}})
			}
			sent := now
			if atEnd {
				sent += tone
			}
			info = max(info, sent+ms(0, 900))
			all = append(all, come{info, dtmfDigit{media.Digit{Symbol: key, At: base.Add(info)}, fromInfo}})
			now += tone + ms(40, 600)
		}
		slices.SortStableFunc(all, func(a, b come) int { return int(a.at - b.at) })
		var s deduplicator
		var got string
		for _, c := range all {
			if s.isNew(c.Digit, c.source) {
				got += string(c.Symbol)
			}
		}
		count := func(s string) [2]int { return [2]int{strings.Count(s, "1"), strings.Count(s, "2")} }
		if !lose && got != pressed || count(got) != count(pressed) {
			t.Fatalf("seed %d: %q, want %q: %v", seed, got, pressed, all)
		}
	}
}

// However many come one way only, few are kept.
func TestKeyPairsAreBounded(t *testing.T) {
	var s deduplicator
	for i := range 1000 {
		if !s.isNew(media.Digit{Symbol: '5', At: time.Time{}.Add(time.Duration(i) * time.Second)}, fromInfo) {
			t.Fatalf("press %d is not fresh", i)
		}
	}
	if n := len(s.unpaired[fromInfo]); n > maxUnpaired {
		t.Errorf("%d are kept", n)
	}
}
