package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ringflow/flowengine"
)

// BenchmarkExecution is one whole execution of twelve events, many at a time,
// as a busy engine writes them. cpu-µs/op is what it costs; ns/op is bounded
// by the pace of commits and the disk.
func BenchmarkExecution(b *testing.B) {
	s := openIn(b, b.TempDir())
	var n atomic.Int64
	at := time.Now()
	leg := &flowengine.LegEvent{ID: "1", Party: "contact", From: "+12025550100", To: "+12025550143", CallID: "0123456789abcdef@127.0.0.1"}
	event := func(seq int) flowengine.Event {
		return flowengine.Event{Seq: seq, At: at, Kind: flowengine.LegRinging, Step: "call_customer", Leg: leg}
	}
	before := cpu(b)
	b.SetParallelism(64)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			x := execution(int(n.Add(1)))
			if err := s.Accept(b.Context(), x); err != nil {
				b.Error(err)
			}
			s.Append(x.ID, event(1), event(2))
			if err := s.Begin(b.Context(), x.ID, at); err != nil {
				b.Error(err)
			}
			for i := 3; i <= 11; i += 3 {
				s.Append(x.ID, event(i), event(i+1), event(i+2))
			}
			if err := s.End(b.Context(), x.ID, ending(12, flowengine.StatusFinished)); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkExecutionPaced is the same at 300 executions a second.
func BenchmarkExecutionPaced(b *testing.B) {
	s := openIn(b, b.TempDir())
	at := time.Now()
	leg := &flowengine.LegEvent{ID: "1", Party: "contact", From: "+12025550100", To: "+12025550143", CallID: "0123456789abcdef@127.0.0.1"}
	before := cpu(b)
	const rate = 300
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	done := make(chan error, b.N)
	started := 0
	var slowest atomic.Int64
	for b.Loop() {
		<-tick.C
		started++
		x := execution(started)
		go func() {
			begin := time.Now()
			err := s.Accept(b.Context(), x)
			for d := int64(time.Since(begin)); ; {
				old := slowest.Load()
				if d <= old || slowest.CompareAndSwap(old, d) {
					break
				}
			}
			if err == nil {
				err = s.Begin(b.Context(), x.ID, at)
			}
			for i := 1; i < 12; i++ {
				s.Append(x.ID, flowengine.Event{Seq: i, At: at, Kind: flowengine.LegRinging, Step: "call_customer", Leg: leg})
				if i%3 == 0 {
					<-time.After(20 * time.Millisecond)
				}
			}
			if err == nil {
				err = s.End(b.Context(), x.ID, ending(12, flowengine.StatusFinished))
			}
			done <- err
		}()
	}
	for range started {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(started), "cpu-µs/op")
	b.ReportMetric(float64(slowest.Load())/1e6, "accept-max-ms")
}

// BenchmarkFsync is the disk's own price of one commit, beside the above.
func BenchmarkFsync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "f"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	for b.Loop() {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

// cpu is the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(fmt.Errorf("read processor time: %w", err))
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
