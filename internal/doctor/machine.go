package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// checkAPI checks the listener of the API and its certificate.
func (d *doctor) checkAPI(ctx context.Context) {
	c := d.cfg.HTTP
	l, err := net.Listen("tcp", c.Listen)
	switch {
	case err == nil:
		_ = l.Close() // it was only to be seen whether it is free
		d.add(OK, "http.listen", "%s is free", c.Listen)
	case errors.Is(err, syscall.EADDRINUSE):
		h := listenerAt(c.Listen)
		if d.server = askServer(ctx, c.Listen, c.TLSCert != ""); d.server == nil {
			d.add(Fault, "http.listen", "%s is in use by another program: %s; end that, or choose another port", c.Listen, h)
			break
		}
		text := ""
		if h.process > 0 {
			d.server.process, text = h.process, ": "+h.String()
		}
		d.add(OK, "http.listen", "a Ringflow server runs at %s%s", c.Listen, text)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		d.add(Fault, "http.listen", "%s is no address of this machine: write one that `ip address` shows, 127.0.0.1 or 0.0.0.0", c.Listen)
	default:
		d.add(Fault, "http.listen", "%v", err)
	}
	if c.TLSCert != "" {
		d.checkCertificate()
	}
}

// expiresSoon is how long before its end a certificate is warned of.
const expiresSoon = 14 * 24 * time.Hour

// checkCertificate checks the API's certificate: its time, and the name that clients use.
func (d *doctor) checkCertificate() {
	const subject = "http.tls_cert"
	pair, err := tls.LoadX509KeyPair(d.cfg.Relative(d.cfg.HTTP.TLSCert), d.cfg.Relative(d.cfg.HTTP.TLSKey))
	if err != nil {
		return // among the faults of the configuration
	}
	leaf := pair.Leaf
	if leaf == nil {
		if leaf, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
			d.add(Fault, subject, "%v", err)
			return
		}
	}
	now := time.Now()
	switch {
	case now.After(leaf.NotAfter):
		d.add(Fault, subject, "the certificate expired on %s: renew it", leaf.NotAfter.Format(time.DateOnly))
		return
	case now.Before(leaf.NotBefore):
		d.add(Fault, subject, "the certificate is valid from %s on: wait, or set this machine's clock", leaf.NotBefore.Format(time.RFC3339))
		return
	case now.Add(expiresSoon).After(leaf.NotAfter):
		d.add(Warning, subject, "the certificate expires on %s: renew it", leaf.NotAfter.Format(time.DateOnly))
	}
	if u, err := url.Parse(d.cfg.HTTP.URL); err == nil && u.Scheme == "https" && u.Hostname() != "" {
		if err := leaf.VerifyHostname(u.Hostname()); err != nil {
			d.add(Fault, subject, "the certificate is not for %s, which http.url names: %v", u.Hostname(), err)
			return
		}
	}
	d.add(OK, subject, "valid until %s", leaf.NotAfter.Format(time.DateOnly))
}

// checkExpiry says when the certificates of SIP over TLS expire: ours, and those that trunks have
// shown. One of a trunk's that has expired is among the reasons why that does not answer.
func (d *doctor) checkExpiry() {
	for _, c := range d.agent.Certificates() {
		subject, whose, until := "SIP over TLS", "the certificate of "+c.Name, c.NotAfter.UTC().Format(time.DateOnly)
		if c.Own {
			whose = "our certificate " + c.Name
		}
		switch left := time.Until(c.NotAfter); {
		case left <= 0 && c.Own:
			d.add(Fault, subject, "%s expired on %s: renew it", whose, until)
		case left < expiresSoon:
			d.add(Warning, subject, "%s expires on %s: it has to be renewed", whose, until)
		default:
			d.add(OK, subject, "%s is valid until %s", whose, until)
		}
	}
}

// checkClock asks the kernel whether the clock is held right.
func (d *doctor) checkClock() {
	var t unix.Timex // Modes 0 only reads
	state, err := unix.Adjtimex(&t)
	switch {
	case err != nil: // as in some containers
		d.add(Warning, "clock", "whether this machine's clock is held by NTP cannot be asked: %v", err)
	case state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0:
		d.add(Warning, "clock", "no NTP holds this machine's clock (%s now): `timedatectl set-ntp true`; tokens, certificates and times of calls depend on it", time.Now().UTC().Format(time.RFC3339))
	default:
		d.add(OK, "clock", "held by NTP")
	}
}

// maxSkew is by how much this machine's clock may differ from a trunk's.
const maxSkew = time.Minute

// checkDate compares the clock with the Date of a trunk's answer.
func (d *doctor) checkDate(trunk string, date time.Time) {
	skew := time.Since(date)
	if date.IsZero() || skew.Abs() <= maxSkew {
		return
	}
	direction := "ahead of"
	if skew < 0 {
		direction = "behind"
	}
	d.add(Fault, "clock", "this machine's clock is %s %s that of %s: set it, by `timedatectl set-ntp true`", skew.Abs().Round(time.Second), direction, trunk)
}

// checkPorts checks that the RTP ports can be opened, and suffice for the channels of the
// trunks.
func (d *doctor) checkPorts() {
	const subject = "rtp.ports"
	lo, hi, err := d.cfg.RTP.PortRange()
	if err != nil {
		return // no configuration with such a range is read
	}
	var binds []netip.Addr
	for _, v6 := range []bool{false, true} {
		if bind, _ := d.cfg.RTP.Addrs(v6); bind.IsValid() {
			binds = append(binds, bind)
		}
	}
	free, taken := 0, []uint16{}
	for port := int(lo) + int(lo)%2; port < int(hi); port += 2 {
		bind, err := tryPort(binds, uint16(port))
		switch {
		case err == nil:
			free++
		case errors.Is(err, syscall.EADDRNOTAVAIL):
			every := "0.0.0.0"
			if bind.Is6() {
				every = "::"
			}
			d.add(Fault, "rtp.bind", "%s is no address of this machine: write one that `ip address` shows, or %s", bind, every)
			return
		case errors.Is(err, syscall.EAFNOSUPPORT):
			d.add(Fault, "rtp.bind", "%s cannot be used: this machine has no IPv6 (`sysctl net.ipv6.conf.all.disable_ipv6`)", bind)
			return
		case errors.Is(err, syscall.EADDRINUSE):
			taken = append(taken, uint16(port))
		default:
			d.add(Fault, subject, "port %d: %v", port, err)
			return
		}
	}
	channels, limited := 0, true
	for _, a := range d.cfg.Accounts {
		for _, t := range a.Trunks {
			channels += t.Channels
			limited = limited && t.Channels > 0
		}
	}
	held, others, shown := d.holdersOfPorts(binds, taken)
	free += len(taken) - held - others // of calls that have ended meanwhile
	switch suffice := free + held; {
	case suffice == 0:
		d.add(Fault, subject, "every port of %s is taken (%s): choose another range", d.cfg.RTP.Ports, shown)
		return
	case suffice < 2:
		d.add(Fault, subject, "%s has %d free port, and a call that is forwarded needs two: choose a longer range", d.cfg.RTP.Ports, suffice)
		return
	case others > 0:
		d.add(Warning, subject, "%d of %d ports are taken: %s", others, suffice+others, shown)
	case limited && channels > suffice:
		d.add(Warning, subject, "%d ports suffice for %d legs, and the channels of the trunks are %d: choose a longer range", suffice, suffice, channels)
	case held > 0 && free == 0:
		d.add(Warning, subject, "the calls of the running server hold all %d ports, so that no further leg can begin: choose a longer range", held)
	case held > 0:
		d.add(OK, subject, "%d ports are free, for as many legs; the running server holds the other %d for its calls", free, held)
	default:
		d.add(OK, subject, "%d ports are free, for as many legs", free)
	}
	d.checkReserved(int(lo), int(hi))
}

// holdersOfPorts says of ports that are taken how many the running server holds, how many others
// are held, and by whom those are. It leaves out those that are not held any more.
func (d *doctor) holdersOfPorts(binds []netip.Addr, taken []uint16) (held, others int, text string) {
	if len(taken) == 0 {
		return 0, 0, ""
	}
	now := readHolders()
	ports, order := map[holder][]uint16{}, []holder{}
	for _, port := range taken {
		var at []netip.AddrPort
		for _, bind := range binds {
			at = append(at, netip.AddrPortFrom(bind, port))
		}
		h := now.holderOf(d.serverProcess(), now.udp, at...)
		switch {
		case h == released:
		case d.runs(h):
			held++
		default:
			if others++; ports[h] == nil {
				order = append(order, h)
			}
			ports[h] = append(ports[h], port)
		}
	}
	var texts []string
	for _, h := range order[:min(len(order), maxNamed)] {
		whose := "by " + h.String()
		switch {
		case h.process == 0 && d.server != nil:
			whose = "by the running server or another program, " + h.String()
		case h.process == 0:
			whose = "by another program, " + h.String()
		}
		texts = append(texts, fmt.Sprintf("%d from port %d on %s", len(ports[h]), ports[h][0], whose))
	}
	if len(order) > maxNamed {
		texts = append(texts, fmt.Sprintf("and %d programs more", len(order)-maxNamed))
	}
	return held, others, strings.Join(texts, "; ")
}

// maxNamed bounds the programs that a line names.
const maxNamed = 5

// tryPort opens and closes an RTP port at each address, as a leg would have it, and returns the
// address at which that failed.
func tryPort(binds []netip.Addr, port uint16) (failed netip.Addr, err error) {
	for _, bind := range binds {
		network := "udp4"
		if bind.Is6() {
			network = "udp6"
		}
		conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(bind, port)))
		if err != nil {
			return bind, err
		}
		_ = conn.Close() // it was only to be seen whether it is free
	}
	return failed, nil
}

// checkReserved warns of RTP ports that the kernel gives to other programs.
func (d *doctor) checkReserved(lo, hi int) {
	var from, to int
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if _, scanErr := fmt.Sscan(string(text), &from, &to); err != nil || scanErr != nil || hi < from || lo > to {
		return
	}
	reserved, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_reserved_ports")
	if err == nil && covers(strings.TrimSpace(string(reserved)), max(lo, from), min(hi, to)) {
		return
	}
	d.add(Warning, "rtp.ports", "the kernel gives ports %d to %d to any program that asks for one: `sysctl -w net.ipv4.ip_local_reserved_ports=%d-%d` keeps these for calls", from, to, max(lo, from), min(hi, to))
}

// covers says whether a list of ports, such as 5060,20000-39999, has all from lo to hi in
// one range.
func covers(list string, lo, hi int) bool {
	for item := range strings.SplitSeq(list, ",") {
		var a, b int
		switch n, _ := fmt.Sscanf(item, "%d-%d", &a, &b); n {
		case 1:
			b = a
		case 0:
			continue
		}
		if a <= lo && hi <= b {
			return true
		}
	}
	return false
}
