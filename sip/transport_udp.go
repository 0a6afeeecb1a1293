package sip

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// PacketConn is a UDP socket; *net.UDPConn is one.
type PacketConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	LocalAddr() net.Addr
	Close() error
}

// udpTransport is the UDP socket of an Agent: it survives read errors, and reads the
// ICMP errors that answer its datagrams.
type udpTransport struct {
	agent  *Agent
	conn   PacketConn
	errors *icmpQueue // nil: none
}

// openUDP makes the UDP transport of an Agent, and begins to read its socket.
func openUDP(a *Agent) transport {
	u := &udpTransport{agent: a, conn: a.cfg.Conn}
	if b, ok := a.cfg.Conn.(interface{ SetReadBuffer(int) error }); ok {
		_ = b.SetReadBuffer(4 << 20) // the kernel may give less; a burst of calls needs more than its default
	}
	var err error
	if u.errors, err = newICMPQueue(a.cfg.Conn); err != nil {
		a.log.Warn("ICMP errors cannot be read: a call to a closed port waits for its timers", "error", err)
	}
	a.work.Go(u.readLoop)
	return u
}

func (u *udpTransport) readLoop() {
	buf := make([]byte, maxMessage)
	for failed := 0; ; {
		n, from, err := u.conn.ReadFromUDPAddrPort(buf)
		from = unmap(from)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			found := u.errors.take()
			u.onICMPErrors(found)
			if len(found) == 0 && !isICMPError(err) {
				u.agent.log.Warn("read from the SIP socket", "error", err)
				failed++
				time.Sleep(min(time.Duration(failed)*time.Millisecond, time.Second))
			}
			continue
		}
		failed = 0
		now := time.Now()
		if !u.agent.admit(buf[:n], from, now) {
			continue
		}
		u.agent.trace(UDP, false, from, buf[:n], now)
		u.agent.receive(buf[:n], hop{u, from}, now)
	}
}

func (u *udpTransport) onICMPErrors(found []icmpError) {
	for _, e := range found {
		u.agent.onICMPError(hop{u, e.to}, e)
	}
}

func (u *udpTransport) protocol() Transport { return UDP }
func (u *udpTransport) reliable() bool      { return false }
func (u *udpTransport) close() error        { return u.conn.Close() }

// responseAddr implements transport: the port that the request came from if its
// sender asks for that (RFC 3581 §4), else the one that its Via names. maddr is not
// followed: it would be an address of the sender's choice.
func (u *udpTransport) responseAddr(v via, from netip.AddrPort) netip.AddrPort {
	if v.hasRport() {
		return from
	}
	return netip.AddrPortFrom(from.Addr(), v.sentPort())
}

// isResponse says whether a datagram is no request, by its first bytes.
func isResponse(b []byte) bool { return bytes.HasPrefix(b, []byte("SIP/")) }

// send implements transport. The trace comes before the write: the response may be
// read and traced before the write returns.
func (u *udpTransport) send(b []byte, to netip.AddrPort) (connection, error) {
	u.agent.trace(UDP, true, to, b, time.Now())
	return nil, u.write(func() error {
		_, err := u.conn.WriteToUDPAddrPort(b, to)
		return err
	})
}

// isICMPError says whether a call on the socket failed for an ICMP error that answered
// an earlier datagram: this errno has no other cause on a socket that is not connected.
func isICMPError(err error) bool { return errors.Is(err, unix.ECONNREFUSED) }

// maxWrites is how often one datagram is written at most: each further time for an
// ICMP error that came between the last and this.
const maxWrites = 16

// write has a datagram written. A failure by an ICMP error about an earlier datagram,
// to whatever address, is no failure of this one: it is written again. Other failures
// come again, and are returned.
func (u *udpTransport) write(once func() error) error {
	err := once()
	for n := 1; err != nil && u.errors != nil && n < maxWrites && !errors.Is(err, net.ErrClosed); n++ {
		found := u.errors.take()
		if len(found) > 0 {
			// The sender may hold a lock that onICMPError takes.
			u.agent.background(func() { u.onICMPErrors(found) })
		} else if n > 1 && !isICMPError(err) {
			return err // another goroutine may have emptied the queue the first time
		}
		err = once()
	}
	if isICMPError(err) {
		return nil // lost among errors about other datagrams, as any datagram may be
	}
	return err
}

func addrPort(a net.Addr) (netip.AddrPort, bool) {
	ap, err := netip.ParseAddrPort(a.String())
	return unmap(ap), err == nil
}

func unmap(ap netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
