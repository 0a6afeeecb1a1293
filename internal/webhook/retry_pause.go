package webhook

import (
	"math/rand/v2"
	"time"
)

// Pauses after failures.
const (
	firstPause = time.Second
	// longestPause is that of one execution's deliveries while others succeed.
	longestPause = 10 * time.Minute
	// longestDown is that of a hook that is down.
	longestDown = time.Minute
	// downAfter is how many failed attempts in a row make a hook down.
	downAfter = 5
)

// pause is the time before the next attempt after so many that failed: it
// doubles from first to longest, and a quarter of it is left to chance, so that
// what failed together does not come back together.
func pause(first, longest time.Duration, failures int) time.Duration {
	d := min(first<<min(failures-1, 20), longest)
	return d - rand.N(d/4+1)
}
