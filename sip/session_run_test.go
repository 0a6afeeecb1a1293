package sip

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
)

// The jobs of a session are done one at a time, each once and in the order of each goroutine
// that has them, whether it does them itself or not; a job may have more jobs.
func TestJobsOfASession(t *testing.T) {
	a := &Agent{cfg: Config{Log: slog.New(slog.DiscardHandler)}, sessions: map[sessionKey]*Session{}}
	a.ctx, a.stop = context.WithCancel(t.Context())
	s := newSession(a, "a call", "a tag")
	if !a.add(s) {
		t.Fatal("the session was not added")
	}
	const callers, each = 8, 500
	var doing atomic.Int32
	var last [callers]int
	done := 0
	job := func(caller, n int) func() {
		return func() {
			if doing.Add(1) != 1 {
				t.Error("two jobs at once")
			}
			if last[caller] != n-1 {
				t.Errorf("job %d of caller %d after job %d", n, caller, last[caller])
			}
			last[caller] = n
			s.do(func() { done++ })
			doing.Add(-1)
		}
	}
	var calling sync.WaitGroup
	for caller := range callers {
		calling.Go(func() {
			for n := range each {
				if do := [2]func(func()) bool{s.do, s.post}[n%2]; !do(job(caller, n+1)) {
					t.Error("a job was refused")
				}
			}
		})
	}
	calling.Wait()
	s.post(func() {
		s.do(func() { done++ })
		s.agentClosed()
	})
	a.work.Wait()
	if want := callers*each + 1; done != want {
		t.Errorf("%d jobs of jobs, want %d", done, want)
	}
	if s.do(func() {}) || s.post(func() {}) {
		t.Error("a session that is over took a job")
	}
	select {
	case <-s.done:
	default:
		t.Error("the session did not report its end")
	}
}
