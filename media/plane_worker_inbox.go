package media

import (
	"fmt"
	"math"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"
)

// owner says who may touch what belongs to a worker.
type owner int

const (
	// ownerThread: the worker's thread, which looks into the inbox before it sleeps.
	ownerThread owner = iota
	// ownerNone: nobody. The thread sleeps.
	ownerNone
	// ownerCaller: one goroutine, which runs tasks. The thread waits for it when it wakes.
	ownerCaller
)

// post queues a task, which runs soon and in the order of posting. It reports false if
// the worker has ended.
func (w *worker) post(task func()) bool {
	queued := w.queue(task)
	w.attend()
	return queued
}

// queue is post without attend, which is to follow.
func (w *worker) queue(task func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.inbox = append(w.inbox, task)
	}
	return !w.closed
}

// attend has the tasks in the inbox run. The caller holds no lock that a task could take, nor
// one that the reader of a SIP socket does.
//
// Where the thread sleeps and no port has audio, which a goroutine that loses its core
// could delay, the caller runs them before attend returns: to wake a thread costs more than
// most tasks. Where ports have audio, the thread wakes for a slot soon enough most times.
func (w *worker) attend() {
	w.mu.Lock()
	switch {
	case len(w.inbox) == 0, w.owner != ownerNone, w.woken:
	case w.noAudio:
		w.runAsCaller()
		return
	case w.wakesAt-w.now() > tick:
		w.wake()
		return
	}
	w.mu.Unlock()
}

// postLazy queues a task that runs when the worker wakes next, or before the next task.
func (w *worker) postLazy(task func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inbox = append(w.inbox, task)
}

// do is post, and waits until the task is done.
func (w *worker) do(task func()) bool {
	done := make(chan struct{})
	if !w.post(func() { task(); close(done) }) {
		return false
	}
	<-done
	return true
}

// wake ends the sleep of the thread. The caller holds mu, and holds it no longer when wake
// returns: the thread takes it as soon as it wakes.
func (w *worker) wake() {
	w.woken = true
	w.wakers.Add(1)
	w.mu.Unlock()
	one := [8]byte{1}
	_, _ = unix.Write(w.wakeFD, one[:]) // full means that it is written already
	w.wakers.Done()
}

// runTasks runs the tasks in the inbox.
func (w *worker) runTasks() {
	w.mu.Lock()
	w.tasks, w.inbox = w.inbox, w.tasks[:0]
	if w.owner == ownerThread {
		w.woken = false
	}
	w.mu.Unlock()
	for i, task := range w.tasks {
		task()
		w.tasks[i] = nil
	}
}

// runAsCaller runs the tasks in the inbox while the thread sleeps. The caller holds mu, and
// holds it no longer when runAsCaller returns. A panic ends the process, as one in the thread
// does: what belongs to the worker may be half changed.
func (w *worker) runAsCaller() {
	w.owner = ownerCaller
	w.mu.Unlock()
	defer func() {
		if p := recover(); p != nil {
			stack := debug.Stack()
			go panic(fmt.Sprintf("task of a port: %v\n%s", p, stack))
			select {}
		}
	}()
	if w.slots.count == 0 {
		w.clock.due(w.now()) // no tick was missed
	}
	w.runTasks()
	w.mu.Lock()
	w.owner = ownerNone
	w.returned.Signal()
	now := w.now()
	if w.noAudio = w.withoutAudio(now); w.slots.count > 0 { // counters are also read of a plane at rest
		w.activeAt = now
	}
	// The thread knows neither of tasks that came meanwhile nor of its end, nor of a slot before
	// the end of its sleep. A port that was just put into a slot has nothing due within
	// maxSlotShift. wakesAt is a little after the slot for which the thread wakes.
	due, any := w.slots.nextUsed(int64(now/tick) + maxSlotShift + 1)
	if !w.woken && (w.stopping || len(w.inbox) > 0 || any && wakesFor(due, w.noAudio)+tick/10 < w.wakesAt) {
		w.wake()
		return
	}
	w.mu.Unlock()
}

// fallAsleep is called by the thread before it sleeps; a negative wait is without end. It
// reports false where the inbox has tasks.
func (w *worker) fallAsleep(wait time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.inbox) > 0 {
		return false
	}
	now := w.now()
	w.owner, w.noAudio, w.wakesAt = ownerNone, w.withoutAudio(now), now+wait
	if wait < 0 {
		w.wakesAt = math.MaxInt64
	}
	return true
}

// awaken is called by the thread when it has slept.
func (w *worker) awaken() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.woken = true // no other goroutine becomes the owner first
	for w.owner == ownerCaller {
		w.returned.Wait()
	}
	w.owner = ownerThread
}

// withoutAudio reports whether no port sends or receives audio.
func (w *worker) withoutAudio(now time.Duration) bool {
	return now-max(w.audioAt, w.receivedAt) > busyPollTime
}
