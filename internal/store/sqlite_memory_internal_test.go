package store

import (
	"testing"

	"modernc.org/libc"
	"modernc.org/memory"
)

// The retained memory has an allocation of each size that shares a page, and no other.
func TestRetainedMemoryHasEachSizeClass(t *testing.T) {
	m := retainMemory()
	defer m.release()
	size := 16
	for _, p := range m {
		if got := memory.UintptrUsableSize(p); got != size {
			t.Errorf("an allocation of %d bytes has %d", size, got)
		}
		size *= 2
	}
	tls := libc.NewTLS()
	defer tls.Close()
	beyond := libc.Xmalloc(tls, largestClass+1)
	defer libc.Xfree(tls, beyond)
	if memory.UintptrUsableSize(beyond) == 2*largestClass {
		t.Errorf("an allocation above %d bytes shares a page", largestClass)
	}
}
