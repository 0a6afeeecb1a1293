package main_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKillAmidCalls: what was accepted comes to an end after kill -9 and a
// restart, nobody is dialled twice, and nothing stays as if it still ran.
func TestKillAmidCalls(t *testing.T) {
	besideOthers(t)
	const calls = 200
	w := newWorld(t)
	config := w.config(trunk{}, 10*time.Second)
	server := w.serve(config)
	w.phone(audioPort)
	far := w.play("rings-a-while-then-answers-and-logs-who-was-dialled", performance{calls: 10 * calls})

	var mu sync.Mutex
	var accepted []string
	var posting sync.WaitGroup
	numbers := make(chan int)
	flows := []string{"hangup", "chirp"} // some calls are over soon, some go on
	for range 8 {
		posting.Go(func() {
			for n := range numbers {
				number := fmt.Sprintf("+1212555%04d", n)
				if id, err := server.start(flows[n%len(flows)], map[string]string{"contact_1": number}); err == nil {
					mu.Lock()
					accepted = append(accepted, id)
					mu.Unlock()
				}
			}
		})
	}
	soFar := func() int { mu.Lock(); defer mu.Unlock(); return len(accepted) }
	go func() {
		defer close(numbers)
		for i := range calls {
			numbers <- i
		}
	}()
	// At three quarters some calls ring, some are answered, some end, and some
	// requests are on their way.
	within(t, time.Minute, "three quarters are accepted", func() string {
		if n := soFar(); n < calls*3/4 {
			return fmt.Sprintf("%d of %d", n, calls)
		}
		return ""
	})
	server.crash()
	posting.Wait()
	dialledBefore := len(far.log())

	server = w.serve(config)
	ends := map[string]int{}
	for _, id := range accepted {
		ends[server.outcome(id, time.Minute).Status]++
	}
	if len(accepted) < calls*3/4 || ends["interrupted"] == 0 || ends["finished"]+ends["interrupted"]+ends["failed"] != len(accepted) {
		t.Errorf("%d accepted ended as %v, want each finished, interrupted or failed", len(accepted), ends)
	}
	server.nothingLives(40*time.Second, 1e9)
	t.Logf("%d accepted, %d dialled before the kill and %d after it: %v", len(accepted), dialledBefore, len(far.log())-dialledBefore, ends)
	server.stop()

	calledOn := map[string]map[string]bool{} // by number: the Call-IDs
	for _, line := range far.log() {
		number, callID, ok := strings.Cut(line, " ")
		if !ok {
			t.Errorf("SIPp logged %q", line)
		}
		if calledOn[number] == nil {
			calledOn[number] = map[string]bool{}
		}
		calledOn[number][callID] = true
	}
	for number, ids := range calledOn {
		if len(ids) > 1 {
			t.Errorf("%s was dialled %d times", number, len(ids))
		}
	}
	for _, h := range w.histories(accepted...) {
		checkJournal(t, h)
		if h.Status == "accepted" || h.Status == "running" {
			t.Errorf("%s is still %s", h.ID, h.Status)
		}
	}
}
