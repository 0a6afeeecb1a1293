package doctor_test

import (
	"bufio"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// authority signs the certificates of far ends.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, file: filepath.Join(t.TempDir(), "ca.pem")}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour)}
	var der []byte
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err == nil {
		if der, err = x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key); err == nil {
			a.cert, err = x509.ParseCertificate(der)
		}
	}
	if err == nil {
		err = os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// sign makes a certificate for a name or an address.
func (a *authority) sign(host string, validFor time.Duration) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-1000 * time.Hour), NotAfter: time.Now().Add(validFor)}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// streamTrunk is a far end over TCP, or over TLS, that answers each request with 200.
func streamTrunk(t *testing.T, at string, secured *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if secured != nil {
				conn = tls.Server(conn, secured)
			}
			serving.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
				for in := bufio.NewReader(conn); ; {
					var head []string
					for {
						line, err := in.ReadString('\n')
						if err != nil {
							return
						}
						if line = strings.TrimRight(line, "\r\n"); line == "" {
							break
						}
						head = append(head, line)
					}
					if len(head) > 0 {
						_, _ = io.WriteString(conn, response(head, "200 OK", ";received=127.0.0.1"))
					}
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return l.Addr().String()
}

// over gives the trunk of a target keys of its own.
func over(target, keys string) settings {
	s := good(target)
	s.trunk = strings.TrimSuffix(s.trunk, "}") + ", " + keys + "}"
	return s
}

// Each mistake about TLS is named as a fault, with what to change; without one, there is none,
// and the certificate's end is told.
func TestTLS(t *testing.T) {
	const loopback = "127.0.0.1:0"
	for name, c := range map[string]struct {
		plant func(t *testing.T, a *authority) settings
		says  []string // of the fault; none: there is no fault
		ok    string
		wait  time.Duration // 0: as in quick
	}{
		"right": {func(t *testing.T, a *authority) settings {
			return over(streamTrunk(t, loopback, &tls.Config{Certificates: []tls.Certificate{a.sign("127.0.0.1", 1000*time.Hour)}}), "transport: tls, tls: {ca: "+a.file+"}")
		}, nil, "ok SIP over TLS: the certificate of 127.0.0.1 is valid until ", 0},
		"expires soon": {func(t *testing.T, a *authority) settings {
			return over(streamTrunk(t, loopback, &tls.Config{Certificates: []tls.Certificate{a.sign("127.0.0.1", 100*time.Hour)}}), "transport: tls, tls: {ca: "+a.file+"}")
		}, nil, "warning SIP over TLS: the certificate of 127.0.0.1 expires on ", 0},
		"another name": {func(t *testing.T, a *authority) settings {
			return over(streamTrunk(t, loopback, &tls.Config{Certificates: []tls.Certificate{a.sign("sip.example.com", 1000*time.Hour)}}), "transport: tls, tls: {ca: "+a.file+"}")
		}, []string{"its certificate is for sip.example.com and not for 127.0.0.1", "tls.server_name"}, "", 0},
		"unknown authority": {func(t *testing.T, a *authority) settings {
			return over(streamTrunk(t, loopback, &tls.Config{Certificates: []tls.Certificate{a.sign("127.0.0.1", 1000*time.Hour)}}), "transport: tls")
		}, []string{"an authority that is not known here, CN=Test Authority", "tls.ca"}, "", 0},
		"expired": {func(t *testing.T, a *authority) settings {
			return over(streamTrunk(t, loopback, &tls.Config{Certificates: []tls.Certificate{a.sign("127.0.0.1", -time.Hour)}}), "transport: tls, tls: {ca: "+a.file+"}")
		}, []string{"its certificate expired at "}, "", 0},
		"client certificate": {func(t *testing.T, a *authority) settings {
			return over(streamTrunk(t, loopback, &tls.Config{Certificates: []tls.Certificate{a.sign("127.0.0.1", 1000*time.Hour)}, ClientAuth: tls.RequireAnyClientCert}), "transport: tls, tls: {ca: "+a.file+"}")
		}, []string{"it asks for a client certificate", "tls.certificate and tls.key"}, "", 0},
		"client certificate by TLS 1.2": {func(t *testing.T, a *authority) settings {
			return over(streamTrunk(t, loopback, &tls.Config{Certificates: []tls.Certificate{a.sign("127.0.0.1", 1000*time.Hour)}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}), "transport: tls, tls: {ca: "+a.file+"}")
		}, []string{"client certificate", "tls.certificate and tls.key"}, "", 0},
		"old version": {func(t *testing.T, a *authority) settings {
			return over(streamTrunk(t, loopback, &tls.Config{Certificates: []tls.Certificate{a.sign("127.0.0.1", 1000*time.Hour)}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}), "transport: tls, tls: {ca: "+a.file+"}")
		}, []string{"it speaks no TLS 1.2 or later"}, "", 0},
		"no TLS at the port": {func(t *testing.T, _ *authority) settings {
			return over(streamTrunk(t, loopback, nil), "transport: tls")
		}, []string{"does not answer over tls", "It answers over tcp: write transport: tcp"}, "", 500 * time.Millisecond},
		"UDP where there is TLS": {func(t *testing.T, a *authority) settings {
			at := netip.AddrFrom4([4]byte{127, byte(2 + os.Getpid()%250), 77, 1}).String()
			streamTrunk(t, at+":5061", &tls.Config{Certificates: []tls.Certificate{a.sign("127.0.0.1", 1000*time.Hour)}})
			return good(at + ":5060")
		}, []string{"Port 5061 speaks TLS: write transport: tls"}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := quick
			o.Wait = cmp.Or(c.wait, o.Wait)
			lines, faults := run(t, c.plant(t, newAuthority(t)), o)
			text := strings.Join(lines, "\n")
			if (faults > 0) != (c.says != nil) || !strings.Contains(text, c.ok) {
				t.Errorf("%d faults, want %q\n%s", faults, c.ok, text)
			}
			for _, l := range lines {
				if strings.HasPrefix(l, "FAULT ") && !strings.HasPrefix(l, "FAULT trunk carrier: ") {
					t.Errorf("there is another fault: %s", l)
				}
			}
			for _, want := range c.says {
				if !strings.Contains(text, want) {
					t.Errorf("there is no %q in\n%s", want, text)
				}
			}
			if strings.Contains(text, "ALG") {
				t.Errorf("the network is blamed for a mistake about TLS:\n%s", text)
			}
		})
	}
}

// Our own certificate for SIP is looked at as the trunks' are.
func TestOwnCertificateOfSIP(t *testing.T) {
	a := newAuthority(t)
	pair := a.sign("calls.example.com", -time.Hour)
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "own.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	s := good(plain(t))
	s.sip = fmt.Sprintf(`{listen: "127.0.0.1:0", tls: {listen: "127.0.0.1:0", certificate: %q, key: %q}}`, file, file)
	lines, faults := run(t, s, quick)
	if text := strings.Join(lines, "\n"); faults != 1 || !strings.Contains(text, "FAULT SIP over TLS: our certificate "+file+" expired on ") {
		t.Errorf("%d faults\n%s", faults, text)
	}
}
