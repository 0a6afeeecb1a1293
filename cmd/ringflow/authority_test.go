//go:build interop

package main_test

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// authority is a certificate authority of a test's own, made by openssl.
type authority struct {
	t   *testing.T
	dir string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t, t.TempDir()}
	a.openssl("-subj", "/CN=Authority of the test", "-keyout", "ca.key", "-out", "ca.pem")
	return a
}

// openssl makes a certificate and its key.
func (a *authority) openssl(args ...string) {
	a.t.Helper()
	cmd := exec.Command("openssl", append([]string{"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
		"-noenc", "-days", "2"}, args...)...)
	cmd.Dir = a.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		a.t.Fatalf("openssl: %v\n%s", err, out)
	}
}

// root is the certificate of the authority, in PEM.
func (a *authority) root() []byte { return a.file("ca.pem") }

// issue makes a certificate for an address or a host name, and its key, in PEM.
func (a *authority) issue(name string) (certificate, key []byte) {
	a.t.Helper()
	alternative := "DNS:" + name
	if _, err := netip.ParseAddr(name); err == nil {
		alternative = "IP:" + name
	}
	a.openssl("-subj", "/CN="+name, "-addext", "subjectAltName="+alternative, "-CA", "ca.pem", "-CAkey", "ca.key",
		"-keyout", "issued.key", "-out", "issued.pem")
	return a.file("issued.pem"), a.file("issued.key")
}

func (a *authority) file(name string) []byte {
	a.t.Helper()
	text, err := os.ReadFile(filepath.Join(a.dir, name))
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}
