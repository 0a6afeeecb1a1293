package main

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// certificate is the API's TLS certificate. It is read again when its file has
// changed, so that a renewal needs no restart; a renewal that cannot be read
// leaves the one before in use.
type certificate struct {
	certFile, keyFile string

	mu      sync.Mutex // guards the fields below
	current *tls.Certificate
	changed time.Time // of certFile, as current was read
	broken  func(error)
}

// newCertificate reads the pair of files. broken is told why a later renewal
// could not be used.
func newCertificate(certFile, keyFile string, broken func(error)) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, broken: broken}
	return c, c.read()
}

func (c *certificate) read() error {
	info, err := os.Stat(c.certFile)
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	c.current, c.changed = &pair, info.ModTime()
	return nil
}

// config is what a listener serves it with: TLS 1.2 and later.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: c.get}
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if info, err := os.Stat(c.certFile); err == nil && !info.ModTime().Equal(c.changed) {
		if err := c.read(); err != nil {
			c.changed = info.ModTime() // told once a change
			c.broken(err)
		}
	}
	return c.current, nil
}
