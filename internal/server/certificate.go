package server

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// certificate is the API's TLS certificate. It is read again when either of its
// files has changed, so that a renewal needs no restart, whichever of the two is
// written first; a renewal that cannot be read leaves the one before in use.
type certificate struct {
	certFile, keyFile string

	mu       sync.Mutex // guards the fields below
	current  *tls.Certificate
	modified [2]time.Time // of certFile and keyFile, as they were last read
	onError  func(error)
}

// newCertificate reads the pair of files. onError is called with the error of a later
// renewal.
func newCertificate(certFile, keyFile string, onError func(error)) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, onError: onError}
	return c, c.read()
}

func (c *certificate) read() error {
	changed, err := c.modTimes()
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	c.modified = changed // also if they cannot be used: the error is reported once a change
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	c.current = &pair
	return nil
}

// modTimes are when the two files were changed last.
func (c *certificate) modTimes() (changed [2]time.Time, err error) {
	for i, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return changed, err
		}
		changed[i] = info.ModTime()
	}
	return changed, nil
}

// config is what a listener serves it with: TLS 1.2 and later.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: c.get}
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if changed, err := c.modTimes(); err == nil && changed != c.modified {
		if err := c.read(); err != nil {
			c.onError(err)
		}
	}
	return c.current, nil
}
