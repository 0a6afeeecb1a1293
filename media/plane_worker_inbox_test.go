package media

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// While the thread sleeps and no port sends audio the caller runs the task, and what others post
// meanwhile wakes the thread.
func TestCallerRunsTasks(t *testing.T) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	w := &worker{epoch: time.Now().Add(-time.Second), wakeFD: fd, owner: ownerNone, noAudio: true, wakesAt: math.MaxInt64}
	w.returned.L = &w.mu
	woken := func() bool {
		var count [8]byte
		_, err := unix.Read(fd, count[:])
		return err == nil
	}
	var order []int
	add := func(n int) func() { return func() { order = append(order, n) } }
	w.postLazy(add(1))
	w.post(add(2))
	if !slices.Equal(order, []int{1, 2}) || woken() {
		t.Errorf("the caller ran the tasks %v, or woke the thread", order)
	}
	if w.activeAt != 0 {
		t.Error("without a port, tasks keep the thread from sleeping without end")
	}
	w.post(func() { // as another goroutine would, while this one runs
		w.post(add(4))
		add(3)()
	})
	if !slices.Equal(order, []int{1, 2, 3}) || !woken() {
		t.Errorf("the caller ran the tasks %v, or did not wake the thread for the rest", order)
	}
	w.awaken()
	w.runTasks()
	if w.post(add(5)); !slices.Equal(order, []int{1, 2, 3, 4}) || woken() {
		t.Errorf("beside the thread the caller ran the tasks %v, or woke it", order)
	}
	if w.fallAsleep(-1) {
		t.Error("the thread sleeps before it has run what is in the inbox")
	}
	w.runTasks()
	w.audioAt = w.now()
	if !w.fallAsleep(2*tick) || len(order) != 5 {
		t.Errorf("the thread does not sleep, or ran the tasks %v", order)
	}
	if w.post(add(6)); len(order) != 5 || !woken() {
		t.Errorf("amid audio the caller ran the tasks %v, or did not wake the thread", order)
	}
	w.awaken()
	w.runTasks()
	if !w.fallAsleep(tick / 2) {
		t.Error("the thread does not sleep")
	}
	if w.post(add(7)); len(order) != 6 || woken() {
		t.Errorf("amid audio the caller ran the tasks %v, or woke the thread, which wakes soon", order)
	}
}

// Tasks from many goroutines, while the thread wakes and sleeps: each runs once, none beside
// another one.
func TestTasksFromManyGoroutines(t *testing.T) {
	w, err := newWorker(time.Now().Add(-time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	var all sync.WaitGroup
	total := 0 // belongs to the worker
	for range 8 {
		all.Go(func() {
			for i := range 500 {
				switch i % 3 {
				case 0:
					w.do(func() { total++ })
				case 1:
					w.post(func() { total++; w.audioAt = w.now() }) // as if a port sent audio
				default:
					w.post(func() { total++; w.audioAt = 0 })
				}
				if i%50 == 0 {
					w.mu.Lock()
					w.wake()
				}
			}
		})
	}
	all.Wait()
	w.do(func() {
		if total != 8*500 {
			t.Errorf("%d tasks ran, want %d", total, 8*500)
		}
	})
}
