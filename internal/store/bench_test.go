package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ringflow.test/postgrestest"
	"ringflow/flowengine/record"
	"ringflow/internal/store"
)

// BenchmarkCall is the record's share of whole calls, written as the engine
// writes one that is answered and hung up at once. cpu-ms/call is its price in
// processor time, at so many calls a second and as fast as it goes;
// bare-ms/sync is that of one page written and brought to the disk, in the same
// run; accept-p99-ms is how long a trigger waits for its 202.
func BenchmarkCall(b *testing.B) {
	for _, rate := range []int{100, 300, 500, 0} {
		name := fmt.Sprintf("offered=%d", rate)
		if rate == 0 {
			name = "unpaced"
		}
		b.Run(name, func(b *testing.B) {
			s := openIn(b, b.TempDir())
			bare := bareSync(b)
			waits := make([]time.Duration, b.N)
			before := cpu(b)
			b.ResetTimer()
			if rate == 0 {
				unpaced(b, s, waits)
			} else {
				paced(b, s, rate, waits)
			}
			b.StopTimer()
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/call")
			b.ReportMetric(bare, "bare-ms/sync")
			slices.Sort(waits)
			b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "accept-p99-ms")
		})
	}
}

// BenchmarkDialects is what the record costs in PostgreSQL, on this machine, beside
// SQLite in the same run: how long half of the triggers wait for their 202 at least,
// commits a second, and the processor time of this process, to which that of
// PostgreSQL's own comes.
func BenchmarkDialects(b *testing.B) {
	server, err := postgrestest.Start("fsync=on", "full_page_writes=on")
	must(b, err)
	b.Cleanup(func() { must(b, server.Stop()) })
	for _, rate := range []int{100, 300} {
		b.Run(fmt.Sprintf("offered=%d", rate), func(b *testing.B) {
			schema, err := server.New()
			must(b, err)
			p50 := map[string]float64{}
			for _, d := range []struct{ name, at string }{{"sqlite", b.TempDir()}, {"postgres", schema}} {
				s := openIn(b, d.at)
				waits := make([]time.Duration, b.N)
				began, before := time.Now(), cpu(b)
				paced(b, s, rate, waits)
				took := time.Since(began).Seconds()
				b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(b.N), d.name+"-cpu-ms/call")
				commits, err := s.Commits(b.Context())
				must(b, err)
				slices.Sort(waits)
				p50[d.name] = float64(waits[len(waits)/2].Microseconds()) / 1000
				b.ReportMetric(p50[d.name], d.name+"-accept-p50-ms")
				b.ReportMetric(float64(commits)/took, d.name+"-commits/s")
			}
			b.ReportMetric(p50["postgres"]/p50["sqlite"], "accept-p50-ratio")
		})
	}
}

func unpaced(b *testing.B, s *store.Store, waits []time.Duration) {
	var n atomic.Int64
	b.SetParallelism(64)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			i := int(n.Add(1))
			waits[i-1] = oneCall(b, s, execution(i))
		}
	})
}

func paced(b *testing.B, s *store.Store, rate int, waits []time.Duration) {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	var work sync.WaitGroup
	for n := range b.N {
		<-tick.C
		work.Go(func() { waits[n] = oneCall(b, s, execution(n+1)) })
	}
	work.Wait()
}

// oneCall writes a call of fourteen events and returns how long Accept took.
func oneCall(b *testing.B, s *store.Store, x record.Execution) time.Duration {
	must := func(err error) {
		if err != nil {
			b.Error(err)
		}
	}
	seq := 0
	add := func(kinds ...record.EventKind) {
		for _, k := range kinds {
			seq++
			e := record.Event{Seq: seq, At: time.Now(), Kind: k, Step: "call_customer", Component: "make_outbound_call"}
			switch k {
			case record.LegDialling, record.LegRinging, record.LegAnswered, record.LegEnded:
				e.Leg = &record.LegEvent{ID: "dcefb986fd7394ba", Party: "contact", From: "+12025550100", To: "+12025550143", CallID: "3WSXCHPX3JKFHUHLAQVH3W2YDP"}
				e.SIP = &record.SIPResult{Code: 200, Reason: "OK", Trunk: "carrier"}
			case record.VariableSet:
				e.Variables = map[string]string{"contact_1": "+12025550143"}
			}
			s.Append(x.ID, e)
		}
	}
	begin := time.Now()
	must(s.AcceptAndBegin(b.Context(), x, begin, record.Event{Seq: 1, At: begin, Kind: record.ExecutionAccepted},
		record.Event{Seq: 2, At: begin, Kind: record.ExecutionStarted}, record.Event{Seq: 3, At: begin, Kind: record.StepEntered, Step: "api_request", Component: "api_request"}))
	accepted := time.Since(begin)
	seq = 3
	add(record.VariableSet,
		record.StepLeft, record.StepEntered, record.LegDialling)
	<-time.After(time.Millisecond)
	add(record.LegRinging)
	<-time.After(10 * time.Millisecond)
	add(record.LegAnswered, record.StepLeft, record.StepEntered, record.StepLeft, record.LegEnded)
	must(s.End(b.Context(), x.ID, ending(seq+1, record.StatusFinished)))
	return accepted
}

// bareSync is the processor time, in milliseconds, of one page written behind
// the last and brought to the disk.
func bareSync(b *testing.B) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "f"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page, before := make([]byte, 4096), cpu(b)
	const syncs = 200
	for range syncs {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
	}
	return float64((cpu(b) - before).Microseconds()) / 1000 / syncs
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
