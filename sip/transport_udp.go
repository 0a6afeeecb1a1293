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

// udpTransport is the UDP sockets of an Agent, one for each IP version, or one for both.
type udpTransport struct {
	addrs   *localAddrs
	sockets []*udpSocket
}

// udpSocket survives read errors, and reads the ICMP errors that answer its datagrams.
type udpSocket struct {
	transport *udpTransport
	agent     *Agent
	conn      PacketConn
	errors    *icmpQueue // nil: none
}

// openUDP makes the UDP transport of an Agent, and begins to read its sockets.
func openUDP(a *Agent) (transport, error) {
	t := &udpTransport{addrs: a.addrs}
	for _, conn := range a.cfg.conns() {
		u := &udpSocket{transport: t, agent: a, conn: conn}
		if b, ok := conn.(interface{ SetReadBuffer(int) error }); ok {
			_ = b.SetReadBuffer(4 << 20) // the kernel may give less; a burst of calls needs more than its default
		}
		var err error
		if u.errors, err = newICMPQueue(conn); err != nil {
			a.log.Warn("ICMP errors cannot be read: a call to a closed port waits for its timers", "error", err)
		}
		t.sockets = append(t.sockets, u)
	}
	for _, u := range t.sockets {
		a.work.Go(u.readLoop)
	}
	return t, nil
}

func (u *udpSocket) readLoop() {
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
		source := hop{transport: u.transport, addr: from}
		u.agent.trace(false, source, buf[:n], now)
		u.agent.receive(buf[:n], source, now)
	}
}

func (u *udpSocket) onICMPErrors(found []icmpError) {
	for _, e := range found {
		u.agent.onICMPError(hop{transport: u.transport, addr: e.to}, e)
	}
}

func (t *udpTransport) protocol() Transport { return UDP }
func (t *udpTransport) reliable() bool      { return false }
func (t *udpTransport) local() *localAddrs  { return t.addrs }

func (t *udpTransport) close() (err error) {
	for _, u := range t.sockets {
		err = errors.Join(err, u.conn.Close())
	}
	return err
}

// responseHop implements transport: the port that the request came from if its
// sender asks for that (RFC 3581 §4), else the one that its Via names. maddr is not
// followed: it would be an address of the sender's choice.
func (t *udpTransport) responseHop(v via, from hop) hop {
	if !v.hasRport() {
		from.addr = netip.AddrPortFrom(from.addr.Addr(), v.sentPort())
	}
	return from
}

// isResponse says whether a datagram is no request, by its first bytes.
func isResponse(b []byte) bool { return bytes.HasPrefix(b, []byte("SIP/")) }

// send implements transport. The trace comes before the write: the response may be
// read and traced before the write returns.
func (t *udpTransport) send(b []byte, to hop) (connection, error) {
	u := t.sockets[t.addrs.boundIndex(to.addr.Addr())]
	u.agent.trace(true, to, b, time.Now())
	return nil, u.write(func() error {
		_, err := u.conn.WriteToUDPAddrPort(b, to.addr)
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
func (u *udpSocket) write(once func() error) error {
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
