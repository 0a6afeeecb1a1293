package kernel

import (
	"syscall"
	"time"
	"unsafe"
)

const (
	clockMonotonic = 1
	clockThreadCPU = 3
	timerAbsolute  = 1
)

// Monotonic is the clock that SleepUntil goes by, in nanoseconds.
func Monotonic() int64 {
	return readClock(clockMonotonic)
}

// ThreadCPU is what the calling thread has used, user and system. The
// goroutine must be locked to its thread.
func ThreadCPU() time.Duration {
	return time.Duration(readClock(clockThreadCPU))
}

func readClock(id uintptr) int64 {
	var t syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, id, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

// SleepUntil blocks the thread until the Monotonic deadline; it returns at
// once for one that has passed.
func SleepUntil(deadline int64) {
	t := syscall.NsecToTimespec(deadline)
	for {
		_, _, errno := syscall.Syscall6(syscall.SYS_CLOCK_NANOSLEEP, clockMonotonic, timerAbsolute,
			uintptr(unsafe.Pointer(&t)), 0, 0, 0)
		if errno != syscall.EINTR {
			return
		}
	}
}

// Yield lowers (positive) or restores (0) the calling thread's share of the
// processor. The goroutine must be locked to its thread. Raising it needs
// privilege; without it the thread keeps what it has.
func Yield(nice int) {
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), nice)
}

// YieldProcess does the same for every thread that the process has now.
func YieldProcess(nice int) {
	for _, tid := range threads() {
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, tid, nice)
	}
}
