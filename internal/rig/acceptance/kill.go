package acceptance

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/platform"
)

// Kill ends the server with SIGKILL amid calls of every kind, starts it again
// and checks the promise of the 202.
func (t *Suite) Kill(ctx context.Context) {
	if t.Restart == "" {
		t.Check(false, "kill needs -restart")
		return
	}
	triggers := t.amid(ctx)
	accepted := 0
	for _, tr := range triggers {
		if tr.err == nil {
			accepted++
		}
	}
	before := t.carrier.Calls()
	t.Print("     %d triggers, %d answered 202, %d calls dialled, %d live at the kill", len(triggers), accepted, len(before), t.carrier.Live())
	t.Check(accepted >= 200, "at least 200 executions were accepted (%d)", accepted)
	killed := time.Now()
	pid, err := t.restart(ctx)
	if !t.Check(err == nil, "the server starts again (%v)", err) {
		return
	}
	t.Print("     the server is now process %d", pid)
	t.forgotten(killed)
	counts := t.ends(ctx, triggers, time.Minute, nil)
	ended := counts["finished"] + counts["failed"] + counts["cancelled"] + counts["interrupted"]
	t.Check(ended == accepted, "each of %d accepted executions has an end state: %v", accepted, counts)
	t.await(20*time.Second, func() bool { return t.carrier.Live() == 0 })
	t.dialledOnce(triggers, len(before))
	t.stillWorks(ctx)
	t.awaitIdleAfterKill()
}

// amid brings up ringing, playing and bridged calls and kills the server in
// the middle of a burst of new triggers.
func (t *Suite) amid(ctx context.Context) []trigger {
	rings := carrier.Behaviour{Trying: true, Provisional: 180}
	talks := carrier.Answers(50 * time.Millisecond)
	quick := talks
	quick.FinalAfter = 30 * time.Millisecond
	sets := []struct {
		flow      string
		count     int
		one, two  carrier.Behaviour
		perSecond int
	}{
		{"play", 90, talks, carrier.Behaviour{}, t.TriggersPerSecond},
		{"forward", 40, talks, talks, t.TriggersPerSecond},
		{"hangup", 90, rings, carrier.Behaviour{}, t.TriggersPerSecond},
		{"hangup", 300, quick, carrier.Behaviour{}, 1500},
	}
	var all []trigger
	for i, s := range sets {
		var arguments []map[string]string
		for range s.count {
			a := map[string]string{"contact_1": t.number(s.one)}
			if s.flow == "forward" {
				a["contact_2"] = t.number(s.two)
			}
			arguments = append(arguments, a)
		}
		var killed sync.WaitGroup
		if i == len(sets)-1 {
			time.Sleep(time.Second)
			killed.Go(func() {
				time.Sleep(100 * time.Millisecond)
				_ = syscall.Kill(t.ServerPID, syscall.SIGKILL)
			})
		}
		all = append(all, t.startAll(ctx, s.flow, s.perSecond, arguments)...)
		killed.Wait()
	}
	return all
}

// restart waits until the old process has exited, starts the new one, which
// outlives the test, and waits until it is ready.
func (t *Suite) restart(ctx context.Context) (pid int, err error) {
	ended := t.await(5*time.Second, func() bool { return dead(t.ServerPID) })
	if !ended {
		return 0, fmt.Errorf("process %d is still there 5 s after SIGKILL", t.ServerPID)
	}
	command := exec.Command("sh", "-c", "exec "+t.Restart)
	command.Dir = t.Directory
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	started := time.Now()
	if err := command.Start(); err != nil {
		return 0, fmt.Errorf("start server: %w", err)
	}
	go func() { _ = command.Wait() }()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, command.Process.Pid, 0)
	for time.Since(started) < 20*time.Second {
		if t.platform.Ready(ctx) == nil {
			t.Figure("start to ready", "%s", time.Since(started).Round(time.Millisecond))
			return command.Process.Pid, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return command.Process.Pid, fmt.Errorf("not ready after 20 s: %w", t.platform.Ready(ctx))
}

// dead tells whether the process has exited or only waits to be reaped.
func dead(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X")
}

// forgotten hangs up the phones whose calls died with the server: their BYE
// belongs to no dialog and must be answered 481 at once. Those that never were
// answered are given up.
func (t *Suite) forgotten(killed time.Time) {
	for _, r := range t.carrier.Calls() {
		if r.State == carrier.Talking {
			t.carrier.Hangup(r.Number)
		}
	}
	t.Check(t.await(3*time.Second, func() bool {
		for _, r := range t.carrier.Calls() {
			if r.State == carrier.Leaving {
				return false
			}
		}
		return true
	}), "a BYE for a call of before the kill is answered")
	for _, r := range t.carrier.Calls() {
		if r.State != carrier.Ended && r.InviteAt.Before(killed) {
			t.carrier.Abandon(r.Number)
		}
	}
}

// dialledOnce counts the INVITEs by execution.
func (t *Suite) dialledOnce(triggers []trigger, before int) {
	calls := t.byNumber()
	twice, never, unaccepted := 0, 0, 0
	for _, tr := range triggers {
		switch n := len(calls[tr.arguments["contact_1"]]); {
		case n > 1 || len(calls[tr.arguments["contact_2"]]) > 1:
			twice++
		case n == 0 && tr.err == nil:
			never++
		case n > 0 && tr.err != nil:
			unaccepted++
		}
	}
	t.Check(twice == 0, "%d executions dialled a number twice", twice)
	t.Figure("calls begun after the restart", "%d", t.carrier.Count()-before)
	t.Figure("accepted and never dialled", "%d", never)
	t.Figure("dialled although no 202 came back", "%d", unaccepted)
}

// stillWorks makes one call with the old token.
func (t *Suite) stillWorks(ctx context.Context) {
	number := t.number(carrier.Answers(50 * time.Millisecond))
	a, err := t.platform.Start(ctx, "hangup", map[string]string{"contact_1": number})
	if !t.Check(err == nil, "the token of before the kill still works (%v)", err) {
		if err := t.platform.Authorize(ctx); err != nil {
			t.Check(false, "a new token: %v", err)
			return
		}
		if a, err = t.platform.Start(ctx, "hangup", map[string]string{"contact_1": number}); err != nil {
			t.Check(false, "a new call: %v", err)
			return
		}
	}
	var e platform.Execution
	e, err = t.platform.Ended(ctx, a.ExecutionID, 10*time.Second)
	t.Check(err == nil && e.Status == "finished", "a new call works: %s %v", e, err)
}

// awaitIdleAfterKill is awaitIdle, but for the faults that a kill must bring.
func (t *Suite) awaitIdleAfterKill() {
	t.Check(t.await(3*time.Second, func() bool { return t.carrier.Live() == 0 }), "no dialog is left at the carrier (%d)", t.carrier.Live())
	for _, f := range t.carrier.Faults() {
		expected := strings.HasPrefix(f.Rule, "our BYE was answered with 481") || strings.HasPrefix(f.Rule, "no ACK to a")
		t.Check(expected, "the carrier found %d × %s: %s", f.Count, f.Rule, f.Detail)
	}
}
