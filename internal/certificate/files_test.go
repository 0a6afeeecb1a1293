package certificate_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringflow/internal/certificate"
)

// issue writes a self-signed certificate of a name, dated so that each issue
// is another change of the files.
func issue(t *testing.T, dir, name string, serial int64) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	when := time.Unix(1_700_000_000+serial, 0)
	for _, file := range []string{certFile, keyFile} {
		if err := os.Chtimes(file, when, when); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// serialOf is the serial number of the certificate that a handshake shows.
func serialOf(t *testing.T, c *certificate.Files[*tls.Certificate]) int64 {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.Current(), nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_ = conn.(*tls.Conn).Handshake()
			conn.Close()
		}
	}()
	conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true}) // the test judges the certificate itself
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func TestARenewedCertificateIsServedWithoutARestart(t *testing.T) {
	dir := t.TempDir()
	complaints := 0
	certFile, keyFile := issue(t, dir, "one", 1)
	c, err := certificate.Pair(certFile, keyFile, func(error) { complaints++ })
	if err != nil {
		t.Fatal(err)
	}
	if n := serialOf(t, c); n != 1 {
		t.Errorf("certificate %d is served, want 1", n)
	}
	issue(t, dir, "two", 2)
	if n := serialOf(t, c); n != 2 {
		t.Errorf("certificate %d is served after a renewal, want 2", n)
	}
	if err := os.WriteFile(certFile, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if n := serialOf(t, c); n != 2 {
			t.Errorf("certificate %d is served after a broken renewal, want 2", n)
		}
	}
	if complaints != 1 {
		t.Errorf("the broken renewal was told %d times", complaints)
	}
}

func TestAKeyMayComeAfterItsCertificate(t *testing.T) {
	dir, next := t.TempDir(), t.TempDir()
	complaints := 0
	certFile, keyFile := issue(t, dir, "one", 1)
	c, err := certificate.Pair(certFile, keyFile, func(error) { complaints++ })
	if err != nil {
		t.Fatal(err)
	}
	nextCert, nextKey := issue(t, next, "two", 2)
	if err := os.Rename(nextCert, certFile); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if n := serialOf(t, c); n != 1 {
			t.Errorf("certificate %d is served while its key is not there, want 1", n)
		}
	}
	if err := os.Rename(nextKey, keyFile); err != nil {
		t.Fatal(err)
	}
	if n := serialOf(t, c); n != 2 {
		t.Errorf("certificate %d is served once its key has come, want 2", n)
	}
	if complaints != 1 {
		t.Errorf("the pair that did not fit was told %d times", complaints)
	}
}

func TestACertificateThatCannotBeReadStopsTheStart(t *testing.T) {
	if _, err := certificate.Pair("nowhere.pem", "nowhere.key", nil); err == nil {
		t.Error("a certificate that is not there was taken")
	}
	certFile, _ := issue(t, t.TempDir(), "one", 1)
	_, otherKey := issue(t, t.TempDir(), "two", 2)
	if _, err := certificate.Pair(certFile, otherKey, nil); err == nil {
		t.Error("a key that belongs to another certificate was taken")
	}
}

func TestAuthoritiesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	complaints := 0
	file, _ := issue(t, dir, "one", 1)
	f, err := certificate.Authorities(file, func(error) { complaints++ })
	if err != nil {
		t.Fatal(err)
	}
	first := f.Current()
	issue(t, dir, "two", 2)
	second := f.Current()
	if first.Equal(second) {
		t.Error("authorities that changed are not read again")
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if !f.Current().Equal(second) || complaints != 1 {
			t.Errorf("a file that was emptied was reported %d times", complaints)
		}
	}
	if _, err := certificate.Authorities(file, nil); err == nil || !strings.Contains(err.Error(), "no certificate in PEM") {
		t.Errorf("an empty file: %v", err)
	}
}
