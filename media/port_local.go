package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
)

// Errors of Port.CheckRemote.
var (
	// ErrLocalAddress: the address is a socket of this process, which would receive its own
	// audio.
	ErrLocalAddress = errors.New("is an address of this server itself")
	// ErrNotUnicast: the address is of many hosts, or of none.
	ErrNotUnicast = errors.New("is no address of a single host")
	// ErrLinkLocal: SDP has no way to say on which link an IPv6 address is.
	ErrLinkLocal = errors.New("is an IPv6 address of a link, and SDP does not say of which")
)

// localSockets are the addresses of this process. Any goroutine may use it.
type localSockets struct {
	addrs      [ipVersions]localAddr
	extra      []netip.AddrPort            // no RTP ports, such as the SIP socket
	ports      [1 << 16 / 64]atomic.Uint64 // bit n: RTP port n is open, or lingers
	interfaces atomic.Pointer[interfaceAddresses]
	reading    atomic.Bool  // the interfaces
	run        func(func()) // in the background
}

// interfacesMaxAge is how old the list of interfaces may be when an address is checked: then
// the next check has a newer one, as it has once a port was opened.
const interfacesMaxAge = 2 * time.Second

// interfaceAddresses are those of this machine. Immutable.
type interfaceAddresses struct {
	readAt                time.Time
	addresses, broadcasts map[netip.Addr]bool
}

func (o *localSockets) add(port uint16)    { o.ports[port/64].Or(1 << (port % 64)) }
func (o *localSockets) remove(port uint16) { o.ports[port/64].And(^(uint64(1) << (port % 64))) }

// contains reports whether a socket of the process receives packets to the address.
func (o *localSockets) contains(a netip.AddrPort) bool {
	own := &o.addrs[versionOf(a.Addr())]
	if p := a.Port(); o.ports[p/64].Load()&(1<<(p%64)) != 0 && own.bind.IsValid() && (a.Addr() == own.advertise || o.receives(own.bind, a.Addr())) {
		return true
	}
	return slices.ContainsFunc(o.extra, func(other netip.AddrPort) bool {
		return a.Port() == other.Port() && o.receives(other.Addr().Unmap(), a.Addr())
	})
}

// receives reports whether a socket bound to one address receives packets to another.
func (o *localSockets) receives(bind, to netip.Addr) bool {
	if !bind.IsUnspecified() {
		return bind == to
	}
	return to.IsLoopback() || o.interfaces.Load().addresses[to]
}

// refresh reads the interfaces of the machine.
func (o *localSockets) refresh() {
	m := &interfaceAddresses{readAt: time.Now(), addresses: map[netip.Addr]bool{}, broadcasts: map[netip.Addr]bool{}}
	interfaces, _ := net.InterfaceAddrs() // without them, only loopback is known
	for _, i := range interfaces {
		network, err := netip.ParsePrefix(i.String())
		if err != nil {
			continue
		}
		ip := network.Addr()
		m.addresses[ip] = true
		if ip.Is4() && network.Bits() < 31 {
			last := ip.As4()
			binary.BigEndian.PutUint32(last[:], binary.BigEndian.Uint32(last[:])|^uint32(0)>>network.Bits())
			m.broadcasts[netip.AddrFrom4(last)] = true
		}
	}
	o.interfaces.Store(m)
}

// refreshOld has an old list of interfaces read again, which may take milliseconds.
func (o *localSockets) refreshOld() {
	if time.Since(o.interfaces.Load().readAt) <= interfacesMaxAge || !o.reading.CompareAndSwap(false, true) {
		return
	}
	o.run(func() {
		defer o.reading.Store(false)
		o.refresh()
	})
}

// check is Port.CheckRemote. It waits for nothing while the plane is open.
func (o *localSockets) check(remote netip.AddrPort) error {
	remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	o.refreshOld()
	addr := remote.Addr()
	switch {
	case addr.IsMulticast(), addr == limitedBroadcast, o.interfaces.Load().broadcasts[addr]:
		return fmt.Errorf("%s %w", addr, ErrNotUnicast)
	case addr.Is6() && addr.IsLinkLocalUnicast():
		return fmt.Errorf("%s %w", addr, ErrLinkLocal)
	case o.contains(remote):
		return fmt.Errorf("%s %w", remote, ErrLocalAddress)
	}
	return nil
}

var limitedBroadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})
