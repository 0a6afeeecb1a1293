package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"

	"ringflow/internal/call"
	"ringflow/media"
)

// validate finds what would otherwise fail each call over the trunk.
func (t Trunk) validate(m *collector, at string) {
	if !isName(t.Name) {
		m.add(at+".name", "%q is not a name: letters, digits, - and _, at most 64", t.Name)
	}
	if len(t.Targets) == 0 {
		m.add(at+".targets", "there is none: write [sip.example.com:5060]")
	}
	for i, target := range t.Targets {
		m.target(fmt.Sprintf("%s.targets[%d]", at, i), target)
	}
	if t.Domain != "" && !isDomain(t.Domain) {
		m.add(at+".domain", "%q is not a host name or an address, with or without a port: write sip.example.com", t.Domain)
	}
	m.text(at+".username", t.Username)
	m.text(at+".auth_user", t.AuthUser)
	if t.Password != "" && t.PasswordFile != "" {
		m.add(at+".password", "give one of password and password_file")
	}
	if t.Channels < 0 {
		m.add(at+".channels", "%d is less than 0", t.Channels)
	}
	if d := time.Duration(t.Ping); d != 0 && (d < minPing || d > maxPing) {
		m.add(at+".ping", "%q is not a duration from %s to %s: write 30s, or 0s for no pings", t.Ping, Duration(minPing), Duration(maxPing))
	}
	if policies := names(media.SourcePolicies()); t.RTPFrom != "" && !slices.Contains(policies, t.RTPFrom) {
		m.add(at+".rtp_from", "%q is not one of %s", t.RTPFrom, strings.Join(policies, ", "))
	}
	if identities := names(call.Identities()); t.Asserted != "" && !slices.Contains(identities, t.Asserted) {
		m.add(at+".p_asserted_identity", "%q is not one of %s", t.Asserted, strings.Join(identities, ", "))
	}
	for code, exit := range t.Exits {
		if code < 300 || code > 699 {
			m.add(at+".exits", "%d is not a SIP code from 300 to 699", code)
		}
		if !slices.Contains(overridable, exit) {
			m.add(at+".exits", "%d: %q is not one of %s", code, exit, strings.Join(overridable, ", "))
		}
	}
}

const (
	minPing = time.Second
	maxPing = time.Hour
)

// names are values as the configuration writes them.
func names[T ~string](values []T) (out []string) {
	for _, v := range values {
		out = append(out, string(v))
	}
	return out
}

// overridable are the exits that a trunk may map a SIP code to.
var overridable = []string{"busy", "invalid_number", "no_answer", "error", "blocked"}

// target wants an address with a port, or a name; one without a port is looked
// up by SRV.
func (m *collector) target(at, target string) {
	if scheme, rest, cut := strings.Cut(target, ":"); cut && slices.Contains([]string{"sip", "sips"}, strings.ToLower(scheme)) && rest != "" && strings.Trim(rest, "0123456789") != "" {
		m.add(at, "%q is not host:port with a port from 1 to 65535, nor a host name, but a URI: leave out %s:", target, scheme)
		return
	}
	ap, err := netip.ParseAddrPort(target)
	if err != nil {
		if _, bare := netip.ParseAddr(strings.Trim(target, "[]")); bare == nil || !isDomain(target) {
			m.add(at, "%q is not host:port with a port from 1 to 65535, nor a host name", target)
		}
		return
	}
	if ap.Port() == 0 {
		m.add(at, "%q is not host:port with a port from 1 to 65535", target)
	}
	local, err := netip.ParseAddrPort(m.c.SIP.Listen)
	if both := local.Addr() == netip.IPv6Unspecified(); err == nil && !both && local.Addr().Unmap().Is4() != ap.Addr().Unmap().Is4() {
		m.add(at, "%q is of another IP version than sip.listen, %s: nothing can be sent there", target, local)
	}
}

// text wants a value that fits into a header field.
func (m *collector) text(at, v string) {
	if strings.ContainsFunc(v, unicode.IsControl) {
		m.add(at, "%q has a line break or another control character", v)
	}
}

// isDomain says whether a value is a host name or an IP address, each with or
// without a port; IPv6 stands in brackets.
func isDomain(v string) bool {
	if ap, err := netip.ParseAddrPort(v); err == nil {
		return ap.Port() != 0
	}
	if inner, found := strings.CutPrefix(v, "["); found {
		a, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return err == nil && a.Is6() && strings.HasSuffix(v, "]")
	}
	host, port, found := strings.Cut(v, ":")
	if n, err := parsePort(port); found && (err != nil || n == 0) {
		return false
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Is4()
	}
	return isHostName(host)
}

// isHostName takes what DNS may be asked for: labels of letters, digits, - and _,
// the last of which is no number (RFC 1123 §2.1).
func isHostName(v string) bool {
	labels := strings.Split(strings.TrimSuffix(v, "."), ".")
	for _, label := range labels {
		if !isName(label) || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return len(v) <= 253 && strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// Trunk is a way out.
type Trunk struct {
	Name         string         `yaml:"name" doc:"shown in the journal and in metrics"`
	Targets      []string       `yaml:"targets" doc:"host:port, tried in this order; a host name without a port is looked up by SRV; IPv6 as [2001:db8::1]:5060"`
	Domain       string         `yaml:"domain" doc:"host part of SIP addresses, when the carrier wants its own"`
	Username     string         `yaml:"username" also:"user" doc:"digest user"`
	AuthUser     string         `yaml:"auth_user" also:"auth_username" doc:"digest user, when it is not the From user"`
	Password     string         `yaml:"password" doc:"digest password, in plain text"`
	PasswordFile string         `yaml:"password_file" doc:"file that holds it, relative to this file"`
	Channels     int            `yaml:"channels" doc:"legs at once; 0 is no limit"`
	RTPFrom      string         `yaml:"rtp_from" default:"auto" doc:"where the far end's audio may come from beside the address of its SDP: auto, sdp (nowhere else) or any; see [SIP and sound](sip.md)"`
	Ping         Duration       `yaml:"ping" default:"0s" doc:"how often each target is asked by OPTIONS whether it is there, 1s to 1h; 0s is never; see [SIP and sound](sip.md#pings)"`
	Asserted     string         `yaml:"p_asserted_identity" default:"account" doc:"whose number P-Asserted-Identity has where a step shows the contact's in From: account, contact or none (the field is left out); see [SIP and sound](sip.md#which-number-a-phone-shows)"`
	Exits        map[int]string `yaml:"exits" doc:"SIP code to exit, where this carrier means another thing by a code; blocked where it means that the network let no call through"`
}
