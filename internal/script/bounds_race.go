//go:build race

package script

import "golang.org/x/sys/unix"

// A program with the race detector in it, which only tests run, takes more
// memory for itself than a function may have, and more time.
const (
	childData = unix.RLIM_INFINITY
	childCPU  = 10
)
