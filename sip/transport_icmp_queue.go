package sip

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// icmpQueue reads the ICMP errors that answered what one UDP socket sent. An unconnected
// socket gets them on request alone (IP_RECVERR, ip(7)): the kernel then queues each, with
// the address that it is about and the head of the datagram, and has the next call on the
// socket fail, whichever that is. Such a failure says that there is an error in the queue,
// and nothing of the call itself. Without errors nothing of this costs anything.
//
// Its methods may be called by any number of goroutines.
type icmpQueue struct{ raw syscall.RawConn }

// newICMPQueue asks the kernel for the errors of a socket. It returns nil for a
// connection that is no UDP socket.
func newICMPQueue(conn PacketConn) (*icmpQueue, error) {
	u, ok := conn.(*net.UDPConn)
	if !ok {
		return nil, nil
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return nil, err
	}
	var v4, v6 error
	err = raw.Control(func(fd uintptr) {
		// A socket for both families needs both; one for IPv4 knows only the first.
		v4 = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVERR, 1)
		v6 = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
	})
	if err != nil || v4 != nil && v6 != nil {
		return nil, errors.Join(err, v4, v6)
	}
	return &icmpQueue{raw}, nil
}

func (q *icmpQueue) take() (found []icmpError) {
	if q == nil {
		return nil
	}
	quote, control := make([]byte, 1024), make([]byte, 512)
	_ = q.raw.Control(func(fd uintptr) { // a closed socket has no errors
		for {
			n, controls, _, about, err := unix.Recvmsg(int(fd), quote, control, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil {
				return // EAGAIN: it is empty
			}
			e := icmpError{to: sockaddrPort(about), kind: icmpKindIn(control[:controls])}
			if e.kind != icmpOther && e.to.IsValid() {
				e.quote = append([]byte(nil), quote[:n]...)
			}
			found = append(found, e)
		}
	})
	return found
}

// icmpKindIn reads the kind of an error from its control messages: a struct
// sock_extended_err (ip(7)), whose first four bytes are the errno.
func icmpKindIn(control []byte) icmpKind {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return icmpOther
	}
	for _, m := range messages {
		v4 := m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR
		v6 := m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if !v4 && !v6 || len(m.Data) < 8 || binary.NativeEndian.Uint32(m.Data) == 0 {
			continue
		}
		if origin := m.Data[4]; origin == unix.SO_EE_ORIGIN_ICMP || origin == unix.SO_EE_ORIGIN_ICMP6 {
			return icmpKindOf(origin == unix.SO_EE_ORIGIN_ICMP6, m.Data[5], m.Data[6])
		}
	}
	return icmpOther
}

func sockaddrPort(a unix.Sockaddr) netip.AddrPort {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return unmap(netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port)))
	}
	return netip.AddrPort{}
}
