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
	// pollInterval is the least time between two polls of the sockets: under load packets
	// are read in batches, a quarter of a millisecond late at most.
	pollInterval = 250 * time.Microsecond
	// batch is how many sockets are read between two readings of the clock.
	batch = 64
	// audioPriority is the nice value of a worker's thread that may not run in real time.
	audioPriority = -10
	// datagram is the longest packet that is read whole.
	datagram = 2048
)

// worker is one thread that owns some ports of a plane: it alone sends, receives and
// relays their packets, so that no packet takes a lock. It sleeps until a slot is due, a
// packet arrives or a task is posted. All fields but those of the inbox belong to the thread
// of run, and to a goroutine that runs tasks while it sleeps (plane_worker_inbox.go).
type worker struct {
	epoch  time.Time
	epoll  int
	wakeFD int // eventfd that ends the sleep

	mu       sync.Mutex // guards the inbox
	inbox    []func()
	owner    owner
	returned sync.Cond     // of mu: the owner is ownerCaller no more
	wakesAt  time.Duration // while the thread sleeps: when it wakes by itself
	noAudio  bool          // while the thread sleeps: no port sends or receives audio
	woken    bool          // the thread is awake or about to be, and runs what is in the inbox
	closed   bool
	done     chan struct{}  // closed when run has returned
	wakers   sync.WaitGroup // goroutines that write wakeFD; added to under mu, before run returns

	tasks      []func() // the inbox that is being run
	clock      clock
	slots      slots
	byFD       []*Port
	polledAt   time.Duration // when packets were read last
	activeAt   time.Duration // when there were packets or tasks
	audioAt    time.Duration // when a port sent audio last, single packets of silence aside
	receivedAt time.Duration // when a port received a packet last
	counters   PlaneStats
	noPwait2   bool // the kernel has no epoll_pwait2
	stopping   bool

	// Arguments of system calls, allocated once.
	events    [batch]unix.EpollEvent
	buffer    [datagram]byte
	frame     [datagram]byte
	opened    [datagram]byte // the decrypted packet
	sealed    [datagram + srtpOverhead]byte
	pcm       [2 * datagram]int16
	from      endpoint
	fromSize  uint32
	timeout   unix.Timespec
	pauseTime unix.Timespec
}

// newWorker starts a worker. Its owner ends it with close.
func newWorker(epoch time.Time) (*worker, error) {
	w := &worker{epoch: epoch, done: make(chan struct{})}
	w.returned.L = &w.mu
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
	AddProcs(1)
	go w.run()
	return w, nil
}

// close ends the thread behind the tasks posted so far, and waits for it. The ports of
// the worker are closed before.
func (w *worker) close() {
	w.post(func() { w.stopping = true })
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	<-w.done
	AddProcs(-1)
	w.wakers.Wait()
	_ = unix.Close(w.wakeFD)
	_ = unix.Close(w.epoll)
}

// now is the time since the epoch.
func (w *worker) now() time.Duration { return time.Since(w.epoch) }

func (w *worker) run() {
	runtime.LockOSThread() // never unlocked: the thread ends with run, and its settings with it
	defer close(w.done)
	// The kernel's default timer slack would add 50 µs to each sleep.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	raisePriority()
	for {
		w.serve()
		if w.runTasks(); w.stopping {
			break // its wake-up has been read: poll would wait for another
		}
		w.poll(w.pause())
	}
}

// raisePriority schedules this thread before others, where the system allows it.
func raisePriority() {
	realTime := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1}
	if unix.SchedSetAttr(0, &realTime, 0) != nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, audioPriority)
	}
}

// pause sleeps until the sockets may be polled again, and returns how long that poll may
// wait; negative is without end.
func (w *worker) pause() (wait time.Duration) {
	now := w.now()
	due, any := w.slots.nextUsed(w.clock.next)
	until := wakesFor(due, w.withoutAudio(now))
	if pause := w.polledAt + pollInterval - now; pause > 0 {
		if any {
			pause = min(pause, until-now)
		}
		if pause > 0 {
			w.pauseTime = unix.NsecToTimespec(int64(pause))
			_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&w.pauseTime)), 0, 0) // a signal may end it early
			now = w.now()
		}
	}
	if !any {
		return -1
	}
	return max(0, until-now)
}

// wakesFor is when the thread wakes for a slot that is due at a tick. While no port has audio
// the slots of a cycle are served together: what they send is late by less than a cycle, and
// is silence that nobody plays out.
func wakesFor(due int64, noAudio bool) time.Duration {
	if noAudio {
		due = (due + cycle - 1) / cycle * cycle
	}
	return time.Duration(due) * tick
}

// poll waits for packets and tasks and reads one packet of each ready socket, of a batch
// of sockets at most. It does not wait where a task has been posted.
func (w *worker) poll(wait time.Duration) {
	wait, call := w.sleep(wait)
	asleep := wait != 0 && w.fallAsleep(wait)
	if !asleep {
		wait = 0
	}
	n, err := w.epollWait(wait, call)
	if asleep {
		w.awaken()
	}
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		w.noPwait2 = true
		return
	}
	now := w.now()
	if n > 0 {
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
			w.byFD[fd].receive(w, fd, now)
			w.polledAt, w.receivedAt = now, now
		}
	}
	if n == batch {
		w.polledAt = 0 // more sockets are ready: poll again at once
	}
}

// sleep returns for how long to wait, and by which call.
//
// unix.Syscall6 tells Go's scheduler that the thread blocks: sysmon then wakes every 20 µs
// to retake the thread's P, and the thread waits for a P when the call returns, a sixth of
// a call's price. RawSyscall6 does not: the thread keeps its P while it sleeps. AddProcs
// adds a P for each worker, so that the other goroutines keep theirs. sysmon, every 10 ms,
// and a GC stop-the-world preempt the thread by a signal, which ends the call early.
// Syscall6 is used where few ports send audio, which that preemption could delay, and for
// a sleep without end. Where ports come and go without audio, the thread wakes once a cycle
// whatever is due, so that nobody who negotiates a port has to wake it.
func (w *worker) sleep(wait time.Duration) (time.Duration, syscall6) {
	now := w.now()
	switch {
	case wait < 0:
		if now-w.activeAt >= busyPollTime {
			return -1, unix.Syscall6
		}
		wait = wakesFor(int64(now/tick)+1, true) - now
	case wait > tick && now-w.audioAt < busyPollTime:
		return wait, unix.Syscall6
	}
	return wait, unix.RawSyscall6
}

// busyPollTime is how long a worker without packets and tasks keeps its P, and wakes once a cycle.
const busyPollTime = 100 * time.Millisecond

// epollWait is epoll_pwait2 (Linux 5.11), or epoll_wait, with a clock of whole milliseconds,
// where the kernel lacks it. A negative wait is without end.
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

// watch adds a descriptor to the epoll set.
func (w *worker) watch(fd int) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if err := unix.EpollCtl(w.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		return fmt.Errorf("watch socket: %w", err)
	}
	return nil
}

// watchPort adds the sockets of a port to the epoll set.
func (w *worker) watchPort(p *Port) error {
	for _, fd := range p.sockets {
		if fd < 0 {
			continue
		}
		if err := w.watch(fd); err != nil {
			w.unwatchPort(p)
			return err
		}
	}
	return nil
}

// unwatchPort removes the sockets of a port from the epoll set.
func (w *worker) unwatchPort(p *Port) {
	for _, fd := range p.sockets {
		if fd >= 0 {
			_ = unix.EpollCtl(w.epoll, unix.EPOLL_CTL_DEL, fd, nil) // an error says that it is not there
		}
	}
}

// addPort makes the worker the owner of a port whose sockets it watches.
func (w *worker) addPort(p *Port) {
	for _, fd := range p.sockets {
		if fd < 0 {
			continue
		}
		for len(w.byFD) <= fd {
			w.byFD = append(w.byFD, nil)
		}
		w.byFD[fd] = p
	}
	w.counters.Open++
	if p.negotiated {
		w.slots.add(p, int64(w.now()/tick), p.pacer.period)
	}
	w.audioFollows(p)
}

// audioFollows has the thread wake for the slot of a port that sends audio there without having
// begun it now.
func (w *worker) audioFollows(p *Port) {
	if p.maySend && (p.digitSender.pending() || p.playback != nil) {
		w.audioAt = w.now()
	}
}

// removePort ends the worker's ownership of a port.
func (w *worker) removePort(p *Port) {
	w.slots.remove(p)
	for _, fd := range p.sockets {
		if fd >= 0 {
			w.byFD[fd] = nil
		}
	}
	w.counters.Open--
	w.unwatchPort(p)
}

// syscall6 is unix.Syscall6 or unix.RawSyscall6.
type syscall6 func(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2 uintptr, err unix.Errno)

// procsMu is held while GOMAXPROCS is read and set.
var procsMu sync.Mutex

// AddProcs adds n to GOMAXPROCS. Each worker has a P of its own beside those that there were.
// Any goroutine may call it.
func AddProcs(n int) {
	procsMu.Lock()
	defer procsMu.Unlock()
	runtime.GOMAXPROCS(max(1, runtime.GOMAXPROCS(0)+n))
}
