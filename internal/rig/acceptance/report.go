package acceptance

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

// Report collects checks and figures and prints them as they come. Safe for
// concurrent use.
type Report struct {
	mu     sync.Mutex
	out    io.Writer
	passed int
	failed int
}

// NewReport prints to the writer.
func NewReport(out io.Writer) *Report { return &Report{out: out} }

// Check counts a claim and prints it, marked when it does not hold.
func (v *Report) Check(holds bool, claim string, args ...any) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	result := "ok  "
	if holds {
		v.passed++
	} else {
		v.failed++
		result = "FAIL"
	}
	fmt.Fprintf(v.out, "%s %s\n", result, fmt.Sprintf(claim, args...))
	return holds
}

// Figure prints a measured value.
func (v *Report) Figure(name, format string, args ...any) {
	v.Print("  => %-34s %s", name, fmt.Sprintf(format, args...))
}

// Beside prints what else used the processor while a figure was taken.
func (v *Report) Beside(server *platform.Process, from, to time.Time) {
	own, others := server.Beside(from, to)
	v.Figure("beside it", "rig %.2f cores, other processes %.2f of %d", own, others, runtime.NumCPU())
}

// Print prints a line that is neither check nor figure.
func (v *Report) Print(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	fmt.Fprintf(v.out, format+"\n", args...)
}

// Close prints the sum and tells whether every claim held.
func (v *Report) Close(name string) bool {
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
