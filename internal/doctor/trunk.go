package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ringflow/internal/call"
	"ringflow/sip"
)

// subject names a trunk, and its account where there are several.
func (d *doctor) subject(a *call.Account, t *call.Trunk) string {
	if len(d.cfg.Accounts) > 1 {
		return "trunk " + t.Name + " of " + a.Name
	}
	return "trunk " + t.Name
}

// checkTrunk tries the way to a trunk: a query of its registration, if it registers, and
// OPTIONS to each hop of its calls that the query did not go to. It says whether a call over
// the trunk could be tried.
func (d *doctor) checkTrunk(ctx context.Context, subject string, t *call.Trunk) (usable bool) {
	d.checkNames(ctx, subject, t)
	var queried []string
	if t.Register != nil {
		queried, usable = d.checkRegistration(ctx, subject, t)
	}
	reached := false
	for _, hop := range t.CallHops() {
		if !slices.Contains(queried, hop) {
			reached = d.checkHop(ctx, subject, t, hop) || reached
		}
	}
	if t.Register == nil {
		usable = reached
	}
	if reached && t.Register == nil && d.Call == "" && (t.Username != "" || t.AuthUser != "") {
		d.add(Warning, subject, "its credentials were not tried: --call NUMBER places a call over it, such as to the carrier's echo test")
	}
	return usable
}

// checkNames warns of names for whose addresses of one IP version DNS does not answer.
func (d *doctor) checkNames(ctx context.Context, subject string, t *call.Trunk) {
	for _, hop := range t.NextHops() {
		_, missing, err := d.agent.ResolveWhole(ctx, t.Target(hop))
		if err == nil && missing != nil && ctx.Err() == nil { // a name that does not resolve is a fault of its hop
			d.add(Warning, subject, "%s has addresses of one IP version, and DNS does not answer for those of the other (A, AAAA): %v; calls go to those that are known. Check %s", hop, missing, d.dnsServers())
		}
	}
}

// checkHop resolves a target or an outbound proxy of a trunk, asks each of its addresses by
// OPTIONS, and says whether one responds.
func (d *doctor) checkHop(ctx context.Context, subject string, t *call.Trunk, hop string) (reached bool) {
	target := t.Target(hop)
	probes, err := d.agent.Probe(ctx, &t.Trunk, target, d.Wait)
	if err != nil {
		d.add(Fault, subject, "%s", d.unresolved(hop, err))
		return false
	}
	for _, p := range probes {
		if d.isOwn(p.Addr) {
			d.add(Fault, subject, "%s is where this server itself receives SIP (sip.listen): write the carrier's address into targets", hopName(target.Address, p.Addr))
			continue
		}
		if p.Err != nil {
			d.add(Fault, subject, "%s", d.unreachable(ctx, t, hop, p))
			continue
		}
		reached = true
		d.add(OK, subject, "%s answers %s", hopName(target.Address, p.Addr), answerText(p))
		if meaning := statusMeanings[p.Code]; meaning != "" {
			d.add(Warning, subject, "%s %s", p.Addr, meaning)
		}
		d.checkDate(subject, p.Date)
		d.checkSeen(subject, t, p.Addr, p.Seen)
		d.checkIPVersion(subject, t, p.Addr)
	}
	return reached
}

// checkIPVersion warns of a target of IPv6 for which there is no audio of that.
func (d *doctor) checkIPVersion(subject string, t *call.Trunk, target netip.AddrPort) {
	bind, _ := d.cfg.RTP.Addrs(true)
	if bind.IsValid() || !target.Addr().Is6() || t.AudioIP == call.IPv4Alone {
		return
	}
	d.add(Warning, "rtp.bind", "%s is reached over IPv6 at %s, and there is no audio over IPv6: a far end of IPv6 alone is silent, or refuses the call. Write rtp.bind: [%s, \"::\"] and an IPv6 address in rtp.advertise too, or rtp_ip: ipv4 if it takes audio over IPv4",
		subject, target.Addr(), strings.Join(d.cfg.RTP.Bind, ", "))
}

// statusMeanings say what some answers to OPTIONS mean for calls.
var statusMeanings = map[int]string{
	401: "wants credentials for OPTIONS too: it takes calls with the right ones; --call NUMBER tries them",
	407: "wants credentials for OPTIONS too: it takes calls with the right ones; --call NUMBER tries them",
	403: "refuses OPTIONS from here: this machine's address may not be on the carrier's list; --call NUMBER tries a call",
	503: "takes no calls now",
}

func answerText(p sip.Probe) string {
	text := fmt.Sprintf("%s over %s after %s", status(p), p.Transport, p.Took.Round(100*time.Microsecond))
	if p.Server != "" {
		text += ", " + p.Server
	}
	return text
}

// status is the status line of a response.
func status(p sip.Probe) string { return strings.TrimSpace(fmt.Sprint(p.Code, " ", p.Reason)) }

// hopName is an address as the trunk writes it, with the one that its name leads to.
func hopName(written string, addr netip.AddrPort) string {
	if written == addr.String() {
		return written
	}
	return fmt.Sprintf("%s (%s)", written, addr)
}

// unresolved says that a name has no address, and who may know why.
func (d *doctor) unresolved(hop string, err error) string {
	return fmt.Sprintf("%s does not resolve: %v; check the name in the trunk, and %s", hop, err, d.dnsServers())
}

// dnsServers are those that are asked, in words.
func (d *doctor) dnsServers() string {
	if len(d.cfg.SIP.DNS) > 0 {
		return "the DNS servers of sip.dns (" + strings.Join(d.cfg.SIP.DNS, ", ") + ")"
	}
	return "this machine's DNS (/etc/resolv.conf)"
}

// unreachable says why an address does not respond, and tries what may have been meant:
// another transport, the standard port.
func (d *doctor) unreachable(ctx context.Context, t *call.Trunk, hop string, p sip.Probe) string {
	address := t.Target(hop).Address
	text := fmt.Sprintf("%s does not answer over %s: %v", hopName(address, p.Addr), p.Transport, p.Err)
	switch {
	case errors.Is(p.Err, context.Canceled):
		return text
	case errors.Is(p.Err, sip.ErrTLS):
		if strings.Contains(p.Err.Error(), "speaks no TLS") && d.answers(ctx, t, p.Addr, sip.TCP) {
			text += ". It answers over tcp: write transport: tcp"
		}
		return text
	}
	for _, other := range []sip.Transport{sip.UDP, sip.TCP} {
		if p.Transport != other && d.answers(ctx, t, p.Addr, other) {
			return fmt.Sprintf("%s. It answers over %s: write transport: %s", text, other, other)
		}
	}
	if secure := netip.AddrPortFrom(p.Addr.Addr(), 5061); p.Transport != sip.TLS && d.answers(ctx, t, secure, sip.TLS) {
		return text + ". Port 5061 speaks TLS: write transport: tls, and port 5061 in targets"
	}
	if standard := netip.AddrPortFrom(p.Addr.Addr(), 5060); p.Addr.Port() != 5060 && d.answers(ctx, t, standard, p.Transport) {
		return fmt.Sprintf("%s. Port 5060 answers: write targets: [\"%s\"]", text, standard)
	}
	text += ". Check host and port in targets, the firewalls and any SIP ALG on the way (both directions)"
	if t.Register == nil {
		text += ", and that the carrier has this machine's public address on its list"
	}
	return text
}

// answers says whether an address answers over a transport; one that shows a certificate
// does so over TLS. This server's own does not count.
func (d *doctor) answers(ctx context.Context, t *call.Trunk, addr netip.AddrPort, transport sip.Transport) bool {
	if d.isOwn(addr) {
		return false
	}
	probes, err := d.agent.Probe(ctx, nil, t.Target(fmt.Sprintf("%s;transport=%s", addr, transport)), min(d.Wait, 2*time.Second))
	return err == nil && len(probes) > 0 && (probes[0].Err == nil || errors.Is(probes[0].Err, sip.ErrTLS) && strings.Contains(probes[0].Err.Error(), "certificate"))
}
