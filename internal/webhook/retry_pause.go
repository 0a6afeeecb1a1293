package webhook

import (
	"math/rand/v2"
	"time"
)

// Pauses after failures.
const (
	firstPause = time.Second
	// longestPause is that of one execution's letters while others arrive.
	longestPause = 10 * time.Minute
	// longestDown is that of a hook which takes nothing at all: the time in which
	// its return is noticed.
	longestDown = time.Minute
	// downAfter is how many attempts in a row, whatever they were about, show that
	// a hook takes nothing at all.
	downAfter = 5
)

// pause is the time before the next attempt after so many that failed: it
// doubles from first to longest, and a quarter of it is left to chance, so that
// what failed together does not come back together.
func pause(first, longest time.Duration, failures int) time.Duration {
	d := first
	for range min(failures-1, 30) {
		if d >= longest {
			break
		}
		d *= 2
	}
	d = min(d, longest)
	return d - rand.N(d/4+1)
}
