package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"

	"ringflow/internal/auth"
	"ringflow/numbers"
)

func (c *Config) validate(m *mistakes) {
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
	if _, _, err := c.RTP.portRange(); err != nil {
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

func (m *mistakes) address(at, v string) {
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

func (m *mistakes) ip4(at, v string) {
	if a, err := netip.ParseAddr(v); err != nil || !a.Is4() {
		m.add(at, "%q is not an IPv4 address", v)
	}
}

// reachable wants an address that peers can send to: what is advertised, or else
// the local one, under key, unless that stands for every address of the machine.
func (m *mistakes) reachable(at, key, local, advertise, example string) {
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

func (a AccountConfig) validate(m *mistakes, at string, owner map[string]string) {
	if !isName(a.Name) {
		m.add(at+".name", "%q is not a name: letters, digits, - and _, at most 64", a.Name)
	}
	if other, taken := owner["account "+a.Name]; taken {
		m.add(at+".name", "%s is already the name of %s", a.Name, other)
	}
	owner["account "+a.Name] = at
	if a.Scheduled != nil && *a.Scheduled < 0 {
		m.add(at+".scheduled_starts", "%d is less than 0", *a.Scheduled)
	}
	if a.Streams != nil && *a.Streams < 0 {
		m.add(at+".event_streams", "%d is less than 0", *a.Streams)
	}
	if a.RateLimit != nil && (*a.RateLimit < 0 || *a.RateLimit > 1e6) {
		m.add(at+".rate_limit", "%v is not a rate: 0 to 1000000 a second", *a.RateLimit)
	}
	for i, n := range a.Numbers {
		here := fmt.Sprintf("%s.numbers[%d]", at, i)
		if e, err := numbers.Parse(n, ""); err != nil || string(e) != n {
			m.add(here, "%q is not a number in E.164: write %s", n, cmp.Or(a.international(n, nil), "+ with country code and number, such as +12025550100"))
		} else if err := numbers.Possible(e); err != nil {
			m.add(here, "%w", err)
		}
		if other, taken := owner["number "+n]; taken {
			m.add(here, "%s already belongs to account %s", n, other)
		}
		owner["number "+n] = a.Name
	}
	a.Destinations.validate(m, at+".destinations")
	for i, c := range a.Clients {
		c.validate(m, fmt.Sprintf("%s.clients[%d]", at, i), a.Name, owner)
	}
	if a.Country != "" && !numbers.IsRegion(a.Country) {
		m.add(at+".country", "%q is not a country: two capital letters, such as US", a.Country)
	}
	names := map[string]bool{}
	for i, t := range a.Trunks {
		here := fmt.Sprintf("%s.trunks[%d]", at, i)
		t.validate(m, here)
		if names[t.Name] {
			m.add(here+".name", "%s is already the name of another trunk of the account", t.Name)
		}
		names[t.Name] = true
	}
	for key, dir := range map[string]string{".flows": a.Flows, ".prompts": a.Prompts} {
		if s, err := os.Stat(m.c.relative(dir)); dir != "" && (err != nil || !s.IsDir()) {
			m.add(at+key, "%q is not a folder", dir)
		}
	}
}

// validate notes each value that can match no number, at its own line.
func (d DestinationsConfig) validate(m *mistakes, at string) {
	for i := range d.Allow {
		if err := (numbers.Plan{Allow: d.Allow[i : i+1]}).Check(); err != nil {
			m.note(nodeAt(&m.c.root, fmt.Sprintf("%s.allow[%d]", at, i)), at, "%w", err)
		}
	}
	for i := range d.Deny {
		if err := (numbers.Plan{Deny: d.Deny[i : i+1]}).Check(); err != nil {
			m.note(nodeAt(&m.c.root, fmt.Sprintf("%s.deny[%d]", at, i)), at, "%w", err)
		}
	}
}

func (c ClientConfig) validate(m *mistakes, at, account string, owner map[string]string) {
	if c.RateLimit < 0 || c.RateLimit > 1e6 {
		m.add(at+".rate_limit", "%v is not a rate: 0 to 1000000 a second", c.RateLimit)
	}
	if c.ID == "" {
		m.add(at+".id", "it is empty")
	}
	if other, taken := owner["client "+c.ID]; taken {
		m.add(at+".id", "%s is already a client of account %s", c.ID, other)
	}
	owner["client "+c.ID] = account
	given := 0
	for _, way := range []string{c.Secret, c.SecretFile, c.SecretHash} {
		if way != "" {
			given++
		}
	}
	if given > 1 || given == 0 && len(c.Keys) == 0 {
		m.add(at+".secret", "give exactly one of secret, secret_file and secret_hash, or keys alone")
	}
	if c.SecretHash != "" {
		if _, err := auth.ParseSecret(c.SecretHash); err != nil {
			m.add(at+".secret_hash", "%w; ringflow client hash prints one", err)
		}
	}
	if len(c.Scopes) == 0 {
		m.add(at+".scopes", "there is none: the client could do nothing")
	}
	for i, scope := range c.Scopes {
		if known := auth.Scopes(); !slices.Contains(known, scope) {
			m.add(fmt.Sprintf("%s.scopes[%d]", at, i), "%q is no scope: there are %s", scope, strings.Join(known, ", "))
		}
	}
}

func parsePort(s string) (uint16, error) {
	ap, err := netip.ParseAddrPort("127.0.0.1:" + s)
	return ap.Port(), err
}

func isName(s string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return s != "" && len(s) <= 64 && strings.Trim(s, allowed) == ""
}
