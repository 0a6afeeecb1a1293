package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ringflow/internal/auth"
	"ringflow/internal/call"
	"ringflow/internal/resource"
	"ringflow/internal/strict"
	"ringflow/internal/trace"
	"ringflow/media"
	"ringflow/media/sdp"
	"ringflow/numbers"
	"ringflow/sip"
)

// forms are the forms that the tags of the keys name.
func (c *Config) forms() strict.Forms {
	return strict.Forms{
		"name":              textForm(resource.IsName, "is not a name: letters, digits, - and _, at most 64"),
		"country":           textForm(numbers.IsRegion, "is not a country: two capital letters, such as US"),
		"base URL":          textForm(isBase, "is not where clients reach the API: write scheme and host, such as https://calls.example.com"),
		"IP address":        ipForm,
		"HTTP address":      textForm(isAddress, "is not an address and port: write 127.0.0.1:8080"),
		"SIP address":       textForm(isAddress, "is not an address and port: write 127.0.0.1:5060"),
		"address of peers":  peerForm,
		"network":           networkForm,
		"domain":            textForm(isDomain, "is not a host name or an address, with or without a port: write sip.example.com"),
		"header text":       textForm(isHeaderText, "has a line break or another control character"),
		"port range":        func(any) error { _, _, err := c.RTP.PortRange(); return err },
		"folder":            c.folderForm,
		"target":            c.targetForm,
		"database URL":      func(value any) error { return checkDatabaseURL(value.(string)) },
		"rate":              between[float64](0, 1e6, "is not a rate: 0 to 1000000 a second"),
		"body size":         between[int64](1024, 64<<20, "is no size of a body: 1024 to 67108864 bytes"),
		"ping interval":     durationForm(time.Second, time.Hour, "30s, or 0s for no pings"),
		"DNS server":        textForm(isDNSServer, "is not an address, with or without a port: write 10.0.0.53"),
		"keep-alive":        durationForm(10*time.Second, time.Hour, "25s, or 0s for no keep-alives"),
		"session timer":     sessionTimerForm,
		"call duration":     callDurationForm,
		"binding lifetime":  durationForm(time.Minute, 24*time.Hour, "1h"),
		"Contact address":   oneOf("is not one of", append([]sip.ContactAddress{contactAuto}, sip.ContactAddresses()...)),
		"option tag":        oneOf("is not one of", sip.RegistrationExtensions()),
		"scope":             oneOf("is no scope: there are", auth.Scopes()),
		"secret hash":       secretHashForm,
		"codec":             oneOf("is not one of", media.CodecNames()),
		"preset":            oneOf("is not one of", presetNames()),
		"SIP transport":     oneOf("is not one of", append(sip.Transports(), sip.Auto)),
		"large requests":    oneOf("is not one of", sip.LargeRequestsValues()),
		"TLS version":       oneOf("is not one of", sip.TLSVersions()),
		"server name":       textForm(isServerName, "is not a host name or an address without a port: write sip.example.com"),
		"fingerprint":       textForm(isFingerprint, "is not a SHA-256 fingerprint: write its 32 bytes in hex, with or without colons, as openssl x509 -noout -fingerprint -sha256 prints it"),
		"RTP source policy": oneOf("is not one of", media.SourcePolicies()),
		"IP version":        oneOf("is not one of", call.IPVersions()),
		"SRTP policy":       srtpForm,
		"SRTP suite":        oneOf("is not one of", sdp.Suites()),
		"From source":       sourceForm(call.FromSources()),
		"asserted source":   sourceForm(call.AssertedSources()),
		"diverting source":  sourceForm(call.DivertingSources()),
		"number format":     oneOf("is not one of", numbers.Formats()),
		"privacy":           privacyForm,
		"tech prefix":       textForm(isTechPrefix, "is not a prefix: digits, * and #, at most 24"),
		"header fields":     headersForm,
		"trace policy":      oneOf("is not one of", trace.Policies()),
		"HEP server":        textForm(isHostPort, "is not host:port: write 192.0.2.7:9060"),
		"response rule":     oneOf("is not one of", responseRules()),
		"failover":          oneOf("is not one of", sip.Failovers()),
		"redirect policy":   oneOf("is not one of", sip.RedirectPolicies()),
	}
}

// textForm is the form of texts that a function takes.
func textForm(is func(string) bool, otherwise string) func(any) error {
	return func(value any) error {
		if !is(value.(string)) {
			return fmt.Errorf("%q %s", value, otherwise)
		}
		return nil
	}
}

// oneOf is the form of texts that stand in a list; otherwise ends before it.
func oneOf[T ~string](otherwise string, list []T) func(any) error {
	var known []string
	for _, v := range list {
		known = append(known, string(v))
	}
	return func(value any) error {
		text := value.(string)
		if slices.Contains(known, text) {
			return nil
		}
		right := ""
		if i := slices.IndexFunc(known, func(k string) bool { return strict.Alike(k, text) }); i >= 0 {
			right = ": write " + known[i]
		}
		return fmt.Errorf("%q %s %s%s", text, otherwise, strings.Join(known, ", "), right)
	}
}

// srtpForm is the form of an SRTP policy.
func srtpForm(value any) error {
	if strings.HasPrefix(strings.ToLower(value.(string)), "dtls") {
		return fmt.Errorf("%q is not spoken: keys are agreed in SDP (SDES, RFC 4568), as trunks want it, and not by DTLS: write required, and transport: tls, since SDP has the keys", value)
	}
	return oneOf("is not one of", sdp.SRTPPolicies())(value)
}

// between is the form of numbers from lowest to highest.
func between[N int64 | float64](lowest, highest N, otherwise string) func(any) error {
	return func(value any) error {
		if n := value.(N); n < lowest || n > highest {
			return fmt.Errorf("%v %s", n, otherwise)
		}
		return nil
	}
}

// durationForm is the form of durations from shortest to longest, and of 0.
func durationForm(shortest, longest time.Duration, right string) func(any) error {
	return func(value any) error {
		if d := value.(Duration); d != 0 && (d < Duration(shortest) || d > Duration(longest)) {
			return fmt.Errorf("%q is not a duration from %s to %s: write %s", d, Duration(shortest), Duration(longest), right)
		}
		return nil
	}
}

// parseDNSServer reads an address with or without a port.
func parseDNSServer(v string) (netip.AddrPort, bool) {
	if a, err := netip.ParseAddr(strings.Trim(v, "[]")); err == nil {
		return netip.AddrPortFrom(a.Unmap(), 53), true
	}
	ap, err := netip.ParseAddrPort(v)
	return ap, err == nil && ap.Port() != 0
}

func isDNSServer(v string) bool {
	_, ok := parseDNSServer(v)
	return ok
}

func isFingerprint(v string) bool {
	_, ok := sip.NormalFingerprint(v)
	return ok
}

func isServerName(v string) bool {
	_, err := netip.ParseAddr(v)
	return err == nil || isHostName(v)
}

func sessionTimerForm(value any) error {
	const shortest, longest = Duration(90 * time.Second), Duration(24 * time.Hour)
	if d := value.(Duration); d != 0 && (d < shortest || d > longest || d%Duration(time.Second) != 0) {
		return fmt.Errorf("%q is not a session interval from %s to %s in whole seconds: write 30m, or 0s to request none", d, shortest, longest)
	}
	return nil
}

func callDurationForm(value any) error {
	const shortest, longest = Duration(time.Second), Duration(call.MaxLegDuration)
	if d := value.(Duration); d < shortest || d > longest {
		return fmt.Errorf("%q is not a duration from %s to %s: write 1h", d, shortest, longest)
	}
	return nil
}

func secretHashForm(value any) error {
	if _, err := auth.ParseSecretHash(value.(string)); err != nil {
		return fmt.Errorf("%w; ringflow client hash prints one", err)
	}
	return nil
}

// peerForm wants an address and a port that peers can send to.
func peerForm(value any) error {
	ap, err := netip.ParseAddrPort(value.(string))
	if err != nil {
		return fmt.Errorf("%q is not an address and port: write 127.0.0.1:5060", value)
	}
	if ap.Port() == 0 {
		return fmt.Errorf("%q has port 0, which nobody can reach", value)
	}
	return nil
}

// targetForm wants a target that can be read, and whose address can be sent to.
func (c *Config) targetForm(value any) error {
	target := value.(string)
	if err := sip.CheckTarget(target); err != nil {
		return err
	}
	ap, known := sip.TargetAddr(target)
	local := c.SIP.Listen.AddrPorts()
	if known && len(local) > 0 && !slices.ContainsFunc(local, func(l netip.AddrPort) bool {
		return l.Addr() == netip.IPv6Unspecified() || l.Addr().Is4() == ap.Addr().Unmap().Is4()
	}) {
		return fmt.Errorf("%q is of another IP version than sip.listen, %s: nothing can be sent there", target, strings.Join(c.SIP.Listen, ", "))
	}
	return nil
}

// isBase reports whether an API can be reached at a URL: no query, no user, and of a
// path one spelling.
func isBase(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return false
	}
	below := strings.TrimSuffix(u.Path, "/")
	return (below == "" || path.Clean(below) == below) && u.EscapedPath() == u.Path && !strings.ContainsAny(below, "{}")
}

func isAddress(v string) bool {
	_, err := netip.ParseAddrPort(v)
	return err == nil
}

// parseNetwork reads a network, or an address, which is a network of one.
func parseNetwork(v string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(v); err == nil {
		a = a.Unmap()
		return a.Prefix(a.BitLen())
	}
	return netip.ParsePrefix(v)
}

func networkForm(value any) error {
	network, err := parseNetwork(value.(string))
	switch {
	case err != nil:
		return fmt.Errorf("%q is not an address or a network: write 198.51.100.7 or 198.51.100.0/24", value)
	case network.Masked() != network:
		return fmt.Errorf("%q has bits of a host behind its network: write %s", value, network.Masked())
	}
	return nil
}

// isHostPort reports whether a value is a host name or an address with a port.
func isHostPort(v string) bool {
	host, port, err := net.SplitHostPort(v)
	n, portErr := strconv.ParseUint(port, 10, 16)
	return err == nil && host != "" && portErr == nil && n > 0
}

// ipForm wants an address without a port that is not of a single link.
func ipForm(value any) error {
	a, err := netip.ParseAddr(value.(string))
	switch {
	case err != nil:
		return fmt.Errorf("%q is not an IP address: write 192.0.2.10 or 2001:db8::10", value)
	case a.Unmap().Is6() && a.IsLinkLocalUnicast():
		return fmt.Errorf("%q is an IPv6 address of a link, which SDP cannot say: write a global one", value)
	}
	return nil
}

func isHeaderText(v string) bool { return !strings.ContainsFunc(v, unicode.IsControl) }

// isDomain reports whether a value is a host name or an IP address, each with or
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
	if ap, err := netip.ParseAddrPort("127.0.0.1:" + port); found && (err != nil || ap.Port() == 0) {
		return false
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Is4()
	}
	return isHostName(host)
}

// isHostName reports whether DNS may be asked for a name: labels of letters, digits,
// - and _, the last of which is no number (RFC 1123 §2.1).
func isHostName(v string) bool {
	labels := strings.Split(strings.TrimSuffix(v, "."), ".")
	for _, label := range labels {
		if !resource.IsName(label) || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return len(v) <= 253 && strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// hostOf is the address in a value with or without a port, the zero Addr if none is.
func hostOf(v string) netip.Addr {
	a, err := netip.ParseAddr(v)
	if err != nil {
		ap, _ := netip.ParseAddrPort(v)
		a = ap.Addr()
	}
	return a.Unmap()
}
