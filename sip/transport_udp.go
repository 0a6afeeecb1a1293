package sip

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// socket is the packet connection with what stands before it: it traces, guards, and
// survives read errors.
type socket struct {
	net.PacketConn
	trace  func(Trace) // nil: none
	local  netip.AddrPort
	guard  *guard
	log    *slog.Logger
	errors *errorQueue // nil: none
	// onICMPError is told each ICMP error, by the goroutine that reads or by one that
	// background starts.
	onICMPError func(icmpError)
	background  func(func()) bool
	outOfDialog *rateLimit
}

// next reads the next datagram that the guard lets in. It returns an error only once
// the connection is closed.
func (s *socket) next(b []byte) (int, *source, error) {
	for failed := 0; ; {
		n, from, err := s.read(b)
		if errors.Is(err, net.ErrClosed) {
			return 0, nil, err
		}
		if refused := s.takeErrors(err); len(refused) > 0 || passing(err) {
			for _, e := range refused {
				s.onICMPError(e)
			}
			continue
		}
		if err != nil {
			// Anything but a closed socket passes: who leaves here hears nothing more.
			s.log.Warn("read from the SIP socket", "error", err)
			failed++
			time.Sleep(min(time.Duration(failed)*time.Millisecond, time.Second))
			continue
		}
		failed = 0
		now := time.Now()
		src, ok := s.guard.allow(from, now)
		if !ok {
			s.log.Warn("SIP datagrams from strangers dropped: too many", "from", from, "dropped", s.guard.dropped)
			continue
		}
		s.traced(false, from, b[:n], now)
		return n, src, nil
	}
}

// isResponse says whether a datagram is no request, by its first bytes.
func isResponse(b []byte) bool { return bytes.HasPrefix(b, []byte("SIP/")) }

func (s *socket) read(b []byte) (int, netip.AddrPort, error) {
	if u, ok := s.PacketConn.(*net.UDPConn); ok {
		n, from, err := u.ReadFromUDPAddrPort(b)
		return n, unmap(from), err
	}
	n, a, err := s.PacketConn.ReadFrom(b)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	from, ok := addrPort(a)
	if !ok {
		return 0, netip.AddrPort{}, errors.New("a packet without an IP address and port")
	}
	return n, from, nil
}

// send sends a message. It is traced before it leaves: its answer may be read and
// traced before the write returns.
func (s *socket) send(b []byte, to netip.AddrPort) (err error) {
	if s.trace != nil {
		s.traced(true, to, b, time.Now())
	}
	return s.write(func() (err error) {
		if u, ok := s.PacketConn.(*net.UDPConn); ok {
			_, err = u.WriteToUDPAddrPort(b, to)
		} else {
			_, err = s.PacketConn.WriteTo(b, net.UDPAddrFromAddrPort(to))
		}
		return err
	})
}

// passing says whether a call on the socket failed for an ICMP error that answered
// an earlier datagram: there is no other reason for this errno on a socket that is
// not connected.
func passing(err error) bool { return errors.Is(err, unix.ECONNREFUSED) }

// takeErrors empties the error queue if err may stand for something in it.
func (s *socket) takeErrors(err error) []icmpError {
	if err == nil || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return s.errors.take()
}

// maxWrites is how often one datagram is written at most: each further time for an
// ICMP error that came between the last and this.
const maxWrites = 16

// write has a datagram written. A failure that an ICMP error about an earlier
// datagram left behind, to whomever, is no failure of this one, and took its place:
// it is written again. Other failures come again, and are told.
func (s *socket) write(once func() error) error {
	err := once()
	for n := 1; err != nil && s.errors != nil && n < maxWrites && !errors.Is(err, net.ErrClosed); n++ {
		refused := s.takeErrors(err)
		if len(refused) > 0 {
			// Whoever sends may hold what refused wants to lock.
			s.background(func() {
				for _, e := range refused {
					s.onICMPError(e)
				}
			})
		} else if n > 1 && !passing(err) {
			return err // somebody else may have emptied the queue the first time
		}
		err = once()
	}
	if passing(err) {
		return nil // lost in a hail of errors about others, as any datagram may be
	}
	return err
}

func (s *socket) traced(sent bool, remote netip.AddrPort, raw []byte, at time.Time) {
	if s.trace == nil || len(raw) < 12 {
		return // a keepalive is no message
	}
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("panic in the trace of a SIP message", "panic", p)
		}
	}()
	t := scanTrace(raw)
	t.At, t.Sent, t.Local, t.Remote = at, sent, s.local, remote
	s.trace(t)
}

// addrPort is the address of a packet.
func addrPort(a net.Addr) (netip.AddrPort, bool) {
	if u, ok := a.(*net.UDPAddr); ok {
		ap := unmap(u.AddrPort())
		return ap, ap.IsValid()
	}
	ap, err := netip.ParseAddrPort(a.String())
	return unmap(ap), err == nil
}

func unmap(ap netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
