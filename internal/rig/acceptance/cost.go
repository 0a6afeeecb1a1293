package acceptance

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/kernel"
	"ringflow/internal/rig/platform"
)

const (
	// costRounds is how often Cost measures either: a machine has moods.
	costRounds = 3
	// costRest is how long the server is watched at rest before each round.
	costRest = 2 * time.Second
	// costTail is what still belongs to a round after its last BYE: the ends are
	// written, and delivered.
	costTail = time.Second
)

// Cost measures what a whole call of flow hangup takes of the server's processor,
// from its POST to its recorded end, so many a second for so many seconds; in
// turn with it, what INVITE, ACK and BYE to the same phones at the same rate take
// of a process that has sipgo and nothing else; and beside it, what a sync takes
// of the disk.
func (t *Suite) Cost(ctx context.Context, perSecond, seconds int) {
	var own, bare, ratio []float64
	var delays, synced []time.Duration
	for range costRounds {
		disk, err := watchDisk()
		if !t.Check(err == nil, "the disk can be watched (%v)", err) {
			return
		}
		o, after := t.ownCost(ctx, perSecond, seconds)
		took, err := disk.stop()
		t.Check(err == nil, "the disk took every page (%v)", err)
		b := t.bareCost(ctx, perSecond, seconds)
		if !t.Check(o > 0 && b > 0, "a call costs %.3f ms, with sipgo alone %.3f ms", o, b) {
			return
		}
		own, bare, ratio = append(own, o), append(bare, b), append(ratio, o/b)
		delays, synced = append(delays, after...), append(synced, took...)
	}
	t.Print("     whole calls, %d a second: %d; processor time of the server's process alone, median of %d rounds (all)",
		perSecond, costRounds*perSecond*seconds, costRounds)
	t.Figure("CPU a call", "%s ms", medianOf(own))
	t.Figure("CPU a call, sipgo alone", "%s ms", medianOf(bare))
	t.Figure("ratio", "%s", medianOf(ratio))
	t.Figure("POST to INVITE on the wire", "%s", Distribute(delays))
	t.Figure("a sync of one page alone", "%s", Distribute(synced))
}

// ownCost is a round of the server: ms of processor time a call, and how long
// after each POST its INVITE came. It is 0 if there were no calls.
func (t *Suite) ownCost(ctx context.Context, perSecond, seconds int) (float64, []time.Duration) {
	server, err := platform.Watch(t.ServerPID)
	if err != nil {
		t.Check(false, "the server's process can be watched (%v)", err)
		return 0, nil
	}
	var arguments []map[string]string
	for _, n := range t.quietNumbers(perSecond * seconds) {
		arguments = append(arguments, map[string]string{"contact_1": n})
	}
	rested, idle := t.used()
	time.Sleep(costRest)
	started, began := t.used()
	triggers := t.startAll(ctx, "hangup", perSecond, arguments)
	t.await(15*time.Second, func() bool { return t.carrier.Live() == 0 && t.carrier.Count() >= len(arguments) })
	time.Sleep(costTail)
	spent, ended := t.used()
	server.Stop()
	t.allAccepted(triggers)
	delays := t.wholeCalls(triggers)
	t.allFinished(ctx, triggers)
	t.Beside(server, began, ended)
	t.awaitIdle(3 * time.Second)
	t.carrier.Forget()
	rest := (started - rested).Seconds() / began.Sub(idle).Seconds()
	work := (spent - started).Seconds() - rest*ended.Sub(began).Seconds()
	return work * 1000 / float64(len(triggers)), delays
}

// used is the server's processor time so far, and the time.
func (t *Suite) used() (time.Duration, time.Time) {
	u, err := kernel.ReadUsage(t.ServerPID)
	if err != nil {
		t.Check(false, "%v", err)
	}
	return u.CPU, time.Now()
}

// bareCost is a round of sipgo alone, in a process of its own: ms of processor
// time a call, its start and end included.
func (t *Suite) bareCost(ctx context.Context, perSecond, seconds int) float64 {
	numbers := t.quietNumbers(perSecond * seconds)
	self, err := os.Executable()
	if err != nil {
		t.Check(false, "the rig finds itself (%v)", err)
		return 0
	}
	caller := exec.CommandContext(ctx, self, "-carrier-addr", t.Carrier, "-nice", "0", "bare", strconv.Itoa(perSecond))
	caller.Stdin = strings.NewReader(strings.Join(numbers, "\n"))
	output, err := caller.CombinedOutput()
	if !t.Check(err == nil, "sipgo alone places %d whole calls (%v) %s", len(numbers), err, output) {
		return 0
	}
	t.awaitIdle(3 * time.Second)
	t.carrier.Forget()
	used := caller.ProcessState.UserTime() + caller.ProcessState.SystemTime()
	return used.Seconds() * 1000 / float64(len(numbers))
}

// quietNumbers ring at once, are picked up after 10 ms and say nothing.
func (t *Suite) quietNumbers(n int) []string {
	b := carrier.Answers(10 * time.Millisecond)
	b.Mute = true
	numbers := make([]string, n)
	for i := range numbers {
		numbers[i] = t.number(b)
	}
	return numbers
}

// medianOf prints the median of some values, and all of them.
func medianOf(values []float64) string {
	sorted := slices.Sorted(slices.Values(values))
	text := make([]string, len(values))
	for i, v := range values {
		text[i] = fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.2f (%s)", sorted[len(sorted)/2], strings.Join(text, ", "))
}
