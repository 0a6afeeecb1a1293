package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/stun/v3"

	"ringflow/internal/call"
	"ringflow/sip"
)

// advertised is what peers of an IP version are told: of SIP, and of RTP, not valid if there
// is no audio of the version.
func (d *doctor) advertised(v6 bool) (signalling netip.AddrPort, audio netip.Addr) {
	for _, a := range append(d.cfg.SIP.Listen.AddrPorts(), d.cfg.SIP.Advertise.AddrPorts()...) {
		if a.Addr().Is6() == v6 || !signalling.IsValid() {
			signalling = a
		}
	}
	_, audio = d.cfg.RTP.Addrs(v6)
	return signalling, audio
}

// isOwn reports whether a server of this configuration receives SIP at an address. Doctor itself
// does, or the server that runs.
func (d *doctor) isOwn(at netip.AddrPort) bool {
	c := d.cfg.SIP
	return slices.ContainsFunc(slices.Concat(c.Listen.AddrPorts(), c.Advertise.AddrPorts(), c.TLS.Listen.AddrPorts(), c.TLS.Advertise.AddrPorts()), func(own netip.AddrPort) bool {
		return own.Port() == at.Port() && (own.Addr() == at.Addr() || own.Addr().IsUnspecified() && isLocal(at.Addr()))
	})
}

// isLocal reports whether this machine has an address.
func isLocal(a netip.Addr) bool {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
	if err != nil {
		return false
	}
	_ = conn.Close() // it was only to be seen whether it can be had
	return true
}

// checkAdvertised compares the addresses of SIP and of audio with each other.
func (d *doctor) checkAdvertised() {
	for _, v6 := range []bool{false, true} {
		signalling, audio := d.advertised(v6)
		if s := signalling.Addr().Unmap(); audio.IsValid() && s.Is6() == v6 && isPrivate(s) != isPrivate(audio) {
			d.add(Warning, "rtp.advertise", "audio is wanted at %s and SIP at %s: one of them is an address of a local network, and the other is not", audio, s)
		}
	}
}

// sharedSpace is that of carriers' address translators (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// isPrivate says whether an address is of a local network or this machine.
func isPrivate(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || sharedSpace.Contains(a)
}

// checkSeen compares what we advertise with where a trunk saw us. The Contact of one that
// registers may follow what its registrar sees: then sip.advertise is no matter, and audio is
// one of whether the far end sends to where ours comes from.
func (d *doctor) checkSeen(subject string, t *call.Trunk, target, seen netip.AddrPort) {
	signalling, audio := d.advertised(target.Addr().Is6())
	if t.Register != nil && t.Register.Contact == sip.ContactReceived {
		d.checkFollowed(subject, signalling, seen, audio)
		return
	}
	if !seen.IsValid() {
		if !isPrivate(target.Addr()) && isPrivate(signalling.Addr()) {
			d.add(Fault, "sip.advertise", "%s is an address of a local network, and %s is beyond it at %s: write the address that it sees this machine at", signalling.Addr(), subject, target.Addr())
		}
		return
	}
	for _, one := range []struct {
		key, example string
		ours         netip.Addr
	}{
		{"sip.advertise", netip.AddrPortFrom(seen.Addr(), signalling.Port()).String(), signalling.Addr().Unmap()},
		{"rtp.advertise", seen.Addr().String(), audio},
	} {
		if one.ours.IsValid() && one.ours.Is6() == seen.Addr().Is6() && one.ours != seen.Addr() {
			d.add(Fault, one.key, "%s sees this machine at %s, and is told %s: write %s: %s, unless it is told so on purpose", subject, seen.Addr(), one.ours, one.key, one.example)
		}
	}
	if port := seen.Port(); port != 0 && port != d.local {
		d.add(Warning, "sip.advertise", "%s sees port %d in the place of %d: an address translator changes ports; forward the port of sip.listen to this machine", subject, port, d.local)
	}
}

// checkFollowed says what an address translator in front of this machine means to a trunk whose
// Contact is the address that its registrar sees.
func (d *doctor) checkFollowed(subject string, signalling, seen netip.AddrPort, audio netip.Addr) {
	if !seen.IsValid() || seen.Addr() == signalling.Addr().Unmap() {
		return
	}
	contact := seen.String()
	if d.beside { // the server's own port is another
		contact = seen.Addr().String()
	}
	d.add(OK, subject, "an address translator stands between: Contact has %s, as the registrar sees it", contact)
	if audio.IsValid() && audio != seen.Addr() && audio.Is6() == seen.Addr().Is6() {
		d.add(Warning, "rtp.advertise", "%s sees this machine at %s, and is told %s for audio: that will do if it sends audio to where ours comes from, as most do that register their customers; --call NUMBER tries it. If nothing is heard, write rtp.advertise: %s and forward UDP %s to this machine",
			subject, seen.Addr(), audio, seen.Addr(), d.cfg.RTP.Ports)
	}
}

// checkSTUN asks a STUN server where it sees us (RFC 8489), from a port of rtp.bind.
func (d *doctor) checkSTUN(ctx context.Context) {
	seen, err := d.askSTUN(ctx)
	if err != nil {
		d.add(Warning, "STUN", "%s: %v", d.STUN, err)
		return
	}
	signalling, audio := d.advertised(seen.Addr().Is6())
	if (seen.Addr() == audio || !audio.IsValid()) && seen.Addr() == signalling.Addr().Unmap() {
		d.add(OK, "STUN", "%s sees this machine at %s, as advertised", d.STUN, seen.Addr())
		return
	}
	if seen.Addr() != signalling.Addr().Unmap() {
		d.add(Fault, "sip.advertise", "a STUN server sees this machine at %s, and trunks are told %s: write sip.advertise: %s", seen.Addr(), signalling, netip.AddrPortFrom(seen.Addr(), signalling.Port()))
	}
	if audio.IsValid() && seen.Addr() != audio {
		d.add(Fault, "rtp.advertise", "a STUN server sees this machine at %s, and trunks are told %s: write rtp.advertise: %s", seen.Addr(), audio, seen.Addr())
	}
}

// stunTries are the requests to a STUN server, stunWait the time for each.
const (
	stunTries = 3
	stunWait  = time.Second
)

func (d *doctor) askSTUN(ctx context.Context) (seen netip.AddrPort, err error) {
	ctx, cancel := context.WithTimeout(ctx, stunTries*stunWait)
	defer cancel()
	var conn net.Conn
	for _, v6 := range []bool{false, true} {
		bind, _ := d.cfg.RTP.Addrs(v6)
		if !bind.IsValid() {
			continue
		}
		dialer := net.Dialer{LocalAddr: net.UDPAddrFromAddrPort(netip.AddrPortFrom(bind, 0))}
		if conn, err = dialer.DialContext(ctx, "udp", d.STUN); err == nil {
			break
		}
	}
	if err != nil {
		return seen, err
	}
	defer func() { _ = conn.Close() }() // nothing is sent any more
	request, err := stun.Build(stun.TransactionID, stun.BindingRequest)
	if err != nil {
		return seen, err
	}
	buf := make([]byte, 1500)
	for range stunTries {
		if _, err = conn.Write(request.Raw); err != nil {
			return seen, err
		}
		if err = conn.SetReadDeadline(time.Now().Add(stunWait)); err != nil {
			return seen, err
		}
		n, readErr := conn.Read(buf)
		if readErr != nil {
			err = fmt.Errorf("no answer: %w", readErr)
			continue
		}
		response := &stun.Message{Raw: buf[:n]}
		if err = response.Decode(); err != nil || response.TransactionID != request.TransactionID {
			continue
		}
		var mapped stun.XORMappedAddress
		if err = mapped.GetFrom(response); err != nil {
			return seen, err
		}
		addr, _ := netip.AddrFromSlice(mapped.IP)
		return netip.AddrPortFrom(addr.Unmap(), uint16(mapped.Port)), nil
	}
	return seen, err
}
