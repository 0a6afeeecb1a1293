package call

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A far end that names a host again and again is looked up for once, whatever came
// of it, and one that names many is not looked up for any more.
func TestHostsOfALegAreLookedUpOnce(t *testing.T) {
	h := new(hostResolver)
	for range 2 {
		if addr, err := h.resolve("localhost", false); err != nil || !addr.IsLoopback() {
			t.Errorf("localhost: %v, %v", addr, err)
		}
	}
	if _, err := h.resolve("nobody.invalid", false); err == nil {
		t.Error("nobody.invalid has an address")
	}
	began := time.Now()
	for range 1000 {
		if _, err := h.resolve("nobody.invalid", false); err == nil || !strings.Contains(err.Error(), "before") {
			t.Fatalf("again: %v", err)
		}
	}
	if took := time.Since(began); took > resolveLimit {
		t.Errorf("a thousand times more took %v", took)
	}
	var err error
	for i := range maxHosts {
		_, err = h.resolve(fmt.Sprintf("host-%d.invalid", i), false)
	}
	if err == nil || !strings.Contains(err.Error(), "4 other hosts") {
		t.Errorf("one host more: %v", err)
	}
}
