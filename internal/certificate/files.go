// Package certificate reads certificates and keys from PEM files, and again once they
// have changed. It does not know who uses them, and for what.
package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// Files are what was read from files. They are read again when one of them has changed,
// so that a renewal needs no restart, whichever of them is written first; a renewal that
// cannot be read leaves what was read before in use. Its methods may be called by any
// number of goroutines.
type Files[T any] struct {
	names   []string
	parse   func() (T, error)
	onError func(error)

	mu       sync.Mutex // guards the fields below
	current  T
	modified []time.Time // of the files, as they were last read
}

// Pair reads a certificate and its key. onError is called with the error of a later
// renewal.
func Pair(certFile, keyFile string, onError func(error)) (*Files[*tls.Certificate], error) {
	return open(onError, func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		return &pair, err
	}, certFile, keyFile)
}

// Authorities reads the certificates of authorities; onError is as for Pair.
func Authorities(file string, onError func(error)) (*Files[*x509.CertPool], error) {
	return open(onError, func() (*x509.CertPool, error) {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s: %w", file, errNoCertificate)
		}
		return pool, nil
	}, file)
}

var errNoCertificate = errors.New("it has no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----")

func open[T any](onError func(error), parse func() (T, error), names ...string) (*Files[T], error) {
	f := &Files[T]{names: names, parse: parse, onError: onError}
	return f, f.read()
}

func (f *Files[T]) read() error {
	changed, err := f.modTimes()
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	f.modified = changed // also if they cannot be used: the error is reported once a change
	next, err := f.parse()
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	f.current = next
	return nil
}

// modTimes are when the files were changed last.
func (f *Files[T]) modTimes() (changed []time.Time, err error) {
	for _, name := range f.names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		changed = append(changed, info.ModTime())
	}
	return changed, nil
}

// Current is what the files hold now, or held when they could be used last.
func (f *Files[T]) Current() T {
	f.mu.Lock()
	defer f.mu.Unlock()
	if changed, err := f.modTimes(); err == nil && !slices.Equal(changed, f.modified) {
		if err := f.read(); err != nil {
			f.onError(err)
		}
	}
	return f.current
}
