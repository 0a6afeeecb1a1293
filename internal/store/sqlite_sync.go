package store

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// asyncSync has the kernel write files to the disk (fdatasync) by its asynchronous I/O (Linux
// 4.18), so that the caller waits for the disk as for a network. A goroutine in fsync keeps its
// P for up to ten milliseconds, and a process with one P stands still meanwhile. Any goroutine
// may use it.
type asyncSync struct {
	refused atomic.Bool // the kernel has refused a request: the next would be in vain

	mu   sync.Mutex // guards free
	free []*syncQueue
}

// syncQueue is a queue of the kernel's asynchronous I/O that holds one request.
type syncQueue struct {
	context uintptr
	ended   *os.File // eventfd: readable once the request has ended
}

// asyncRequest is struct iocb of linux/aio_abi.h, of whose members a sync needs these.
type asyncRequest struct {
	_              [2]uint64
	operation      uint16
	_              int16
	fd             uint32
	_              [4]uint64
	flags, eventFD uint32
}

// asyncResult is struct io_event of linux/aio_abi.h.
type asyncResult struct {
	_      [2]uint64
	result int64
	_      int64
}

const (
	asyncFdatasync   = 3 // IOCB_CMD_FDSYNC
	asyncWithEventFD = 1 // IOCB_FLAG_RESFD
)

// errNoAsyncSync: the kernel, the file system or seccomp allows no such request.
var errNoAsyncSync = errors.New("the kernel does not sync the file asynchronously")

// sync returns once all that was written to the file is on the disk. The error is
// errNoAsyncSync if it is not known to be there, and fsync is to be tried, or that of the disk.
func (s *asyncSync) sync(fd int32) error {
	if s.refused.Load() {
		return errNoAsyncSync
	}
	q, err := s.take()
	if err != nil {
		err = fmt.Errorf("%w: %w", errNoAsyncSync, err)
		s.note(err)
		return err
	}
	if err := q.sync(fd); err != nil {
		q.close()
		s.note(err)
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, q)
	return nil
}

// note keeps in mind that the kernel refuses every request; what it is short of for now it may
// have again.
func (s *asyncSync) note(err error) {
	short := slices.ContainsFunc([]error{unix.EAGAIN, unix.EMFILE, unix.ENFILE, unix.ENOMEM}, func(e error) bool { return errors.Is(err, e) })
	if errors.Is(err, errNoAsyncSync) && !short {
		s.refused.Store(true)
	}
}

// take returns a queue that is not in use, a new one if there is none.
func (s *asyncSync) take() (*syncQueue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		q := s.free[n-1]
		s.free = s.free[:n-1]
		return q, nil
	}
	return newSyncQueue()
}

func newSyncQueue() (*syncQueue, error) {
	q := &syncQueue{}
	if _, _, errno := unix.Syscall(unix.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&q.context)), 0); errno != 0 {
		return nil, errno
	}
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		q.close()
		return nil, err
	}
	q.ended = os.NewFile(uintptr(fd), "eventfd")
	return q, nil
}

// sync is asyncSync.sync. After an error the queue is used no more.
func (q *syncQueue) sync(fd int32) error {
	event, err := q.eventFD()
	if err != nil {
		return fmt.Errorf("%w: %w", errNoAsyncSync, err)
	}
	request := &asyncRequest{operation: asyncFdatasync, fd: uint32(fd), flags: asyncWithEventFD, eventFD: event}
	if _, _, errno := unix.Syscall(unix.SYS_IO_SUBMIT, q.context, 1, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return fmt.Errorf("%w: %w", errNoAsyncSync, errno)
	}
	var count [8]byte
	_, _ = q.ended.Read(count[:]) // what ends it early, the next call waits for
	var result asyncResult
	for {
		n, _, errno := unix.Syscall6(unix.SYS_IO_GETEVENTS, q.context, 1, 1, uintptr(unsafe.Pointer(&result)), 0, 0)
		switch {
		case errno == unix.EINTR || errno == 0 && n == 0:
		case errno != 0:
			return fmt.Errorf("%w: %w", errNoAsyncSync, errno) // seccomp may forbid this call alone
		case result.result < 0:
			return unix.Errno(-result.result)
		default:
			return nil
		}
	}
}

// eventFD is the descriptor of ended.
func (q *syncQueue) eventFD() (fd uint32, err error) {
	raw, err := q.ended.SyscallConn()
	if err == nil {
		err = raw.Control(func(n uintptr) { fd = uint32(n) })
	}
	return fd, err
}

func (q *syncQueue) close() {
	_, _, _ = unix.Syscall(unix.SYS_IO_DESTROY, q.context, 0, 0) // waits for a request that has not ended
	if q.ended != nil {
		_ = q.ended.Close() // nothing is lost with it
	}
}
