package kernel_test

import (
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"ringflow/internal/rig/kernel"
)

func TestDatagramsArriveStamped(t *testing.T) {
	at := netip.MustParseAddrPort("127.0.0.1:0")
	a, err := kernel.OpenSocket(at, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := kernel.OpenSocket(at, 1<<16)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	to, before := kernel.NewDestination(b.Local()), time.Now().UnixNano()
	for i := range byte(40) {
		if err := a.Send([]byte{i, i}, &to); err != nil {
			t.Fatal(err)
		}
	}
	batch, next := kernel.NewBatch(), byte(0)
	for got := batch.Receive(b); len(got) > 0; got = batch.Receive(b) {
		for _, p := range got {
			if p.From != a.Local() || len(p.Data) != 2 || p.Data[0] != next {
				t.Fatalf("packet %d: %v from %v", next, p.Data, p.From)
			}
			// The kernel begins to stamp a moment after it was first asked to.
			if p.At != 0 && (p.At < before-int64(time.Second) || p.At > time.Now().UnixNano()) {
				t.Fatalf("stamp %d, sent after %d", p.At, before)
			}
			next++
		}
	}
	if next != 40 {
		t.Errorf("%d of 40 arrived", next)
	}
}

func TestUsageOfThisProcess(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, start := kernel.ThreadCPU(), kernel.Monotonic()
	kernel.SleepUntil(start + int64(5*time.Millisecond))
	if slept := kernel.Monotonic() - start; slept < int64(5*time.Millisecond) {
		t.Errorf("slept %d ns", slept)
	}
	if used := kernel.ThreadCPU() - before; used < 0 || used > 4*time.Millisecond {
		t.Errorf("sleeping used %s", used)
	}
	u, err := kernel.ReadUsage(os.Getpid())
	if err != nil || u.Resident < 1<<20 || u.Threads < 1 || u.Files < 3 {
		t.Errorf("%+v %v", u, err)
	}
	if _, err := kernel.ReadUsage(-1); err == nil {
		t.Error("there is no process -1")
	}
}
