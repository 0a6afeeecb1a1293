package sip_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
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
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"

	"ringflow/sip"
)

const tlsAddr = "10.0.0.2:5061"

// authority signs the certificates of a test.
type authority struct {
	*testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
	last int64 // serial number
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{T: t, dir: t.TempDir(), key: newKey(t)}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(20, 0, 0), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.file = a.write("ca.pem", "CERTIFICATE", der)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) write(name, kind string, der []byte) string {
	a.Helper()
	file := filepath.Join(a.dir, name)
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.Fatal(err)
	}
	return file
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// issued is a certificate with its files.
type issued struct {
	tls.Certificate
	cert, key string
}

func (i issued) fingerprint() string {
	sum := sha256.Sum256(i.Certificate.Certificate[0])
	return hex.EncodeToString(sum[:])
}

// issue signs a certificate for a name, changed by the given functions. Files of the same
// name are written again.
func (a *authority) issue(name string, change ...func(*x509.Certificate)) issued {
	a.Helper()
	a.last++
	template := &x509.Certificate{SerialNumber: big.NewInt(a.last), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 6, 0),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	for _, f := range change {
		f(template)
	}
	key, parent, by := newKey(a.T), a.cert, a.key
	if template.Issuer.CommonName == template.Subject.CommonName { // self-signed
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		a.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.Fatal(err)
	}
	out := issued{cert: a.write(name+".pem", "CERTIFICATE", der), key: a.write(name+".key", "PRIVATE KEY", private)}
	when := time.Unix(1_000_000_000+a.last, 0)
	for _, file := range []string{out.cert, out.key} {
		if err := os.Chtimes(file, when, when); err != nil {
			a.Fatal(err)
		}
	}
	if out.Certificate, err = tls.LoadX509KeyPair(out.cert, out.key); err != nil {
		a.Fatal(err)
	}
	return out
}

// inTLSBubble runs a test with a trunk over TLS, whose far end listens at tlsAddr.
func inTLSBubble(t *testing.T, change func(*sip.Config, *authority), test func(b *bench, n *tcpNetwork, far net.Listener, ca *authority)) {
	t.Helper()
	n := newTCPNetwork()
	var ca *authority
	inBubble(t, func(c *sip.Config) {
		c.Streams, ca = n.of("10.0.0.1"), newAuthority(t, "Test Authority")
		if change != nil {
			change(c, ca)
		}
	}, func(b *bench) {
		far, err := n.of("10.0.0.2").Listen(netip.MustParseAddrPort(tlsAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		test(b, n, far, ca)
	})
}

// overTLS is a trunk over TLS whose server is sip.example.
func overTLS(ca *authority, change ...func(*sip.Trunk)) func(*sip.Outgoing) {
	return func(o *sip.Outgoing) {
		o.Trunk.Transport, o.Trunk.Targets = sip.TLS, []string{tlsAddr}
		o.Trunk.TLS = sip.TLSSettings{ServerName: "sip.example", CA: ca.file}
		for _, f := range change {
			f(o.Trunk)
		}
	}
}

// acceptsTLS waits for a connection of the agent, and takes part in its handshake.
func (b *bench) acceptsTLS(l net.Listener, cfg *tls.Config) (*tcpPeer, tls.ConnectionState) {
	b.Helper()
	conn, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	c := tls.Server(b.buffered(conn), cfg)
	if err := c.Handshake(); err != nil {
		b.Fatal(err)
	}
	return &tcpPeer{T: b.T, conn: c, r: bufio.NewReader(c)}, c.ConnectionState()
}

// A call over TLS: Via and Contact say so, the connection carries the requests of both
// sides, and one that breaks is opened again.
func TestCallOverTLS(t *testing.T) {
	inTLSBubble(t, nil, func(b *bench, n *tcpNetwork, far net.Listener, ca *authority) {
		server := &tls.Config{Certificates: []tls.Certificate{ca.issue("sip.example").Certificate}, NextProtos: []string{"sip"}}
		s := b.call(overTLS(ca))
		p, state := b.acceptsTLS(far, server)
		if state.ServerName != "sip.example" || state.NegotiatedProtocol != "" || state.Version != tls.VersionTLS13 {
			t.Errorf("handshake %q %q %x", state.ServerName, state.NegotiatedProtocol, state.Version)
		}
		inv := p.request(sipmsg.INVITE)
		if via := inv.Via(); via.Transport != "TLS" || via.Host != "10.0.0.1" || via.Port != 5061 || !via.Params.Has("alias") {
			t.Errorf("Via %v", via)
		}
		if c := inv.Contact().Address.String(); !strings.HasSuffix(c, "@10.0.0.1:5061;transport=tls") || !strings.HasPrefix(c, "sip:") {
			t.Errorf("Contact %s", c)
		}
		if u := inv.Recipient.String(); u != "sip:+12025550123@"+tlsAddr {
			t.Errorf("Request-URI %s", u)
		}
		p.answer(inv, 180, "Ringing", "a", "")
		event[sip.Progress](b, s)
		p.write(answered(inv))
		event[sip.Answered](b, s)
		p.request(sipmsg.ACK)
		d := &peerDialog{inv: inv, tag: "a", seq: 100}
		p.write(strings.ReplaceAll(d.request("INFO").String(), "SIP/2.0/UDP", "SIP/2.0/TLS"))
		event[sip.InfoReceived](b, s)
		p.response(200, sipmsg.INFO)
		p.conn.Close()
		synctest.Wait()
		s.Hangup(sip.Cause{})
		p, _ = b.acceptsTLS(far, server)
		bye := p.request(sipmsg.BYE)
		if bye.Via().Transport != "TLS" {
			t.Errorf("Via %v", bye.Via())
		}
		p.answer(bye, 200, "OK", "a", "")
		if o := b.ended(s); !o.Answered {
			t.Errorf("outcome %+v", o)
		}
		if n.dialled != 2 {
			t.Errorf("%d connections", n.dialled)
		}
	})
}

// bufferedConn writes as a TCP socket does: without waiting for the far end to read.
type bufferedConn struct {
	net.Conn
	out    chan []byte
	closed chan struct{}
	once   sync.Once
}

// buffered makes the conn of a far end one that may write while the agent does. It is
// closed with the test's bubble at the latest.
func (b *bench) buffered(conn net.Conn) net.Conn {
	c := &bufferedConn{Conn: conn, out: make(chan []byte, 64), closed: make(chan struct{})}
	b.mu.Lock()
	b.conns = append(b.conns, c)
	b.mu.Unlock()
	go func() {
		defer conn.Close()
		for {
			select {
			case raw := <-c.out:
				_, _ = conn.Write(raw)
				continue
			default:
			}
			select {
			case raw := <-c.out:
				_, _ = conn.Write(raw)
			case <-c.closed:
				return
			}
		}
	}()
	return c
}

func (c *bufferedConn) Write(b []byte) (int, error) {
	c.out <- append([]byte(nil), b...)
	return len(b), nil
}

func (c *bufferedConn) Close() error { c.once.Do(func() { close(c.closed) }); return nil }

// answered is the 200 to an INVITE, with tag a.
func answered(inv *sipmsg.Request) string {
	res := sipmsg.NewResponseFromRequest(inv, 200, "OK", nil)
	res.To().Params.Remove("tag")
	res.To().Params.Add("tag", "a")
	res.AppendHeader(sipmsg.NewHeader("Contact", "<sip:phone@"+tlsAddr+";transport=tls>"))
	res.AppendHeader(sipmsg.NewHeader("Content-Type", "application/sdp"))
	res.SetBody([]byte(sdp))
	return res.String()
}

// A target written as sips: has SIPS URIs in its requests (RFC 5630), whatever the trunk's
// transport is; one with ;transport=tls has SIP URIs.
func TestTransportOfATarget(t *testing.T) {
	for target, want := range map[string]struct{ uri, contact string }{
		"sips:" + tlsAddr:                    {"sips:+12025550123@", "@10.0.0.1:5061"},
		"sips:10.0.0.2":                      {"sips:+12025550123@", "@10.0.0.1:5061"},
		"10.0.0.2;transport=tls":             {"sip:+12025550123@10.0.0.2", "@10.0.0.1:5061;transport=tls"},
		"SIPS:" + tlsAddr + ";transport=tcp": {"sips:+12025550123@", "@10.0.0.1:5061"},
		tlsAddr + ";transport=tls":           {"sip:+12025550123@", "@10.0.0.1:5061;transport=tls"},
		"sip:" + tlsAddr + ";transport=TLS":  {"sip:+12025550123@", "@10.0.0.1:5061;transport=tls"},
	} {
		t.Run(target, func(t *testing.T) {
			inTLSBubble(t, nil, func(b *bench, _ *tcpNetwork, far net.Listener, ca *authority) {
				server := &tls.Config{Certificates: []tls.Certificate{ca.issue("sip.example").Certificate}}
				s := b.call(overTLS(ca, func(tr *sip.Trunk) { tr.Transport, tr.Targets = sip.UDP, []string{target} }))
				p, _ := b.acceptsTLS(far, server)
				inv := p.request(sipmsg.INVITE)
				contact := inv.Contact().Address.String()
				if !strings.HasPrefix(inv.Recipient.String(), want.uri) || !strings.HasSuffix(contact, want.contact) || contact[:5] != want.uri[:5] {
					t.Errorf("%s, Contact %s", inv.Recipient.String(), contact)
				}
				p.answer(inv, 486, "Busy Here", "a", "")
				p.request(sipmsg.ACK)
				b.ended(s)
			})
		})
	}
}

// What keeps a connection from being secured is said in words, and what would be right.
func TestTLSThatFails(t *testing.T) {
	secured := func(cfg *tls.Config) func(*bench, net.Conn) {
		return func(b *bench, conn net.Conn) {
			c := tls.Server(b.buffered(conn), cfg)
			if c.Handshake() == nil {
				_, _ = io.Copy(io.Discard, c) // the client finds out later (RFC 8446 §4.4.2)
			}
			c.Close()
		}
	}
	having := func(change ...func(*x509.Certificate)) func(*authority) func(*bench, net.Conn) {
		return func(ca *authority) func(*bench, net.Conn) {
			return secured(&tls.Config{Certificates: []tls.Certificate{ca.issue("sip.example", change...).Certificate}})
		}
	}
	plain := func(text string) func(*authority) func(*bench, net.Conn) {
		return func(*authority) func(*bench, net.Conn) {
			return func(_ *bench, conn net.Conn) {
				_, _ = conn.Read(make([]byte, 4096))
				if text != "" {
					_, _ = conn.Write([]byte(text))
				} else {
					conn.Close()
				}
			}
		}
	}
	for name, c := range map[string]struct {
		far   func(*authority) func(*bench, net.Conn)
		trunk func(*sip.Trunk)
		want  string
	}{
		"expired": {far: having(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().AddDate(-1, 0, 0), time.Now().Add(-time.Second)
		}), want: "its certificate expired at 1999-12-31T23:59:59Z"},
		"not yet valid": {far: having(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }), want: "its certificate is valid from 2000-01-01T01:00:00Z on, and the clock here says 2000-01-01T00:00:00Z"},
		"wrong name": {far: having(func(c *x509.Certificate) { c.DNSNames = []string{"a.example", "b.example"} }),
			want: "its certificate is for a.example, b.example and not for sip.example: if it is the right server, write the name that it has into the trunk's tls.server_name"},
		"a common name alone": {far: having(func(c *x509.Certificate) { c.DNSNames = nil }), want: "its certificate is for no name (sip.example stands in its common name alone, which does not count) and not for sip.example"},
		"unknown authority": {far: func(*authority) func(*bench, net.Conn) {
			return secured(&tls.Config{Certificates: []tls.Certificate{newAuthority(t, "Other Authority").issue("sip.example").Certificate}})
		}, want: "its certificate is signed by an authority that is not known here, CN=Other Authority: write a file with that authority's certificate into the trunk's tls.ca"},
		"self-signed": {far: having(func(c *x509.Certificate) { c.Issuer = c.Subject }), want: "its certificate is signed by itself: write a file with it, or with its authority's, into the trunk's tls.ca"},
		"other fingerprint": {far: having(), trunk: func(tr *sip.Trunk) { tr.TLS.CA, tr.TLS.Fingerprint = "", strings.Repeat("ab", 32) },
			want: "and the trunk's tls.fingerprint is abababab"},
		"TLS 1.1": {far: func(ca *authority) func(*bench, net.Conn) {
			return secured(&tls.Config{Certificates: []tls.Certificate{ca.issue("sip.example").Certificate}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
		}, want: "it speaks no TLS 1.2 or later"},
		"TLS 1.2 where 1.3 is wanted": {far: func(ca *authority) func(*bench, net.Conn) {
			return secured(&tls.Config{Certificates: []tls.Certificate{ca.issue("sip.example").Certificate}, MaxVersion: tls.VersionTLS12})
		}, trunk: func(tr *sip.Trunk) { tr.TLS.MinVersion = "1.3" }, want: "it speaks no TLS 1.3 or later"},
		"no TLS": {far: plain("SIP/2.0 400 Bad Request\r\n\r\n"), want: "it speaks no TLS at this port"},
		"closes": {far: plain(""), want: "it closed the connection during the TLS handshake"},
		"is silent": {far: func(*authority) func(*bench, net.Conn) {
			return func(_ *bench, c net.Conn) { go io.Copy(io.Discard, c) }
		}, want: "did not end the TLS handshake within 10s"},
		"wants a certificate, TLS 1.3": {far: func(ca *authority) func(*bench, net.Conn) {
			return secured(&tls.Config{Certificates: []tls.Certificate{ca.issue("sip.example").Certificate}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool()})
		}, want: "it asks for a client certificate: write one into the trunk's tls.certificate and tls.key"},
		"wants a certificate, TLS 1.2": {far: func(ca *authority) func(*bench, net.Conn) {
			return secured(&tls.Config{Certificates: []tls.Certificate{ca.issue("sip.example").Certificate}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool(), MaxVersion: tls.VersionTLS12})
		}, want: "client certificate"},
		"no such file": {far: having(), trunk: func(tr *sip.Trunk) { tr.TLS.CA = "/nowhere/ca.pem" }, want: "read certificate: stat /nowhere/ca.pem: no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			inTLSBubble(t, nil, func(b *bench, _ *tcpNetwork, far net.Listener, ca *authority) {
				meets := c.far(ca)
				s := b.call(overTLS(ca, func(tr *sip.Trunk) {
					if c.trunk != nil {
						c.trunk(tr)
					}
				}))
				conn, err := far.Accept()
				if err != nil {
					t.Fatal(err)
				}
				done := make(chan struct{})
				go func() { defer close(done); meets(b, conn) }()
				o := b.ended(s)
				if o.By != sip.EndedTransport || o.Err == nil || !strings.Contains(o.Err.Error(), c.want) {
					t.Errorf("ended by %s: %v\nwant %s", o.By, o.Err, c.want)
				}
				conn.Close()
				<-done
			})
		})
	}
}

// Each of these is the right server.
func TestTLSThatHolds(t *testing.T) {
	selfSigned := func(c *x509.Certificate) { c.Issuer = c.Subject }
	for name, c := range map[string]struct {
		cert  func(*authority) issued
		trunk func(*sip.Trunk, issued)
	}{
		"signed by the CA": {func(a *authority) issued { return a.issue("sip.example") }, nil},
		"the name of the target": {func(a *authority) issued {
			return a.issue("x", func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(10, 0, 0, 2)} })
		}, func(t *sip.Trunk, _ issued) { t.TLS.ServerName = "" }},
		"a wildcard":             {func(a *authority) issued { return a.issue("*.example") }, nil},
		"self-signed, as the CA": {func(a *authority) issued { return a.issue("sip.example", selfSigned) }, func(t *sip.Trunk, i issued) { t.TLS.CA = i.cert }},
		"self-signed, pinned":    {func(a *authority) issued { return a.issue("sip.example", selfSigned) }, func(t *sip.Trunk, i issued) { t.TLS.CA, t.TLS.Fingerprint = "", i.fingerprint() }},
		"expired, nameless, pinned": {func(a *authority) issued {
			return a.issue("x", func(c *x509.Certificate) { c.DNSNames, c.NotBefore, c.NotAfter = nil, time.Unix(0, 0), time.Unix(1, 0) })
		}, func(t *sip.Trunk, i issued) { t.TLS.CA, t.TLS.Fingerprint = "", i.fingerprint() }},
	} {
		t.Run(name, func(t *testing.T) {
			inTLSBubble(t, nil, func(b *bench, _ *tcpNetwork, far net.Listener, ca *authority) {
				cert := c.cert(ca)
				s := b.call(overTLS(ca, func(tr *sip.Trunk) {
					if c.trunk != nil {
						c.trunk(tr, cert)
					}
				}))
				p, _ := b.acceptsTLS(far, &tls.Config{Certificates: []tls.Certificate{cert.Certificate}})
				p.answer(p.request(sipmsg.INVITE), 486, "Busy Here", "a", "")
				p.request(sipmsg.ACK)
				if o := b.ended(s); o.Code != 486 {
					t.Errorf("%+v", o)
				}
			})
		})
	}
}

// A target that asks for a certificate gets that of the trunk, or else the Agent's, in
// both versions of TLS; one that was renewed is presented without a restart.
func TestClientCertificate(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, own := range []bool{false, true} {
			t.Run(fmt.Sprintf("%x own %t", version, own), func(t *testing.T) {
				var agents issued
				inTLSBubble(t, func(c *sip.Config, ca *authority) {
					agents = ca.issue("agent.example")
					c.TLS.Certificate, c.TLS.Key = agents.cert, agents.key
				}, func(b *bench, _ *tcpNetwork, far net.Listener, ca *authority) {
					trunks := ca.issue("trunk.example")
					for round, want := range []string{"agent.example", "agent.example", "agent.example"} {
						serial := agents.Leaf.SerialNumber
						if own {
							want, serial = "trunk.example", trunks.Leaf.SerialNumber
						}
						s := b.call(overTLS(ca, func(tr *sip.Trunk) {
							if own {
								tr.TLS.Certificate, tr.TLS.Key = trunks.cert, trunks.key
							}
						}))
						p, state := b.acceptsTLS(far, &tls.Config{Certificates: []tls.Certificate{ca.issue("sip.example").Certificate},
							ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool(), MaxVersion: version})
						if got := state.PeerCertificates[0]; got.Subject.CommonName != want || got.SerialNumber.Cmp(serial) != 0 {
							t.Errorf("round %d: %s, number %v; want %s, %v", round, got.Subject.CommonName, got.SerialNumber, want, serial)
						}
						p.answer(p.request(sipmsg.INVITE), 486, "Busy Here", "a", "")
						p.request(sipmsg.ACK)
						b.ended(s)
						p.conn.Close()
						synctest.Wait()
						agents, trunks = ca.issue("agent.example"), ca.issue("trunk.example") // renewed
					}
				})
			})
		}
	}
}

// Connections that far ends open are taken where there is a certificate, also a renewed
// one, and carry requests inside a call.
func TestTLSConnectionOfTheFarEnd(t *testing.T) {
	inTLSBubble(t, func(c *sip.Config, ca *authority) {
		own := ca.issue("ringflow.example")
		c.TLS = sip.TLSListen{Certificate: own.cert, Key: own.key, Listen: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:5071")}}
	}, func(b *bench, n *tcpNetwork, far net.Listener, ca *authority) {
		s := b.call(overTLS(ca))
		p, _ := b.acceptsTLS(far, &tls.Config{Certificates: []tls.Certificate{ca.issue("sip.example").Certificate}})
		inv := p.request(sipmsg.INVITE)
		if c := inv.Contact().Address.String(); !strings.HasSuffix(c, "@10.0.0.1:5071;transport=tls") || inv.Via().Port != 5071 || inv.Via().Params.Has("alias") {
			t.Errorf("Contact %s, Via %v", c, inv.Via())
		}
		p.write(answered(inv))
		event[sip.Answered](b, s)
		p.request(sipmsg.ACK)
		p.conn.Close()
		dial := func(want int64) *tcpPeer {
			conn, err := n.of("10.0.0.2").Dial(t.Context(), netip.MustParseAddrPort("10.0.0.1:5071"))
			if err != nil {
				t.Fatal(err)
			}
			c := tls.Client(b.buffered(conn), &tls.Config{ServerName: "ringflow.example", RootCAs: ca.pool()})
			if err := c.Handshake(); err != nil {
				t.Fatal(err)
			}
			if got := c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); got != want {
				t.Errorf("certificate %d, want %d", got, want)
			}
			return &tcpPeer{T: t, conn: c, r: bufio.NewReader(c)}
		}
		p = dial(1)
		d := &peerDialog{inv: inv, tag: "a", seq: 100}
		p.write(d.request("INFO").String())
		event[sip.InfoReceived](b, s)
		p.response(200, sipmsg.INFO)
		renewed := ca.issue("ringflow.example")
		p.conn.Close()
		p = dial(renewed.Leaf.SerialNumber.Int64())
		p.write(d.request("BYE").String())
		p.response(200, sipmsg.BYE)
		b.ended(s)
		p.conn.Close()
	})
}

// Trunks with the same settings share a connection, others do not: what one of them
// accepts there is not what another one checks.
func TestConnectionsByWhomTheyAreTo(t *testing.T) {
	inTLSBubble(t, nil, func(b *bench, n *tcpNetwork, far net.Listener, ca *authority) {
		cert := ca.issue("sip.example", func(c *x509.Certificate) { c.DNSNames = append(c.DNSNames, "other.example") })
		server := &tls.Config{Certificates: []tls.Certificate{cert.Certificate}}
		var p *tcpPeer
		for i, name := range []string{"sip.example", "sip.example", "other.example"} {
			s := b.call(overTLS(ca, func(tr *sip.Trunk) { tr.TLS.ServerName = name }))
			if i != 1 {
				p, _ = b.acceptsTLS(far, server)
			}
			p.answer(p.request(sipmsg.INVITE), 486, "Busy Here", "a", "")
			p.request(sipmsg.ACK)
			b.ended(s)
		}
		if n.dialled != 2 {
			t.Errorf("%d connections", n.dialled)
		}
	})
}

// Certificates that expire soon are listed, and warned of until they are renewed.
func TestExpiryOfCertificates(t *testing.T) {
	soon := func(c *x509.Certificate) { c.NotAfter = time.Now().AddDate(0, 0, 13) }
	inTLSBubble(t, func(c *sip.Config, ca *authority) {
		own := ca.issue("ringflow.example", soon)
		c.TLS = sip.TLSListen{Certificate: own.cert, Key: own.key}
	}, func(b *bench, _ *tcpNetwork, far net.Listener, ca *authority) {
		s := b.call(overTLS(ca))
		p, _ := b.acceptsTLS(far, &tls.Config{Certificates: []tls.Certificate{ca.issue("sip.example", soon).Certificate}})
		p.answer(p.request(sipmsg.INVITE), 486, "Busy Here", "a", "")
		p.request(sipmsg.ACK)
		b.ended(s)
		at := time.Now().AddDate(0, 0, 13).UTC()
		list := b.agent.Certificates()
		if len(list) != 2 || !list[0].Own || list[1].Own || list[1].Name != "sip.example" || !list[0].NotAfter.Equal(at) || !list[1].NotAfter.Equal(at) {
			t.Errorf("%+v", list)
		}
		counts := func() (own, theirs, expired int) {
			log := b.log.String()
			return strings.Count(log, "the TLS certificate for SIP expires soon"), strings.Count(log, "a far end's TLS certificate expires soon"), strings.Count(log, "has expired")
		}
		if own, theirs, _ := counts(); own != 1 || theirs != 1 {
			t.Errorf("%d and %d warnings: %s", own, theirs, b.log)
		}
		ca.issue("ringflow.example")
		time.Sleep(24*time.Hour + time.Minute)
		if own, theirs, _ := counts(); own != 1 || theirs != 3 {
			t.Errorf("%d and %d warnings after a day", own, theirs)
		}
		time.Sleep(13 * 24 * time.Hour)
		if _, _, expired := counts(); expired == 0 {
			t.Errorf("no warning of an expired one: %s", b.log)
		}
	})
}

// The server name is that of the target, never one that DNS gives for it.
func TestServerNameOfATargetBySRV(t *testing.T) {
	n := newTCPNetwork()
	inBubble(t, func(c *sip.Config) { c.Streams, c.Resolver = n.of("10.0.0.1"), srvToPeer{} }, func(b *bench) {
		ca := newAuthority(t, "Test Authority")
		far, err := n.of("10.0.0.2").Listen(netip.MustParseAddrPort("10.0.0.2:5081"))
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		s := b.call(overTLS(ca, func(tr *sip.Trunk) { tr.TLS.ServerName, tr.Targets = "", []string{"carrier.example"} }))
		p, state := b.acceptsTLS(far, &tls.Config{Certificates: []tls.Certificate{ca.issue("carrier.example").Certificate}})
		if state.ServerName != "carrier.example" {
			t.Errorf("the server name is %s", state.ServerName)
		}
		p.answer(p.request(sipmsg.INVITE), 486, "Busy Here", "a", "")
		p.request(sipmsg.ACK)
		b.ended(s)
	})
}

// srvToPeer is a Resolver whose SRV records point to another name at 10.0.0.2:5081.
type srvToPeer struct{}

func (srvToPeer) Query(_ context.Context, name string, kind uint16) ([]dns.RR, error) {
	switch {
	case kind == dns.TypeSRV && name == "_sips._tcp.carrier.example":
		return []dns.RR{&dns.SRV{Hdr: dns.RR_Header{Rrtype: dns.TypeSRV, Ttl: 60}, Target: "gw.carrier.example.", Port: 5081}}, nil
	}
	return addressRecords(kind, hostOf(tlsAddr)), nil
}
