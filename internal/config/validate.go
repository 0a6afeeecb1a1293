package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"ringflow/internal/certificate"
)

// validate reports what the tags of the keys do not say: values that contradict one
// another.
func (c *Config) validate() {
	if (c.HTTP.TLSCert == "") != (c.HTTP.TLSKey == "") {
		c.file.Add("$.http", "tls_cert and tls_key go together: give both or neither")
	}
	c.validateSIP()
	c.validateRTP()
	if c.Database.URL == "" && c.Database.PasswordFile != "" {
		c.file.Add("$.database.password_file", "there is no database.url, whose user it is for")
	}
	if len(c.Accounts) == 0 {
		c.file.Add("$.accounts", "there is none: without an account nobody can start a call")
	}
	owners := map[string]string{}
	for i, a := range c.Accounts {
		c.validateAccount(a, fmt.Sprintf("$.accounts[%d]", i), owners)
	}
}

// validateSIP wants one address for each IP version at most, and each reachable.
func (c *Config) validateSIP() {
	if len(c.SIP.Listen) == 0 {
		c.file.Add("$.sip.listen", "there is none: write 0.0.0.0:5060")
	}
	if (c.SIP.TLS.Certificate == "") != (c.SIP.TLS.Key == "") {
		c.file.Add("$.sip.tls", "certificate and key go together: give both or neither")
	}
	if len(c.SIP.TLS.Listen) > 0 && c.SIP.TLS.Certificate == "" {
		c.file.Add("$.sip.tls.listen", "connections over TLS need a certificate: give certificate and key too")
	}
	for _, list := range []struct {
		at     string
		values Addresses
	}{{"$.sip.listen", c.SIP.Listen}, {"$.sip.advertise", c.SIP.Advertise}, {"$.sip.tls.listen", c.SIP.TLS.Listen}, {"$.sip.tls.advertise", c.SIP.TLS.Advertise}} {
		if as := list.values.AddrPorts(); len(as) > 2 || len(as) == 2 && as[0].Addr().Is4() == as[1].Addr().Is4() {
			c.file.Add(list.at, "%s: give one address of IPv4, one of IPv6, or one of each", strings.Join(list.values, ", "))
		}
	}
	for at, list := range map[string]Addresses{"$.sip": c.SIP.Advertise, "$.sip.tls": c.SIP.TLS.Advertise} {
		for _, advertise := range list {
			c.validateReachable(at, "listen", advertise, advertise, "192.0.2.1:5060")
		}
	}
	for _, listen := range c.SIP.Listen {
		if advertisedFor(listen, c.SIP.Advertise) == "" {
			c.validateReachable("$.sip", "listen", listen, "", "192.0.2.1:5060")
		}
	}
	for _, listen := range c.SIP.TLS.Listen {
		if advertisedFor(listen, c.SIP.TLS.Advertise) == "" && advertisedFor(listen, c.SIP.Advertise) == "" {
			c.validateReachable("$.sip.tls", "listen", listen, "", "192.0.2.1:5061")
		}
	}
}

// validateRTP wants one address for each IP version at most, each reachable.
func (c *Config) validateRTP() {
	for _, list := range []struct {
		key    string
		values IPs
	}{{"bind", c.RTP.Bind}, {"advertise", c.RTP.Advertise}} {
		if n := len(list.values); n > 2 || n == 2 && (!list.values.of(false).IsValid() || !list.values.of(true).IsValid()) {
			c.file.Add("$.rtp."+list.key, "%s: give one address of IPv4, one of IPv6, or one of each", strings.Join(list.values, ", "))
			return
		}
	}
	if len(c.RTP.Bind) == 0 {
		c.file.Add("$.rtp.bind", "there is none: write 0.0.0.0")
	}
	for _, v := range []struct {
		ipv6                   bool
		version, any, examples string
	}{{false, "IPv4", "0.0.0.0", "192.0.2.1"}, {true, "IPv6", "::", "2001:db8::1"}} {
		bind, advertise := c.RTP.Addrs(v.ipv6)
		switch advertised := c.RTP.Advertise.of(v.ipv6); {
		case advertised.IsValid() && !bind.IsValid() && len(c.RTP.Bind) > 0:
			c.file.Add("$.rtp.bind", "%s is of the other IP version than %s of rtp.advertise: add an %s address, such as %q", strings.Join(c.RTP.Bind, ", "), advertised, v.version, v.any)
		case bind.IsValid():
			text := ""
			if advertised.IsValid() {
				text = advertise.String()
			}
			c.validateReachable("$.rtp", "bind", bind.String(), text, v.examples)
		}
	}
}

// advertisedFor is what is advertised for an address: that of its IP version, and any
// for every address of the machine.
func advertisedFor(listen string, advertised Addresses) string {
	for _, a := range advertised {
		if hostOf(a).Is4() == hostOf(listen).Is4() {
			return a
		}
	}
	if len(advertised) > 0 && hostOf(listen) == netip.IPv6Unspecified() {
		return advertised[0]
	}
	return ""
}

// validateReachable wants an address that peers can send to: what is advertised, or
// else the local one, under key, unless that stands for every address of the machine.
func (c *Config) validateReachable(at, key, local, advertise, example string) {
	if advertise != "" && hostOf(advertise).IsUnspecified() {
		c.file.Add(at+".advertise", "%q is no address that peers can reach: write %s", advertise, example)
	}
	if advertise == "" && hostOf(local).IsUnspecified() {
		c.file.Add(at+"."+key, "%q is every address of this machine: say in %s.advertise which one peers reach, such as %s",
			local, strings.TrimPrefix(at, "$."), example)
	}
}

// CheckFiles reads the files that the configuration names, part by part as the
// start of a server does. The error holds every problem.
func (c *Config) CheckFiles() error {
	_, trunks := c.CallAccounts()
	_, clients := c.OAuthClients()
	_, resources := c.FixedResources()
	_, record := c.Record("")
	errs := []error{trunks, clients, resources, record}
	errs = append(errs, c.checkCertificates())
	if c.HTTP.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(c.Relative(c.HTTP.TLSCert), c.Relative(c.HTTP.TLSKey)); err != nil {
			errs = append(errs, c.ErrorAt("$.http.tls_cert", fmt.Errorf("read certificate: %w", err)))
		}
	}
	if c.SecretsKey != "" {
		_, err := c.OpenVault("")
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// checkCertificates reads the files that TLS of trunks names.
func (c *Config) checkCertificates() error {
	var errs []error
	pair := func(at, cert, key string) {
		if cert == "" {
			return
		}
		if _, err := certificate.Pair(c.Relative(cert), c.Relative(key), nil); err != nil {
			errs = append(errs, c.ErrorAt(at+".certificate", err))
		}
	}
	pair("$.sip.tls", c.SIP.TLS.Certificate, c.SIP.TLS.Key)
	for i, a := range c.Accounts {
		for j, t := range a.Trunks {
			at := fmt.Sprintf("$.accounts[%d].trunks[%d].tls", i, j)
			pair(at, t.TLS.Certificate, t.TLS.Key)
			if t.TLS.CA == "" {
				continue
			}
			if _, err := certificate.Authorities(c.Relative(t.TLS.CA), nil); err != nil {
				errs = append(errs, c.ErrorAt(at+".ca", err))
			}
		}
	}
	return errors.Join(errs...)
}
