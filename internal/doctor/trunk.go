package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"ringflow/internal/call"
	"ringflow/sip"
)

// checkTargets resolves and pings the targets of a trunk, and says whether one responds.
func (d *doctor) checkTargets(ctx context.Context, a *call.Account, t *call.Trunk) (reached bool) {
	subject := "trunk " + t.Name
	if len(d.cfg.Accounts) > 1 {
		subject += " of " + a.Name
	}
	for _, address := range t.Targets {
		target := t.Target(address)
		probes, err := d.agent.Probe(ctx, target, d.Wait)
		if err != nil {
			d.add(Fault, subject, "%s does not resolve: %v; check the name in targets, and this machine's DNS (/etc/resolv.conf)", address, err)
			continue
		}
		for _, p := range probes {
			if p.Err != nil {
				d.add(Fault, subject, "%s", d.unreachable(ctx, target, p))
				continue
			}
			reached = true
			d.add(OK, subject, "%s", answerText(target, p))
			if meaning := statusMeanings[p.Code]; meaning != "" {
				d.add(Warning, subject, "%s %s", p.Addr, meaning)
			}
			d.checkDate(subject, p.Date)
			d.checkSeen(subject, p.Addr, p.Seen)
			d.checkIPVersion(subject, t, p.Addr)
		}
	}
	if reached && d.Call == "" && (t.Username != "" || t.AuthUser != "") {
		d.add(Warning, subject, "its credentials were not tried: --call NUMBER places a call over it, such as to the carrier's echo test")
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

func answerText(t sip.Target, p sip.Probe) string {
	text := fmt.Sprintf("%s answers %s over %s after %s", name(t, p.Addr), strings.TrimSpace(fmt.Sprint(p.Code, " ", p.Reason)), p.Transport, p.Took.Round(100*time.Microsecond))
	if p.Server != "" {
		text += ", " + p.Server
	}
	return text
}

// name is the target with the address that its name leads to.
func name(t sip.Target, addr netip.AddrPort) string {
	if t.Address == addr.String() {
		return t.Address
	}
	return fmt.Sprintf("%s (%s)", t.Address, addr)
}

// unreachable says why an address does not respond, and tries what may have been meant:
// another transport, the standard port.
func (d *doctor) unreachable(ctx context.Context, t sip.Target, p sip.Probe) string {
	text := fmt.Sprintf("%s does not answer over %s: %v", name(t, p.Addr), p.Transport, p.Err)
	if errors.Is(p.Err, context.Canceled) {
		return text
	}
	other := map[sip.Transport]sip.Transport{sip.UDP: sip.TCP, sip.TCP: sip.UDP}[p.Transport]
	if other != "" && d.answers(ctx, other, p.Addr) {
		return fmt.Sprintf("%s. It answers over %s: write transport: %s", text, other, other)
	}
	if standard := netip.AddrPortFrom(p.Addr.Addr(), 5060); p.Addr.Port() != 5060 && d.answers(ctx, p.Transport, standard) {
		return fmt.Sprintf("%s. Port 5060 answers: write targets: [\"%s\"]", text, standard)
	}
	return text + ". Check host and port in targets, the firewalls and any SIP ALG on the way (both directions), and that the carrier has this machine's public address on its list"
}

// answers says whether an address answers over a transport.
func (d *doctor) answers(ctx context.Context, transport sip.Transport, addr netip.AddrPort) bool {
	probes, err := d.agent.Probe(ctx, sip.Target{Transport: transport, Address: addr.String()}, min(d.Wait, 2*time.Second))
	return err == nil && len(probes) > 0 && probes[0].Err == nil
}
