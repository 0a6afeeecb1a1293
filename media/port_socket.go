package media

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// receiveBuffer bounds what the kernel queues for one port, in bytes before its own
	// doubling: about 40 packets, 0.8 s.
	receiveBuffer = 16 << 10
	// expedited is the traffic class of voice (RFC 4594: DSCP EF).
	expedited = 46 << 2
)

// openSocket binds a non-blocking UDP socket.
func openSocket(ip netip.Addr, port uint16) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open socket: %w", err)
	}
	if err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer); err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: int(port), Addr: ip.As4()})
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("bind %s: %w", netip.AddrPortFrom(ip, port), err)
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, expedited) // best effort
	return fd, nil
}

// endpoint is an address in the kernel's form.
type endpoint = unix.RawSockaddrInet4

func toEndpoint(a netip.AddrPort) endpoint {
	e := endpoint{Family: unix.AF_INET, Addr: a.Addr().As4()}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&e.Port))[:], a.Port())
	return e
}

func fromEndpoint(e *endpoint) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&e.Port))[:])
	return netip.AddrPortFrom(netip.AddrFrom4(e.Addr), port)
}

// sendTo sends one datagram. It never blocks, so that the scheduler need not know of it.
func sendTo(fd int, b []byte, to *endpoint) unix.Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL,
		uintptr(unsafe.Pointer(to)), unix.SizeofSockaddrInet4)
	return errno
}

// receiveFrom receives one datagram into b and returns its length, more than len(b) if it
// was truncated. size must be on the heap, like from.
func receiveFrom(fd int, b []byte, from *endpoint, size *uint32) (n int, errno unix.Errno) {
	*size = unix.SizeofSockaddrInet4
	r, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_TRUNC,
		uintptr(unsafe.Pointer(from)), uintptr(unsafe.Pointer(size)))
	return int(r), errno
}
