package media

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// pollInterval is the least time between two looks at the sockets: under load
	// packets are taken in batches of what has arrived since, at the price of a
	// quarter of a millisecond; at ease each is taken as it comes.
	pollInterval = 250 * time.Microsecond
	// batch is how many sockets are read before the clock is looked at again.
	batch = 64
	// audioPriority is the nice value of a worker's thread, where it may not run in real time.
	audioPriority = -10
	// datagram is the longest packet that is read whole; sound is far shorter.
	datagram = 2048
)

// worker is one thread that owns some of the ports of a plane: it alone sends,
// receives and relays their packets, so nothing is locked per packet. It sleeps
// until a slot falls due, a packet arrives or somebody has an errand for it.
//
// All fields but the inbox belong to the thread of run.
type worker struct {
	epoch  time.Time
	epoll  int
	wakeFD int // eventfd that ends the sleep

	mu     sync.Mutex // guards the inbox
	inbox  []func()
	woken  bool // the bell has been rung for what lies in the inbox
	closed bool
	done   chan struct{}  // closed when run has returned
	wakers sync.WaitGroup // those who ring; joined under mu while not closed

	tasks    []func() // the inbox being worked off
	clock    clock
	slots    slots
	byFD     []*Port
	behind   time.Duration // how late the clock was when it was last served
	polledAt time.Duration // when packets were last taken
	activeAt time.Duration // when there were packets or errands
	audioAt  time.Duration // when a port last sent sound, not counting single packets of silence
	counters PlaneStats
	noPwait2 bool // the kernel has no epoll_pwait2
	stopping bool

	// Scratch for system calls, here so that it is on the heap once and for all.
	events    [batch]unix.EpollEvent
	buffer    [datagram]byte
	frame     [datagram]byte
	pcm       [2 * datagram]int16
	from      endpoint
	fromSize  uint32
	timeout   unix.Timespec
	pauseTime unix.Timespec
}

// newWorker starts a worker. Its owner ends it with close.
func newWorker(epoch time.Time) (*worker, error) {
	w := &worker{epoch: epoch, done: make(chan struct{})}
	var err error
	if w.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("create epoll: %w", err)
	}
	if w.wakeFD, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		_ = unix.Close(w.epoll)
		return nil, fmt.Errorf("create eventfd: %w", err)
	}
	if err = w.watch(w.wakeFD); err != nil {
		_ = unix.Close(w.wakeFD)
		_ = unix.Close(w.epoll)
		return nil, err
	}
	addProcs(1)
	go w.run()
	return w, nil
}

// post has the worker run an errand soon. It reports false if the worker has
// left. Errands run in the order in which they were posted.
func (w *worker) post(errand func()) bool {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return false
	}
	w.inbox = append(w.inbox, errand)
	ring := !w.woken
	if w.woken = true; ring {
		w.wakers.Add(1)
	}
	w.mu.Unlock()
	if ring { // without the lock, which the worker takes as soon as it wakes
		w.wake()
		w.wakers.Done()
	}
	return true
}

// postLazy has the worker run an errand when it next has something to do: to wake a
// thread costs more than most errands.
func (w *worker) postLazy(errand func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inbox = append(w.inbox, errand)
}

// do is post, waiting until the errand is done.
func (w *worker) do(errand func()) bool {
	done := make(chan struct{})
	if !w.post(func() { errand(); close(done) }) {
		return false
	}
	<-done
	return true
}

func (w *worker) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(w.wakeFD, one[:]) // full means that it has been rung already
}

// close ends the thread after the errands posted so far, and waits for it. Its
// ports must be closed before.
func (w *worker) close() {
	w.post(func() { w.stopping = true })
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	<-w.done
	addProcs(-1)
	w.wakers.Wait()
	_ = unix.Close(w.wakeFD)
	_ = unix.Close(w.epoll)
}

// now is the time since the epoch.
func (w *worker) now() time.Duration { return time.Since(w.epoch) }

func (w *worker) run() {
	runtime.LockOSThread() // for good: the thread ends with run, and what is set below with it
	defer close(w.done)
	// Let this thread's sleeps end when they should: the kernel's default would
	// add 50 µs to each.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	raisePriority()
	for {
		w.serve()
		if w.runTasks(); w.stopping {
			break // the bell that told so has been heard: look would wait for another
		}
		w.poll(w.pause())
	}
}

// raisePriority lets this thread go before other work, where the system allows it: a
// request can wait for some milliseconds, sound cannot.
func raisePriority() {
	realTime := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1}
	if unix.SchedSetAttr(0, &realTime, 0) != nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, audioPriority)
	}
}

// runTasks runs the errands that have come in.
func (w *worker) runTasks() {
	w.mu.Lock()
	w.tasks, w.inbox, w.woken = w.inbox, w.tasks[:0], false
	w.mu.Unlock()
	for i, errand := range w.tasks {
		errand()
		w.tasks[i] = nil
	}
}

// pause sleeps as long as the sockets may be left alone, and returns how long the
// look at them that follows may wait for a packet: negative is forever.
func (w *worker) pause() (wait time.Duration) {
	now := w.now()
	due, any := w.slots.nextUsed(w.clock.next)
	until := time.Duration(due) * tick
	if pause := w.polledAt + pollInterval - now; pause > 0 {
		if any {
			pause = min(pause, until-now)
		}
		if pause > 0 {
			w.pauseTime = unix.NsecToTimespec(int64(pause))
			_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&w.pauseTime)), 0, 0) // cut short by a signal it does no harm
			now = w.now()
		}
	}
	if !any {
		return -1
	}
	return max(0, until-now)
}

// poll waits for packets and errands and takes the packets that are there, up to
// one of each of a batch of sockets.
func (w *worker) poll(wait time.Duration) {
	n, err := w.waitForEvents(wait)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		w.noPwait2 = true
		return
	}
	now := w.now()
	if n > 0 { // an errand rings the bell
		w.activeAt = now
	}
	for i := range max(n, 0) {
		fd := int(w.events[i].Fd)
		if fd == w.wakeFD {
			var count [8]byte
			_, _ = unix.Read(fd, count[:])
			continue
		}
		if fd < len(w.byFD) && w.byFD[fd] != nil {
			w.byFD[fd].receive(w, now)
			w.polledAt = now
		}
	}
	if n == batch {
		w.polledAt = 0 // there is more: come back at once
	}
}

// waitForEvents is epoll_pwait2 (Linux 5.11), or epoll_wait where that is not to
// be had, at the price of a clock of whole milliseconds.
//
// Told of a sleep, the scheduler takes the thread's place away meanwhile, has a
// thread of its own wake every 20 µs to see whether to, and lets the thread wait for
// another place afterwards: a sixth of the price of a call. So it is not told, and a
// worker keeps its place, which is one more than the others have (see places.go);
// what the scheduler does then is take the place for a moment every 10 ms. Only
// where a few ports make sound, to which that moment could come amiss, or nothing is
// to be done at all, it is told.
func (w *worker) waitForEvents(wait time.Duration) (n int, err error) {
	now := w.now()
	switch {
	case wait < 0:
		if wait = w.activeAt + busyPollTime - now; wait <= 0 {
			return w.epollWait(-1, unix.Syscall6)
		}
	case wait > tick && now-w.audioAt < busyPollTime:
		return w.epollWait(wait, unix.Syscall6)
	}
	return w.epollWait(wait, unix.RawSyscall6)
}

// busyPollTime is how long a worker goes on as if there were more to do.
const busyPollTime = 100 * time.Millisecond

// epollWait is waitForEvents by the system call given; a negative wait is forever.
func (w *worker) epollWait(wait time.Duration, call syscall6) (n int, err error) {
	if w.noPwait2 {
		millis := -1
		if wait >= 0 {
			millis = int((wait + time.Millisecond - 1) / time.Millisecond)
		}
		return unix.EpollWait(w.epoll, w.events[:], millis)
	}
	timeout := unsafe.Pointer(nil)
	if wait >= 0 {
		w.timeout = unix.NsecToTimespec(int64(wait))
		timeout = unsafe.Pointer(&w.timeout)
	}
	r, _, errno := call(unix.SYS_EPOLL_PWAIT2, uintptr(w.epoll), uintptr(unsafe.Pointer(&w.events[0])),
		batch, uintptr(timeout), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(r), nil
}

// watch has epoll report the descriptor when there is something to read.
func (w *worker) watch(fd int) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if err := unix.EpollCtl(w.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		return fmt.Errorf("watch socket: %w", err)
	}
	return nil
}

// addPort makes the worker the owner of a port, whose socket it watches already.
func (w *worker) addPort(p *Port) {
	for len(w.byFD) <= p.fd {
		w.byFD = append(w.byFD, nil)
	}
	w.byFD[p.fd] = p
	w.counters.Open++
	if p.negotiated {
		w.slots.add(p, int64(w.now()/tick), p.pacer.period)
	}
}

// removePort ends the worker's ownership of a port.
func (w *worker) removePort(p *Port) {
	w.slots.remove(p)
	w.byFD[p.fd] = nil
	w.counters.Open--
	_ = unix.EpollCtl(w.epoll, unix.EPOLL_CTL_DEL, p.fd, nil)
}

// syscall6 is unix.Syscall6, which tells the scheduler that the thread may sleep,
// or unix.RawSyscall6, which does not.
type syscall6 func(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2 uintptr, err unix.Errno)

// procsMu is held while GOMAXPROCS, which can only be read and set, is added to.
var procsMu sync.Mutex

// addProcs lets n more goroutines, or fewer, run at a time: each worker has a
// place of its own, asleep or awake.
func addProcs(n int) {
	procsMu.Lock()
	defer procsMu.Unlock()
	runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)+n))
}
