package store

import (
	"unsafe"

	"modernc.org/libc"
)

// allocate returns memory of C for a T, of zeros.
func allocate[T any](tls *libc.TLS) uintptr {
	var t T
	return libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(t)))
}

// cString returns a string of C in memory of its own.
func cString(tls *libc.TLS, s string) uintptr {
	p := libc.Xcalloc(tls, 1, libc.Tsize_t(len(s)+1))
	copy(unsafe.Slice(pointer[byte](p), len(s)), s)
	return p
}

// pointer is the address of a T of C as one of Go.
func pointer[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// cFunction is a function of Go as C refers to it, which the caller keeps for as long.
func cFunction[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// goFunction is a function of C as Go calls it.
func goFunction[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) }
