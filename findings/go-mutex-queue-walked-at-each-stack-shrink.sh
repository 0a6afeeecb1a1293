#!/usr/bin/env bash
# Since Go 1.26 a garbage collection takes time in the square of the goroutines that wait for one mutex.
#
# Go 1.27.0 (and 1.26.8), runtime: a goroutine that waits for a sync.Mutex has its place in the
# queue of that mutex on the list of what it waits for. The collector shrinks the stack of a
# goroutine that uses less than a quarter of it, and then walks that list to its end, which is
# the rest of the queue. A collection while 20,000 goroutines that once had a deep stack wait
# for one mutex takes seconds; while they wait for one channel, milliseconds. Go 1.25.5 takes
# as long for the one as for the other.
#
# Output seen, on two busy cores:
# "go1.25.5: 20000 goroutines, one channel 756 ms, one mutex 1089 ms, 1 times as long"
# "go1.27.0: 20000 goroutines, one channel 198 ms, one mutex 6407 ms, 32 times as long"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

// deep makes the stack of its goroutine grow to 16 kB and more.
//
//go:noinline
func deep(n int) byte {
	var frame [1024]byte
	frame[n] = byte(n)
	if n == 0 {
		return frame[0]
	}
	return deep(n-1) + frame[n]
}

// collect has n goroutines wait by wait, and returns how long a collection takes then.
func collect(n int, wait func()) time.Duration {
	runtime.GC()
	var deepened sync.WaitGroup
	for range n {
		deepened.Add(1)
		go func() {
			deep(15)
			deepened.Done()
			wait()
		}()
	}
	deepened.Wait()
	time.Sleep(time.Second) // all of them wait
	began := time.Now()
	runtime.GC()
	return time.Since(began)
}

func main() {
	const n = 20000
	byChannel, byMutex := time.Hour, time.Hour
	for range 3 { // the shortest of three, as the machine may be busy
		channel := make(chan struct{})
		byChannel = min(byChannel, collect(n, func() { <-channel }))
		close(channel)
		var mu sync.Mutex
		mu.Lock()
		byMutex = min(byMutex, collect(n, func() { mu.Lock(); mu.Unlock() }))
		mu.Unlock()
	}
	fmt.Printf("%s: %d goroutines, one channel %d ms, one mutex %d ms, %d times as long\n", runtime.Version(), n, byChannel.Milliseconds(), byMutex.Milliseconds(), byMutex/byChannel)
	if quadratic := byMutex > 10*byChannel; quadratic != (os.Args[1] == "quadratic") {
		fmt.Println("the behaviour has changed")
		os.Exit(1)
	}
}
GO
cat > go.mod <<'GO'
module finding

go 1.25
GO
GOTOOLCHAIN=go1.25.5 go run . linear
GOTOOLCHAIN=go1.27.0 go run . quadratic
