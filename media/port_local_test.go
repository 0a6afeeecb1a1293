package media

import (
	"errors"
	"net/netip"
	"testing"

	"ringflow/media/sdp"
)

func localPlane(t *testing.T, bind, advertise string) *Plane {
	t.Helper()
	c := PlaneConfig{
		PortMin: 42710, PortMax: 42730, Workers: 1,
		LocalSockets: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:5060"), netip.MustParseAddrPort("0.0.0.0:8080"), netip.MustParseAddrPort("192.0.2.10:5060"),
			netip.MustParseAddrPort("[::1]:5061"), netip.MustParseAddrPort("[::]:8081")},
	}
	if at := netip.MustParseAddr(bind); at.Is6() {
		c.Bind6, c.Advertise6 = at, netip.MustParseAddr(advertise)
	} else {
		c.Bind, c.Advertise = at, netip.MustParseAddr(advertise)
	}
	p, err := NewPlane(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestCheckRemote(t *testing.T) {
	for _, c := range []struct {
		bind, remote string
		want         error
	}{
		{"127.0.0.1", "127.0.0.1:OPEN", ErrLocalAddress},
		{"127.0.0.1", "192.0.2.10:OPEN", ErrLocalAddress}, // what we tell far ends to send to
		{"127.0.0.1", "[::ffff:127.0.0.1]:OPEN", ErrLocalAddress},
		{"127.0.0.1", "127.0.0.2:OPEN", nil},  // another program's
		{"127.0.0.1", "127.0.0.1:42730", nil}, // nobody's now
		{"0.0.0.0", "127.0.0.1:OPEN", ErrLocalAddress},
		{"0.0.0.0", "127.9.9.9:OPEN", ErrLocalAddress},
		{"0.0.0.0", "198.51.100.1:OPEN", nil},
		{"127.0.0.1", "127.0.0.1:5060", ErrLocalAddress},
		{"127.0.0.1", "192.0.2.10:5060", ErrLocalAddress},
		{"127.0.0.1", "127.0.0.3:5060", nil},
		{"127.0.0.1", "127.0.0.3:8080", ErrLocalAddress},
		{"127.0.0.1", "224.0.0.1:4000", ErrNotUnicast},
		{"127.0.0.1", "239.255.255.250:4000", ErrNotUnicast},
		{"127.0.0.1", "255.255.255.255:4000", ErrNotUnicast},
		{"127.0.0.1", "127.255.255.255:4000", ErrNotUnicast}, // of lo's own net
		{"127.0.0.1", "[ff02::1]:4000", ErrNotUnicast},
		{"127.0.0.1", "198.51.100.255:4000", nil}, // a host, as far as anybody here knows
		{"127.0.0.1", "0.0.0.0:4000", nil},        // a hold
		{"::1", "[::1]:OPEN", ErrLocalAddress},
		{"::1", "[2001:db8::10]:OPEN", ErrLocalAddress},
		{"::1", "127.0.0.1:OPEN", nil}, // IPv6 alone
		{"127.0.0.1", "[::1]:OPEN", nil},
		{"::", "[::1]:OPEN", ErrLocalAddress},
		{"::", "127.0.0.1:OPEN", nil},
		{"::", "[2001:db8::11]:OPEN", nil},
		{"::1", "[::1]:5061", ErrLocalAddress},
		{"::1", "[::1]:8081", ErrLocalAddress},
		{"::1", "127.0.0.1:8081", ErrLocalAddress}, // [::] takes IPv4 too
		{"::1", "[ff02::1]:4000", ErrNotUnicast},
		{"::1", "[ff0e::7]:4000", ErrNotUnicast},
		{"::1", "[fe80::1]:4000", ErrLinkLocal},
		{"::1", "[::]:4000", nil}, // a hold
		{"::1", "[fd00::99]:4000", nil},
	} {
		advertise := "192.0.2.10"
		if netip.MustParseAddr(c.bind).Is6() {
			advertise = "2001:db8::10"
		}
		plane := localPlane(t, c.bind, advertise)
		port, err := plane.Open()
		if err != nil {
			t.Fatal(err)
		}
		remote := replaceOpen(c.remote, port.LocalAddr().Port())
		if err := port.CheckRemote(remote); !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("bound to %s: %s: %v, want %v", c.bind, remote, err, c.want)
		}
		_ = plane.Close()
	}
}

func replaceOpen(s string, port uint16) netip.AddrPort {
	const open = ":OPEN"
	if n := len(s) - len(open); s[n:] == open {
		return netip.AddrPortFrom(netip.MustParseAddr(trimBrackets(s[:n])), port)
	}
	return netip.MustParseAddrPort(s)
}

func trimBrackets(s string) string {
	if s[0] == '[' {
		return s[1 : len(s)-1]
	}
	return s
}

// A port that rests after a call still belongs to the plane; one that rested is
// anybody's.
func TestLingeringPortsAreLocal(t *testing.T) {
	plane := localPlane(t, "127.0.0.1", "127.0.0.1")
	a, errA := plane.Open()
	b, errB := plane.Open()
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	addr := a.LocalAddr()
	a.Close()
	if err := b.CheckRemote(addr); !errors.Is(err, ErrLocalAddress) {
		t.Errorf("a resting port: %v", err)
	}
	plane.mu.Lock()
	for i := range plane.lingering {
		plane.lingering[i].until = plane.lingering[i].until.Add(-lingerTime)
	}
	plane.mu.Unlock()
	plane.releaseLingering()
	if err := b.CheckRemote(addr); err != nil {
		t.Errorf("a port that has rested: %v", err)
	}
}

// TestLocalPortsAreNeverLearned: a leg that sends to another leg's port does not
// become its far end.
func TestLocalPortsAreNeverLearned(t *testing.T) {
	t.Parallel()
	plane := localPlane(t, "127.0.0.1", "127.0.0.1")
	a, errA := plane.Open()
	b, errB := plane.Open()
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	codec := sdp.Codec{Name: sdp.PCMU, Rate: 8000}
	b.Negotiate(sdp.Negotiated{Remote: netip.MustParseAddrPort("127.0.0.1:9"), Codec: codec, Direction: sdp.RecvOnly}, Sources{Policy: SourceAny})
	a.Negotiate(sdp.Negotiated{Remote: b.LocalAddr(), Codec: codec, Direction: sdp.SendRecv}, Sources{})
	<-a.Play(NewPrompt(make([]int16, 8000))).Done()
	if s := b.Stats(); s.Received != 0 || s.Refused < 50 || s.RefusedFrom != a.LocalAddr() {
		t.Errorf("%+v", s)
	}
}
