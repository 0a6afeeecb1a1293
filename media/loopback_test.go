package media

import (
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
)

// loopbacks holds the loopback address of each test, by its name.
var loopbacks struct {
	sync.Mutex
	of map[string]netip.Addr
}

// LoopbackOf is the loopback address of a test and its subtests, which no other test has: tests
// run side by side, and none hears what another's port or far end sends.
func LoopbackOf(t testing.TB) netip.Addr {
	name, _, _ := strings.Cut(t.Name(), "/")
	loopbacks.Lock()
	defer loopbacks.Unlock()
	at, known := loopbacks.of[name]
	if !known {
		if loopbacks.of == nil {
			loopbacks.of = map[string]netip.Addr{}
		}
		n := len(loopbacks.of)
		at = netip.AddrFrom4([4]byte{127, byte(2 + os.Getpid()%250), byte(n / 250), byte(1 + n%250)})
		loopbacks.of[name] = at
	}
	return at
}
