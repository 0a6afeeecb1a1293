package trial

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"ringflow/internal/rig/platform"
)

// Verdict collects checks and figures and prints them as they come. Safe for
// concurrent use.
type Verdict struct {
	mu     sync.Mutex
	out    io.Writer
	passed int
	failed int
}

// NewVerdict prints to the writer.
func NewVerdict(out io.Writer) *Verdict { return &Verdict{out: out} }

// Check counts a claim and prints it, marked when it does not hold.
func (v *Verdict) Check(holds bool, claim string, args ...any) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	mark := "ok  "
	if holds {
		v.passed++
	} else {
		v.failed++
		mark = "FAIL"
	}
	fmt.Fprintf(v.out, "%s %s\n", mark, fmt.Sprintf(claim, args...))
	return holds
}

// Figure prints a measured value.
func (v *Verdict) Figure(name, format string, args ...any) {
	v.Say("  => %-34s %s", name, fmt.Sprintf(format, args...))
}

// Beside prints what else used the processor while a figure was taken.
func (v *Verdict) Beside(server *platform.Process, from, to time.Time) {
	own, others := server.Beside(from, to)
	v.Figure("beside it", "rig %.2f cores, everybody else %.2f of %d", own, others, runtime.NumCPU())
}

// Say prints a line that is neither.
func (v *Verdict) Say(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	fmt.Fprintf(v.out, format+"\n", args...)
}

// Close prints the sum and tells whether every claim held.
func (v *Verdict) Close(name string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	word := "PASS"
	if v.failed > 0 || v.passed == 0 {
		word = "FAIL"
	}
	fmt.Fprintf(v.out, "%s %s: %d held, %d failed\n", word, name, v.passed, v.failed)
	return word == "PASS"
}

// Distribution is a sorted set of durations.
type Distribution []time.Duration

// Distribute sorts a copy.
func Distribute(d []time.Duration) Distribution {
	sorted := slices.Clone(d)
	slices.Sort(sorted)
	return sorted
}

// At is the quantile q from 0 to 1; 0 for an empty set.
func (d Distribution) At(q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	return d[min(len(d)-1, int(math.Ceil(q*float64(len(d))))-min(1, len(d)))]
}

// String is the usual four quantiles.
func (d Distribution) String() string {
	if len(d) == 0 {
		return "none"
	}
	r := func(q float64) time.Duration { return max(0, d.At(q)).Round(time.Microsecond) }
	return fmt.Sprintf("p50 %s, p99 %s, p99.9 %s, max %s of %d", r(0.5), r(0.99), r(0.999), r(1), len(d))
}
