//go:build race

package script

import "golang.org/x/sys/unix"

// A program with the race detector in it, which only tests run, takes more
// memory for itself than a function may have, and more time.
var ownBounds = bounds{data: unix.RLIM_INFINITY, cpu: 10}

// The race detector waits a second for stragglers before a process may end,
// which every function would take longer.
var childEnv = []string{"GORACE=atexit_sleep_ms=0"}
