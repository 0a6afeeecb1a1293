package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
)

// validate reports what the tags of the keys do not say: values that contradict one
// another.
func (c *Config) validate() {
	if (c.HTTP.TLSCert == "") != (c.HTTP.TLSKey == "") {
		c.file.Add("$.http", "tls_cert and tls_key go together: give both or neither")
	}
	c.validateReachable("$.sip", "listen", c.SIP.Listen, c.SIP.Advertise, "192.0.2.1:5060")
	c.validateReachable("$.rtp", "bind", c.RTP.Bind, c.RTP.Advertise, "192.0.2.1")
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
