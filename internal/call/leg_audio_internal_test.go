package call

import (
	"net/netip"
	"testing"

	"ringflow/media"
	"ringflow/sip"
)

// The trace of a leg has the address that was offered, before anything is agreed on.
func TestTraceHasTheOfferedAddress(t *testing.T) {
	plane, err := media.NewPlane(media.PlaneConfig{Bind: netip.MustParseAddr("127.0.0.1"), Bind6: netip.IPv6Loopback(), PortMin: 47000, PortMax: 47999, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plane.Close() }()
	port, err := plane.Open()
	if err != nil {
		t.Fatal(err)
	}
	l := &Leg{trunk: &Trunk{}, port: port}
	for _, to := range []string{"::1", "127.0.0.1"} {
		l.offer(sip.OfferFor{To: netip.MustParseAddr(to)})
		if at := l.rtp().Local; at != port.LocalAddrFor(netip.MustParseAddr(to)) || at.Addr().String() != to {
			t.Errorf("offered to %s, the trace has %s", to, at)
		}
	}
}
