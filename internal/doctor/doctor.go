// Package doctor finds out whether a configuration can place calls: it tries each part of
// the way to the trunks as a server would use it, before a server is started or beside one,
// and says in words what is wrong and what to change. It stores nothing and publishes
// nothing.
//
// Read Run, which has the checks in their order.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"ringflow/internal/call"
	"ringflow/internal/config"
	"ringflow/internal/version"
	"ringflow/sip"
)

// Level is how bad a finding is.
type Level string

// The levels. A fault keeps calls from being placed or heard, a warning may.
const (
	OK      Level = "ok"
	Warning Level = "warning"
	Fault   Level = "FAULT"
)

// Finding is the result of one check.
type Finding struct {
	Level   Level  `json:"level"`
	Subject string `json:"subject"` // a key of the configuration, or a trunk
	Text    string `json:"text"`    // what was found, and what to change
}

// Options say what is tried beyond the configuration.
type Options struct {
	Call    string        // a number that is called over each trunk, "": none
	For     string        // a number of which is said over which trunk a call to it goes, "": none
	From    string        // the account's number that those are called from, "": its first one
	Account string        // whose trunks are tried, "": of all accounts
	STUN    string        // host:port of a STUN server, "": none is asked
	Wait    time.Duration // for each answer of a target; 0: 5 s
	Talk    time.Duration // how long a call that is answered stands; 0: 4 s
	Log     *slog.Logger  // nil: none
}

// doctor is one run.
type doctor struct {
	Options
	cfg    *config.Config
	report func(Finding)

	agent  *sip.Agent
	local  uint16         // the port of the agent's first socket
	beside bool           // sip.listen is taken, as by a running server: the agent has another port
	holder holder         // of sip.listen, if that is taken
	server *runningServer // nil: none answers at http.listen
	faults int
}

// Run checks a configuration that can be read, reports each finding as it is made, and
// returns the number of faults.
func Run(ctx context.Context, cfg *config.Config, o Options, report func(Finding)) int {
	o.Wait, o.Talk = cmp.Or(o.Wait, 5*time.Second), cmp.Or(o.Talk, 4*time.Second)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	d := &doctor{Options: o, cfg: cfg, report: report}
	d.checkConfiguration()
	d.checkAPI(ctx)
	d.checkClock()
	d.checkPorts()
	if err := d.openAgent(); err != nil {
		d.add(Fault, "sip.listen", "%v", err)
		return d.faults
	}
	defer func() { _ = d.agent.Close() }() // nothing is sent any more
	d.checkAdvertised()
	if o.STUN != "" {
		d.checkSTUN(ctx)
	}
	accounts, err := cfg.CallAccounts()
	if err != nil {
		return d.faults // among those of checkConfiguration
	}
	for _, a := range accounts {
		if o.Account != "" && o.Account != a.Name {
			continue
		}
		if o.For != "" {
			d.checkChoice(a)
		}
		for _, t := range a.Trunks {
			subject := d.subject(a, t)
			switch usable := d.checkTrunk(ctx, subject, t); {
			case o.Call == "":
			case usable:
				d.checkCall(ctx, subject, a, t)
			default:
				d.add(Warning, subject, "no call to %s was tried over a trunk with a fault", o.Call)
			}
		}
	}
	d.checkExpiry()
	return d.faults
}

func (d *doctor) add(l Level, subject, format string, args ...any) {
	if l == Fault {
		d.faults++
	}
	d.report(Finding{l, subject, fmt.Sprintf(format, args...)})
}

// checkConfiguration reports the warnings of the configuration, and files that it names and
// that cannot be used.
func (d *doctor) checkConfiguration() {
	before := d.faults
	if err := d.cfg.CheckFiles(); err != nil {
		for _, one := range errorsOf(err) {
			d.add(Fault, "configuration", "%v", one)
		}
	}
	for _, w := range d.cfg.Warnings() {
		d.add(Warning, "configuration", "%s", w)
	}
	if d.faults == before {
		d.add(OK, "configuration", "%s can be used", d.cfg.Path())
	}
}

// errorsOf are the errors that an error joins.
func errorsOf(err error) (all []error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			all = append(all, errorsOf(one)...)
		}
		return all
	}
	return []error{err}
}

// openAgent opens a user agent at sip.listen, or at other ports of the same addresses if a
// server has those.
func (d *doctor) openAgent() error {
	own := d.cfg.SIP
	c := sip.Config{UserAgent: version.Product(), InfoTypes: call.InfoTypes(), AllowFrom: own.Networks(), Resolver: &sip.DNS{Servers: own.DNSServers()}, Log: slog.New(slog.DiscardHandler)}
	conns, err := listenUDP(own.Listen.AddrPorts())
	if errors.Is(err, syscall.EADDRINUSE) {
		d.beside = true
		conns, err = listenUDP(withPort(own.Listen.AddrPorts(), 0))
	}
	if errors.Is(err, syscall.EADDRNOTAVAIL) {
		return fmt.Errorf("%s is no address of this machine: write one that `ip address` shows, or 0.0.0.0", strings.Join(own.Listen, ", "))
	}
	if err != nil {
		return err
	}
	c.Conn = conns[0]
	if len(conns) > 1 {
		c.Conn6 = conns[1]
	}
	d.local = conns[0].LocalAddr().(*net.UDPAddr).AddrPort().Port()
	c.Advertise = own.Advertise.AddrPorts()
	c.TLS = sip.TLSListen{Listen: own.TLS.Listen.AddrPorts(), Advertise: own.TLS.Advertise.AddrPorts()}
	if own.TLS.Certificate != "" {
		c.TLS.Certificate, c.TLS.Key = d.cfg.Relative(own.TLS.Certificate), d.cfg.Relative(own.TLS.Key)
	}
	if d.beside {
		c.Advertise = withPort(c.Advertise, d.local)
		c.TLS.Listen, c.TLS.Advertise = withPort(own.Listen.AddrPorts(), 0), nil
	}
	if d.agent, err = sip.Listen(c); err != nil {
		for _, conn := range conns {
			err = errors.Join(err, conn.Close())
		}
		return err
	}
	d.reportListen()
	return nil
}

// reportListen says who has the ports of sip.listen, and what is not tried for it.
func (d *doctor) reportListen() {
	const subject = "sip.listen"
	listen := strings.Join(d.cfg.SIP.Listen, ", ")
	if !d.beside {
		d.add(OK, subject, "%s is free", listen)
		return
	}
	now := readHolders()
	h := now.holderOf(d.serverProcess(), now.udp, d.cfg.SIP.Listen.AddrPorts()...)
	d.holder = h
	tried := fmt.Sprintf("trunks are tried from port %d in its place, so that it is not seen whether firewalls, port forwardings and carriers let through what goes to and from the server's own port", d.local)
	whose := "by a running server or another program"
	if d.server != nil {
		whose = "by the running server or another program"
	}
	switch {
	case d.runs(h):
		d.add(OK, subject, "the running server holds %s: %s; /v1/trunks has what the server sees of its trunks", listen, tried)
	case h == released || h.process == 0:
		d.add(OK, subject, "%s is in use, %s: %s; %s", listen, whose, h, tried)
	case d.server != nil:
		d.add(Warning, subject, "%s is in use by %s, and not by the server at http.listen, which cannot have it after a restart: end that, or choose another port; %s", listen, h, tried)
	default:
		d.add(Fault, subject, "%s is in use by %s, and no Ringflow server answers at http.listen: end that, or choose another port; %s", listen, h, tried)
	}
}

func listenUDP(at []netip.AddrPort) (conns []*net.UDPConn, err error) {
	for _, a := range at {
		network := "udp"
		if a.Addr().Is6() && len(at) > 1 {
			network = "udp6" // the other one is for IPv4
		}
		conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(a))
		if err != nil {
			for _, open := range conns {
				err = errors.Join(err, open.Close())
			}
			return nil, err
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

func withPort(all []netip.AddrPort, port uint16) (changed []netip.AddrPort) {
	for _, a := range all {
		changed = append(changed, netip.AddrPortFrom(a.Addr(), port))
	}
	return changed
}
