package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// configCheck is `ringflow config check FILE`: every problem of the configuration,
// of the files that it names and of its flows, as far as serve would not start
// with it. It opens no port and changes nothing.
func configCheck(_ context.Context, args []string, out, _ io.Writer) error {
	rest, err := parseArguments(newFlags(), args, 1, 1)
	if err != nil {
		return err
	}
	c, err := loadConfig(rest[0])
	if err == nil {
		err = c.readable()
	}
	if err != nil {
		fmt.Fprintln(out, err)
		return errTold
	}
	for _, warning := range c.doubts() {
		fmt.Fprintln(out, warning)
	}
	good := true
	for i, a := range c.Accounts {
		good = c.checkFlows(i, a, out) && good
	}
	if !good {
		return errTold
	}
	_, err = fmt.Fprintf(out, "%s: ok\n", rest[0])
	return err
}

// readable tries what the configuration names, part by part as serve does. The
// error holds every problem.
func (c *Config) readable() error {
	_, trunks := c.accounts()
	_, clients := c.clients()
	_, connections := c.connections()
	_, webhooks := c.webhooks()
	errs := []error{trunks, clients, connections, webhooks}
	if c.HTTP.TLSCert != "" {
		if _, err := newCertificate(c.relative(c.HTTP.TLSCert), c.relative(c.HTTP.TLSKey), func(error) {}); err != nil {
			errs = append(errs, c.mistake("$.http.tls_cert", err))
		}
	}
	if c.SecretsKey != "" {
		_, err := c.vault("")
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// checkFlows prints what is wrong with the prompts and the flow files of an
// account, and reports whether it could run them.
func (c *Config) checkFlows(i int, a AccountConfig, out io.Writer) bool {
	has, err := c.environment(a)
	if err != nil {
		fmt.Fprintln(out, c.mistake(fmt.Sprintf("$.accounts[%d].prompts", i), err))
		return false
	}
	if a.Flows == "" {
		return true
	}
	files, err := flowFiles(c.relative(a.Flows))
	if err != nil {
		fmt.Fprintln(out, c.mistake(fmt.Sprintf("$.accounts[%d].flows", i), err))
		return false
	}
	good := true
	for _, file := range files {
		good = checkedFlow{file, has}.tell(out) && good
	}
	return good
}
