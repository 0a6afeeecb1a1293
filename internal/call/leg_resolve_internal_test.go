package call

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"ringflow/media/sdp"
)

// A far end that names a host again and again is looked up for once, whatever came
// of it, and one that names many is not looked up for any more.
func TestHostsOfALegAreLookedUpOnce(t *testing.T) {
	var h hostResolver
	local, unresolvable := sdp.Host{Name: "localhost"}, sdp.Host{Name: "nobody.invalid"}
	for range 2 {
		h.add(lookUp(h.unknown([]sdp.Host{local, unresolvable})))
		if addr, err := h.resolve(local); err != nil || !addr.IsLoopback() {
			t.Errorf("localhost: %v, %v", addr, err)
		}
		if _, err := h.resolve(unresolvable); err == nil || !strings.Contains(err.Error(), "nobody.invalid") {
			t.Errorf("nobody.invalid: %v", err)
		}
		if again := h.unknown([]sdp.Host{unresolvable, local}); len(again) > 0 {
			t.Errorf("%v are to be looked up again", again)
		}
	}
	var many []sdp.Host
	for i := range maxHosts {
		many = append(many, sdp.Host{Name: fmt.Sprintf("host-%d.invalid", i)})
	}
	looked := h.unknown(many)
	if len(looked) != maxHosts-2 {
		t.Errorf("%d more are to be looked up, want %d", len(looked), maxHosts-2)
	}
	found := map[sdp.Host]netip.Addr{}
	for _, host := range looked {
		found[host] = netip.Addr{}
	}
	h.add(found)
	if _, err := h.resolve(many[maxHosts-1]); err == nil || !strings.Contains(err.Error(), "has named 4 others") {
		t.Errorf("one host more: %v", err)
	}
}
