package store

import "modernc.org/libc"

// retainedMemory is one allocation of each size class of SQLite's allocator. The allocator
// unmaps a page of a class with the last allocation there, and maps another for the next:
// without these, several times a commit.
type retainedMemory []uintptr

// largestClass is the largest allocation that shares a page with others.
const largestClass = 16 << 10

func retainMemory() (m retainedMemory) {
	tls := libc.NewTLS()
	defer tls.Close()
	for size := libc.Tsize_t(16); size <= largestClass; size *= 2 {
		m = append(m, libc.Xmalloc(tls, size))
	}
	return m
}

func (m retainedMemory) release() {
	tls := libc.NewTLS()
	defer tls.Close()
	for _, p := range m {
		libc.Xfree(tls, p)
	}
}
