package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"strings"
)

func (c *Config) validate(m *collector) {
	m.address("$.http.listen", c.HTTP.Listen)
	if c.HTTP.URL != "" && !isBase(c.HTTP.URL) {
		m.add("$.http.url", "%q is not where clients reach the API: write scheme and host, such as https://calls.example.com", c.HTTP.URL)
	}
	if c.HTTP.MaxBody < 1024 || c.HTTP.MaxBody > 64<<20 {
		m.add("$.http.max_body", "%d is no size of a body: 1024 to 67108864 bytes", c.HTTP.MaxBody)
	}
	if (c.HTTP.TLSCert == "") != (c.HTTP.TLSKey == "") {
		m.add("$.http", "tls_cert and tls_key go together: give both or neither")
	}
	if c.HTTP.Streams < 1 {
		m.add("$.http.event_streams", "%d is less than 1", c.HTTP.Streams)
	}
	m.address("$.sip.listen", c.SIP.Listen)
	if c.SIP.Advertise != "" {
		m.address("$.sip.advertise", c.SIP.Advertise)
	}
	m.reachable("$.sip", "listen", c.SIP.Listen, c.SIP.Advertise, "192.0.2.1:5060")
	m.ip4("$.rtp.bind", c.RTP.Bind)
	if c.RTP.Advertise != "" {
		m.ip4("$.rtp.advertise", c.RTP.Advertise)
	}
	m.reachable("$.rtp", "bind", c.RTP.Bind, c.RTP.Advertise, "192.0.2.1")
	if _, _, err := c.RTP.PortRange(); err != nil {
		m.add("$.rtp.ports", "%v", err)
	}
	if len(c.Accounts) == 0 {
		m.add("$.accounts", "there is none: without an account nobody can start a call")
	}
	owner := map[string]string{}
	for i, a := range c.Accounts {
		a.validate(m, fmt.Sprintf("$.accounts[%d]", i), owner)
	}
}

// isBase says whether an API can be reached at a URL: no query, no user, and of a
// path one spelling.
func isBase(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return false
	}
	below := strings.TrimSuffix(u.Path, "/")
	return (below == "" || path.Clean(below) == below) && u.EscapedPath() == u.Path && !strings.ContainsAny(below, "{}")
}

func (m *collector) address(at, v string) {
	if ap, err := netip.ParseAddrPort(v); err != nil {
		example := "127.0.0.1:5060"
		if strings.HasPrefix(at, "$.http") {
			example = "127.0.0.1:8080"
		}
		m.add(at, "%q is not an address and port: write %s", v, example)
	} else if ap.Port() == 0 && strings.HasSuffix(at, "advertise") {
		m.add(at, "%q has port 0, which nobody can reach", v)
	}
}

func (m *collector) ip4(at, v string) {
	if a, err := netip.ParseAddr(v); err != nil || !a.Is4() {
		m.add(at, "%q is not an IPv4 address", v)
	}
}

// reachable wants an address that peers can send to: what is advertised, or else
// the local one, under key, unless that stands for every address of the machine.
func (m *collector) reachable(at, key, local, advertise, example string) {
	if advertise != "" && unspecified(advertise) {
		m.add(at+".advertise", "%q is no address that peers can reach: write %s", advertise, example)
	}
	if advertise == "" && unspecified(local) {
		m.add(at+"."+key, "%q is every address of this machine: say in %s.advertise which one peers reach, such as %s",
			local, strings.TrimPrefix(at, "$."), example)
	}
}

// unspecified says whether an address, with or without a port, is 0.0.0.0 or ::.
func unspecified(v string) bool {
	a, err := netip.ParseAddr(v)
	if err != nil {
		ap, _ := netip.ParseAddrPort(v)
		a = ap.Addr()
	}
	return a.Unmap().IsUnspecified()
}

func parsePort(s string) (uint16, error) {
	ap, err := netip.ParseAddrPort("127.0.0.1:" + s)
	return ap.Port(), err
}

func isName(s string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return s != "" && len(s) <= 64 && strings.Trim(s, allowed) == ""
}
