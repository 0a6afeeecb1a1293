package config

import (
	"fmt"
	"slices"
	"strings"

	"ringflow/internal/auth"
	"ringflow/internal/call"
	"ringflow/media/sdp"
	"ringflow/numbers"
	"ringflow/sip"
)

// Warnings are the warnings of a configuration that can be used, each with file, line
// and key.
func (c *Config) Warnings() []string {
	all := slices.Clone(c.file.Warnings)
	warn := func(at, format string, args ...any) {
		all = append(all, c.ErrorAt(at, fmt.Errorf("warning: "+format, args...)).Error())
	}
	for i, a := range c.Accounts {
		at := fmt.Sprintf("$.accounts[%d]", i)
		for j, value := range a.Destinations.Allow {
			if why := numbers.Warning(value); why != "" {
				warn(fmt.Sprintf("%s.destinations.allow[%d]", at, j), "%s", why)
			}
		}
		c.warnOfCalls(a, at, warn)
		warnOfSRTP(a, at, warn)
	}
	c.warnOfAddresses(warn)
	c.warnOfIPVersions(warn)
	return all
}

// warnOfCalls warns of the keys without which an account can place no call.
func (c *Config) warnOfCalls(a Account, at string, warn func(at, format string, args ...any)) {
	may := func(scopes ...string) bool {
		return slices.ContainsFunc(a.Clients, func(cc Client) bool {
			return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(cc.Scopes, s) })
		})
	}
	for _, value := range a.Destinations.Allow {
		covers := func(t Trunk) bool {
			return len(t.Destinations) == 0 || slices.ContainsFunc(t.Destinations, func(d string) bool { return numbers.Overlap(d, value) })
		}
		if len(a.Trunks) > 0 && !slices.ContainsFunc(a.Trunks, covers) {
			warn(at+".trunks", "no trunk takes calls to %s, which destinations allow: add it to the destinations of one", value)
		}
	}
	for _, n := range a.Numbers {
		if len(a.Trunks) > 0 && !slices.ContainsFunc(a.Trunks, func(t Trunk) bool { return len(t.Callers) == 0 || slices.Contains(t.Callers, n) }) {
			warn(at+".trunks", "no trunk takes calls from %s: add it to the callers of one", n)
		}
	}
	switch {
	case len(a.Trunks) == 0:
		warn(at+".trunks", "account %s has no trunk, so that it can place no call: write trunks: [{name: carrier, targets: [sip.example.com]}]", a.Name)
	case len(a.Numbers) == 0:
		warn(at+".numbers", "account %s has no number, so that it can place no call: write numbers: [\"+12025550100\"]", a.Name)
	case len(a.Destinations.Allow) == 0:
		warn(at+".destinations", "account %s may call nobody: write destinations: {allow: [US]} with the countries that are meant", a.Name)
	case !may(auth.ScopeStart):
		warn(at+".clients", "no client of account %s has the scope %s, so that nobody can start a call", a.Name, auth.ScopeStart)
	case a.Flows == "" && !may(auth.ScopeFlows):
		warn(at+".flows", "account %s has no folder of flows and no client with the scope %s who could publish one, so that it can place no call", a.Name, auth.ScopeFlows)
	}
}

// warnOfSRTP warns of trunks whose SRTP keys everybody on the way can read, and of suites
// that are not used.
func warnOfSRTP(a Account, at string, warn func(at, format string, args ...any)) {
	for i, t := range a.Trunks {
		off := t.SRTP == string(sdp.SRTPOff)
		if off && len(t.SRTPSuites) > 0 {
			warn(fmt.Sprintf("%s.trunks[%d].srtp_suites", at, i), "trunk %s encrypts nothing, since its srtp is off: write srtp: required, or optional", t.Name)
		}
		if open := t.openTarget(); !off && open != "" {
			warn(fmt.Sprintf("%s.trunks[%d].srtp", at, i), "trunk %s sends the keys of SRTP in SIP to %s without TLS, where everybody on the way can read them: write transport: tls if the carrier takes it", t.Name, open)
		}
	}
}

// openTarget is a target of the trunk that SIP is sent to without TLS, empty if there is none.
func (t Trunk) openTarget() string {
	trunk := &sip.Trunk{Transport: sip.Transport(t.Transport)}
	for _, text := range t.Targets {
		if trunk.Target(text).Transport != sip.TLS {
			return text
		}
	}
	return ""
}

// warnOfAddresses warns of sockets on loopback from which the trunks are not reached.
func (c *Config) warnOfAddresses(warn func(at, format string, args ...any)) {
	for _, socket := range []struct {
		at   string
		own  []string
		says string
	}{
		{"$.sip.listen", c.SIP.Listen, "no INVITE from there reaches"},
		{"$.rtp.bind", c.RTP.Bind, "no audio from there reaches"},
	} {
		if slices.ContainsFunc(socket.own, func(own string) bool { return !hostOf(own).IsLoopback() }) {
			continue
		}
		for _, a := range c.Accounts {
			for _, t := range a.Trunks {
				if i := slices.IndexFunc(t.Targets, onOtherHost); i >= 0 {
					warn(socket.at, "%s is this machine alone: %s %s of trunk %s. Write 0.0.0.0, and in advertise the address that the trunk sees", strings.Join(socket.own, ", "), socket.says, t.Targets[i], t.Name)
				}
			}
		}
	}
}

// warnOfIPVersions warns of a target of IPv6 for which there is no audio of that.
func (c *Config) warnOfIPVersions(warn func(at, format string, args ...any)) {
	if bind, _ := c.RTP.Addrs(true); bind.IsValid() {
		return
	}
	for i, a := range c.Accounts {
		for j, t := range a.Trunks {
			for k, target := range t.Targets {
				if ap, ok := sip.TargetAddr(target); ok && ap.Addr().Is6() && t.AudioIP != string(call.IPv4Alone) {
					warn(fmt.Sprintf("$.accounts[%d].trunks[%d].targets[%d]", i, j, k), "%s is of IPv6, and rtp.bind, %s, is not: a far end of IPv6 alone is silent, or refuses the call. Write rtp.bind: [%s, \"::\"] and an IPv6 address in rtp.advertise too, or rtp_ip: ipv4 if trunk %s takes audio over IPv4",
						target, strings.Join(c.RTP.Bind, ", "), strings.Join(c.RTP.Bind, ", "), t.Name)
				}
			}
		}
	}
}

// onOtherHost says whether a target is on another machine. A name is taken to be,
// but for localhost (RFC 6761 §6.3).
func onOtherHost(target string) bool {
	if ap, ok := sip.TargetAddr(target); ok {
		return !ap.Addr().IsLoopback()
	}
	return sip.TargetHost(target) != "localhost"
}
