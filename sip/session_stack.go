package sip

import "runtime"

// reserveStack has the stack of a goroutine grow once to what a session needs. It would
// double three times otherwise, and be copied each time.
//
//go:noinline
func reserveStack() {
	var frame [6 << 10]byte
	runtime.KeepAlive(&frame)
}
