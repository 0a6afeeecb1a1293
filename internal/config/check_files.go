package config

import (
	"crypto/tls"
	"errors"
	"fmt"
)

// CheckFiles reads the files that the configuration names, part by part as the
// start of a server does. The error holds every problem.
func (c *Config) CheckFiles() error {
	_, trunks := c.CallAccounts()
	_, clients := c.OAuthClients()
	_, connections := c.HTTPConnections()
	_, webhooks := c.EventWebhooks()
	errs := []error{trunks, clients, connections, webhooks}
	if c.HTTP.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(c.Relative(c.HTTP.TLSCert), c.Relative(c.HTTP.TLSKey)); err != nil {
			errs = append(errs, c.ErrorAt("$.http.tls_cert", fmt.Errorf("read certificate: %w", err)))
		}
	}
	if _, err := c.Record(""); err != nil {
		errs = append(errs, err)
	}
	if c.SecretsKey != "" {
		_, err := c.OpenVault("")
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
