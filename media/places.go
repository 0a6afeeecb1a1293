package media

import (
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

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
