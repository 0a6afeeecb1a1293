package media_test

import (
	"runtime"
	"testing"
	"time"

	"ringflow/media"
)

func TestEachWorkerAddsAPAndRemovesIt(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	plane, err := media.NewPlane(media.PlaneConfig{Bind: loopback, PortMin: 41000, PortMax: 41010, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	if during := runtime.GOMAXPROCS(0); during != before+3 {
		t.Errorf("%d places with three workers, %d without", during, before)
	}
	for range 2 {
		if err := plane.Close(); err != nil {
			t.Error(err)
		}
	}
	if after := runtime.GOMAXPROCS(0); after != before {
		t.Errorf("%d places before, %d after", before, after)
	}
}

// A worker that sleeps in its place must neither keep the world from stopping nor
// others from running, even where there is only one place beside its own.
func TestSleepingWorkersHoldNobodyUp(t *testing.T) {
	before := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) }) // after the plane has closed
	plane := newPlane(t, media.PlaneConfig{Workers: 1})
	idle, busy := open(t, plane), open(t, plane)
	negotiate(busy, newPhone(t).agreed(), media.Sources{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 50 {
			runtime.GC() // stops the world several times
			idle.Stats() // waits for the worker
		}
	}()
	wait(t, done, "fifty collections")
	began := time.Now()
	for range 50 {
		busy.Play(tonePrompt(time.Second)).Stop()
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a hundred tasks took %v", took)
	}
}
