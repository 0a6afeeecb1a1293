// Package kernel is the few Linux calls that measuring needs and that the
// standard library hides or slows: UDP sockets with the kernel's arrival
// stamps, absolute sleeping, and what a process or a thread has cost. It knows
// no protocol.
//
// Read socket.go, batch.go, clock.go, usage.go.
package kernel

import (
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"
)

// Socket is a non-blocking IPv4 UDP socket. Send and Receive may be used by one
// thread each at a time.
type Socket struct {
	fd    int
	local netip.AddrPort
}

// Destination is an address in the kernel's form, made once for many sends.
type Destination struct{ raw syscall.RawSockaddrInet4 }

// NewDestination converts an IPv4 address and port.
func NewDestination(to netip.AddrPort) Destination {
	var d Destination
	d.raw.Family = syscall.AF_INET
	d.raw.Port = networkOrder(to.Port())
	d.raw.Addr = to.Addr().Unmap().As4()
	return d
}

func networkOrder(port uint16) uint16 { return port<<8 | port>>8 }

// OpenSocket binds a socket whose received packets carry the kernel's arrival
// stamp (SO_TIMESTAMPNS, wall clock). The buffer is in bytes, 0 leaves the
// system's default.
func OpenSocket(at netip.AddrPort, buffer int) (*Socket, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	s := &Socket{fd: fd}
	if err := s.prepare(at, buffer); err != nil {
		syscall.Close(fd)
		return nil, err
	}
	return s, nil
}

func (s *Socket) prepare(at netip.AddrPort, buffer int) error {
	if err := syscall.SetsockoptInt(s.fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1); err != nil {
		return fmt.Errorf("ask for arrival stamps: %w", err)
	}
	if buffer > 0 {
		if err := syscall.SetsockoptInt(s.fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, buffer); err != nil {
			return fmt.Errorf("set receive buffer: %w", err)
		}
	}
	if err := syscall.Bind(s.fd, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().Unmap().As4()}); err != nil {
		return fmt.Errorf("bind %s: %w", at, err)
	}
	name, err := syscall.Getsockname(s.fd)
	if err != nil {
		return fmt.Errorf("read bound address: %w", err)
	}
	bound := name.(*syscall.SockaddrInet4)
	s.local = netip.AddrPortFrom(netip.AddrFrom4(bound.Addr), uint16(bound.Port))
	return nil
}

// Local is the bound address.
func (s *Socket) Local() netip.AddrPort { return s.local }

// Send writes one datagram with a plain sendto. A full buffer or an
// unreachable far end is an error that a real-time sender ignores.
func (s *Socket) Send(datagram []byte, to *Destination) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(s.fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(datagram))), uintptr(len(datagram)), syscall.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(&to.raw)), unsafe.Sizeof(to.raw))
	if errno != 0 {
		return errno
	}
	return nil
}

// Close frees the socket.
func (s *Socket) Close() error { return syscall.Close(s.fd) }
