package acceptance

import (
	"context"
	"time"
)

// Serve is the carrier alone, until the context ends; it prints a line a
// second while calls come and the sum at the end.
func (t *Suite) Serve(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	last := -1
	for {
		select {
		case <-ctx.Done():
			byCode := map[int]int{}
			for _, r := range t.carrier.Calls() {
				byCode[r.Code]++
			}
			t.Print("%d calls by final answer: %v, %d live", t.carrier.Count(), byCode, t.carrier.Live())
			t.reportFaults()
			t.reportRig()
			return
		case <-ticker.C:
			if n := t.carrier.Count(); n != last {
				last = n
				t.Print("%s %d calls so far, %d live", time.Now().Format("15:04:05"), n, t.carrier.Live())
			}
		}
	}
}
