package media

import "sync"

// tasks are the goroutines of a plane that encode, and read the interfaces of the machine. A worker may start one: nothing is awaited
// under mu.
type tasks struct {
	stop    chan struct{} // closed when ended is set
	running sync.WaitGroup

	mu    sync.Mutex // guards ended, and the adding to running
	ended bool
}

// run runs a task in a goroutine of its own, which is to end soon after stop is closed; after
// end it runs at once, with stop closed.
func (t *tasks) run(task func(stop <-chan struct{})) {
	t.mu.Lock()
	ended := t.ended
	if !ended {
		t.running.Go(func() { task(t.stop) })
	}
	t.mu.Unlock()
	if ended {
		task(t.stop)
	}
}

// end stops the tasks and waits for them. It is called once.
func (t *tasks) end() {
	t.mu.Lock()
	t.ended = true
	close(t.stop)
	t.mu.Unlock()
	t.running.Wait()
}
