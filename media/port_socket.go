package media

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// receiveBuffer bounds what the kernel queues for one socket, in bytes before its own
	// doubling: about 40 packets, 0.8 s.
	receiveBuffer = 16 << 10
	// expedited is the traffic class of voice (RFC 4594: DSCP EF).
	expedited = 46 << 2
)

// openSocket binds a non-blocking UDP socket. One of IPv6 takes no IPv4.
func openSocket(ip netip.Addr, port uint16) (fd int, err error) {
	family := unix.AF_INET
	if ip.Is6() {
		family = unix.AF_INET6
	}
	fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open socket for %s: %w", ip, err)
	}
	if err = bindSocket(fd, netip.AddrPortFrom(ip, port)); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func bindSocket(fd int, at netip.AddrPort) error {
	err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	level, class := unix.IPPROTO_IP, unix.IP_TOS
	var name unix.Sockaddr
	switch {
	case at.Addr().Is4():
		name = &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	case err == nil:
		level, class = unix.IPPROTO_IPV6, unix.IPV6_TCLASS
		name = &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if err == nil {
		err = unix.Bind(fd, name)
	}
	if err != nil {
		return fmt.Errorf("bind %s: %w", at, err)
	}
	_ = unix.SetsockoptInt(fd, level, class, expedited) // best effort
	return nil
}

// endpoint is an address in the kernel's form, of either IP version: both structures begin
// with family and port.
type endpoint struct {
	family uint16
	port   [2]byte
	v4     [4]byte // of IPv6: flow information, which is not used
	v6     [16]byte
	scope  uint32
}

const endpointSize = uint32(unsafe.Sizeof(endpoint{}))

func toEndpoint(a netip.AddrPort) endpoint {
	e := endpoint{family: unix.AF_INET}
	if a.Addr().Is4() {
		e.v4 = a.Addr().As4()
	} else {
		e.family, e.v6 = unix.AF_INET6, a.Addr().As16()
	}
	binary.BigEndian.PutUint16(e.port[:], a.Port())
	return e
}

func (e *endpoint) addrPort() netip.AddrPort {
	port := binary.BigEndian.Uint16(e.port[:])
	if e.family == unix.AF_INET6 {
		return netip.AddrPortFrom(netip.AddrFrom16(e.v6), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom4(e.v4), port)
}

// same reports whether two endpoints are one.
func (e *endpoint) same(o *endpoint) bool {
	if e.port != o.port || e.family != o.family {
		return false
	}
	if e.family == unix.AF_INET6 {
		return e.v6 == o.v6
	}
	return e.v4 == o.v4
}

// sendTo sends one datagram. It never blocks, so that the scheduler need not know of it.
func sendTo(fd int, b []byte, to *endpoint) unix.Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL,
		uintptr(unsafe.Pointer(to)), uintptr(endpointSize))
	return errno
}

// receiveFrom receives one datagram into b and returns its length, more than len(b) if it
// was truncated. size must be on the heap, like from.
func receiveFrom(fd int, b []byte, from *endpoint, size *uint32) (n int, errno unix.Errno) {
	*size = endpointSize
	r, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_TRUNC,
		uintptr(unsafe.Pointer(from)), uintptr(unsafe.Pointer(size)))
	return int(r), errno
}
