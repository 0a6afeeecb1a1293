package sip

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"ringflow/internal/certificate"
)

// TLSListen is where connections over TLS are accepted, and what by.
type TLSListen struct {
	// Certificate and Key are PEM files; empty: no connection is accepted. The targets
	// of trunks that have no certificate of their own get this one when they ask.
	Certificate, Key string
	// Listen are the addresses of the listeners; empty: those of the UDP sockets with
	// port 5061.
	Listen []netip.AddrPort
	// Advertise are the addresses that Via and Contact name over TLS, one for each IP
	// version at most; empty: Config.Advertise with the port of Listen.
	Advertise []netip.AddrPort
}

// TLSSettings are how a trunk and its targets are authenticated to one another over TLS. Values
// can be compared, so that trunks with the same one share connections.
type TLSSettings struct {
	// ServerName is asked for (SNI), and must be in the certificate of a target; empty:
	// the host of the target, never a name that DNS gives for it (RFC 5922 §7.1).
	ServerName string
	// CA is a PEM file of authorities, of which one must have signed the certificate of
	// a target; empty: the system's.
	CA string
	// Certificate and Key are PEM files of what a target gets that asks for one; empty:
	// those of TLSListen.
	Certificate, Key string
	// Fingerprint is the SHA-256 of the one certificate that a target may have, in hex;
	// names, authorities and dates are then not checked. Empty: they are.
	Fingerprint string
	// MinVersion is the oldest version that is spoken; empty: TLS 1.2.
	MinVersion TLSVersion
}

// TLSVersion is a version of TLS, as 1.2.
type TLSVersion string

// TLSVersions are the versions that may be the oldest.
func TLSVersions() []TLSVersion { return []TLSVersion{"1.2", "1.3"} }

// tlsPeer is whom a connection over TLS is to.
type tlsPeer struct {
	TLSSettings
	secure bool // it was written as sips: (RFC 5630)
}

const (
	expiryNotice = 14 * 24 * time.Hour // before a certificate expires that it is warned of
	expiryCheck  = 12 * time.Hour      // between checks
	maxPeerCerts = 1024                // whose expiry is known
)

// tlsLayer secures the connections of the TLS transport of an Agent.
type tlsLayer struct {
	agent *Agent
	watch sync.Once // of expiry, from the first connection on

	mu          sync.Mutex
	pairs       map[[2]string]*certificate.Files[*tls.Certificate] // by their files
	authorities map[string]*certificate.Files[*x509.CertPool]      // by their file
	peers       map[string]time.Time                               // expiry of the certificates of far ends, by their names
}

// openTLS makes the TLS transport of an Agent.
func openTLS(a *Agent) (transport, error) {
	l := &tlsLayer{agent: a, pairs: map[[2]string]*certificate.Files[*tls.Certificate]{},
		authorities: map[string]*certificate.Files[*x509.CertPool]{}, peers: map[string]time.Time{}}
	own := a.cfg.TLS
	bound := own.Listen
	if len(bound) == 0 {
		bound = withPort(a.addrs.bound, TLS.port())
	}
	advertised := own.Advertise
	if len(advertised) == 0 {
		advertised = withPort(a.addrs.advertised, bound[0].Port())
	}
	addrs, err := newLocalAddrs(bound, advertised)
	if err != nil {
		return nil, err
	}
	t := newStreamTransport(a, TLS, addrs)
	t.client, t.server = l.client, l.server
	if t.accepts = own.Certificate != ""; t.accepts {
		if _, err := l.pair(own.Certificate, own.Key); err != nil {
			return nil, err
		}
		l.watch.Do(func() { a.background(l.watchExpiry) })
	}
	addrs.unheard = !t.accepts
	a.tls = l
	return t, nil
}

func withPort(of []netip.AddrPort, port uint16) (out []netip.AddrPort) {
	for _, a := range of {
		out = append(out, netip.AddrPortFrom(a.Addr(), port))
	}
	return out
}

// pair is the certificate in two files, nil if there is none.
func (l *tlsLayer) pair(cert, key string) (*tls.Certificate, error) {
	if cert == "" {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	files := l.pairs[[2]string{cert, key}]
	if files == nil {
		var err error
		if files, err = certificate.Pair(cert, key, l.notRenewed); err != nil {
			return nil, err
		}
		l.pairs[[2]string{cert, key}] = files
		warnOfExpiry(l.agent, CertificateExpiry{cert, true, files.Current().Leaf.NotAfter})
	}
	return files.Current(), nil
}

// pool is the authorities in a file, nil for the system's.
func (l *tlsLayer) pool(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	files := l.authorities[file]
	if files == nil {
		var err error
		if files, err = certificate.Authorities(file, l.notRenewed); err != nil {
			return nil, err
		}
		l.authorities[file] = files
	}
	return files.Current(), nil
}

func (l *tlsLayer) notRenewed(err error) {
	l.agent.cfg.Log.Error("a renewed certificate for SIP cannot be used; the one before is", "error", err)
}

// client secures a connection to a target. ALPN is not offered: SIP has no protocol
// name, and some servers refuse a hello that has one they do not know.
func (l *tlsLayer) client(ctx context.Context, conn net.Conn, to hop) (net.Conn, error) {
	if to.peer == (hop{}).peer {
		return nil, errors.New("no trunk is at this address, whose certificate could be checked")
	}
	peer := to.peer.Value()
	pool, err := l.pool(peer.CA)
	if err != nil {
		return nil, err
	}
	own, err := l.pair(peer.Certificate, peer.Key)
	if own == nil && err == nil {
		own, err = l.pair(l.agent.cfg.TLS.Certificate, l.agent.cfg.TLS.Key)
	}
	if err != nil {
		return nil, err
	}
	cfg := &tls.Config{ServerName: peer.ServerName, RootCAs: pool, MinVersion: tls.VersionTLS12}
	if peer.MinVersion == "1.3" {
		cfg.MinVersion = tls.VersionTLS13
	}
	if own != nil {
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }
	}
	if peer.Fingerprint != "" {
		cfg.InsecureSkipVerify = true // the fingerprint is checked in its place
		cfg.VerifyConnection = func(s tls.ConnectionState) error { return checkFingerprint(s.PeerCertificates[0], peer.Fingerprint) }
	}
	c := tls.Client(conn, cfg)
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, explainTLS(err, peer.TLSSettings)
	}
	l.note(peer.ServerName, c.ConnectionState().PeerCertificates[0].NotAfter)
	return &targetConn{c, peer.TLSSettings}, nil
}

// targetConn is a connection to a target. Under TLS 1.3 a client certificate may be
// refused after the handshake.
type targetConn struct {
	*tls.Conn
	settings TLSSettings
}

// Read explains an alert of the far end.
func (c *targetConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil && strings.Contains(err.Error(), "remote error") {
		err = explainTLS(err, c.settings)
	}
	return n, err
}

// server secures a connection that a far end opened. It is asked for no certificate: what
// it may do follows from its address, as over TCP.
func (l *tlsLayer) server(ctx context.Context, conn net.Conn) (net.Conn, error) {
	own, err := l.pair(l.agent.cfg.TLS.Certificate, l.agent.cfg.TLS.Key)
	if err != nil {
		return nil, err
	}
	c := tls.Server(conn, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*own}})
	return c, c.HandshakeContext(ctx)
}

// NormalFingerprint is a SHA-256 fingerprint in lower case and without colons; ok is
// false for what is none.
func NormalFingerprint(text string) (hash string, ok bool) {
	hash = strings.ToLower(strings.ReplaceAll(text, ":", ""))
	b, err := hex.DecodeString(hash)
	return hash, err == nil && len(b) == sha256.Size
}

func checkFingerprint(cert *x509.Certificate, want string) error {
	sum := sha256.Sum256(cert.Raw)
	if got := hex.EncodeToString(sum[:]); got != want {
		return fmt.Errorf("its certificate has the fingerprint %s, and the trunk's tls.fingerprint is %s", got, want)
	}
	return nil
}

// explainTLS says in words why a connection to a target could not be secured, and what
// would be right.
func explainTLS(err error, peer TLSSettings) error {
	var (
		invalid   x509.CertificateInvalidError
		name      x509.HostnameError
		authority x509.UnknownAuthorityError
		record    tls.RecordHeaderError
	)
	why := err.Error()
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		why = expiredText(invalid.Cert)
	case errors.As(err, &name):
		why = fmt.Sprintf("its certificate is for %s and not for %s: if it is the right server, write the name that it has into the trunk's tls.server_name%s",
			namesOf(name.Certificate), peer.ServerName, fingerprintHint(name.Certificate))
	case errors.As(err, &authority):
		by := "an authority that is not known here, " + authority.Cert.Issuer.String() + ": write a file with that authority's certificate into the trunk's tls.ca"
		if authority.Cert.Issuer.String() == authority.Cert.Subject.String() {
			by = "itself: write a file with it, or with its authority's, into the trunk's tls.ca"
		}
		why = "its certificate is signed by " + by + fingerprintHint(authority.Cert)
	case errors.As(err, &record):
		why = "it speaks no TLS at this port: check the port, which is 5061 for TLS as a rule, and the trunk's transport"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(why, "connection reset"):
		why = "it closed the connection during the TLS handshake: it may speak no TLS at this port, or want a client certificate (tls.certificate and tls.key)"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		why = "it took the connection and did not end the TLS handshake within " + dialLimit.String() + ": it may speak no TLS at this port"
	case strings.Contains(why, "remote error"):
		why = remoteAlert(why, peer)
	case strings.Contains(why, "protocol version"), strings.Contains(why, "unsupported protocol"):
		why = "it speaks no TLS " + string(cmp.Or(peer.MinVersion, "1.2")) + " or later"
	}
	return tlsError{why, err}
}

// tlsError is a reason in words; it keeps the one of crypto/tls.
type tlsError struct {
	why string
	err error
}

// ErrTLS is every reason for which a connection was not secured, or was given up by the far
// end for that.
var ErrTLS = errors.New("TLS")

func (e tlsError) Error() string        { return "TLS: " + e.why }
func (e tlsError) Is(target error) bool { return target == ErrTLS }
func (e tlsError) Unwrap() error        { return e.err }

// remoteAlert says in words which alert the far end sent (RFC 8446 §6.2).
func remoteAlert(text string, peer TLSSettings) string {
	for _, alert := range []struct{ has, why string }{
		{"certificate required", "it asks for a client certificate: write one into the trunk's tls.certificate and tls.key"},
		{"unknown certificate authority", "it does not know the authority that signed the trunk's client certificate"},
		{"expired certificate", "it refuses the trunk's client certificate as expired"},
		{"revoked certificate", "it refuses the trunk's client certificate as revoked"},
		{"bad certificate", "it refuses the trunk's client certificate, or wants one: see the trunk's tls.certificate and tls.key"},
		{"unsupported certificate", "it refuses the kind of the trunk's client certificate"},
		{"unknown certificate", "it refuses the trunk's client certificate"},
		{"access denied", "it refuses the trunk's client certificate"},
		{"protocol version", "it speaks no TLS " + string(cmp.Or(peer.MinVersion, "1.2")) + " or later"},
		{"unrecognized name", "it knows no server of the name " + peer.ServerName + ": write the name that it has into the trunk's tls.server_name"},
		{"handshake failure", "it found no version, cipher or certificate that both sides have (handshake failure); it may want a client certificate (tls.certificate and tls.key)"},
	} {
		if strings.Contains(text, alert.has) {
			return alert.why
		}
	}
	return text
}

func expiredText(cert *x509.Certificate) string {
	if now := time.Now(); now.Before(cert.NotBefore) {
		return fmt.Sprintf("its certificate is valid from %s on, and the clock here says %s", cert.NotBefore.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return "its certificate expired at " + cert.NotAfter.UTC().Format(time.RFC3339)
}

// namesOf are the names that a certificate is for.
func namesOf(cert *x509.Certificate) string {
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	switch {
	case len(names) == 0 && cert.Subject.CommonName != "":
		return "no name (" + clipped(cert.Subject.CommonName) + " stands in its common name alone, which does not count)"
	case len(names) == 0:
		return "no name"
	}
	return clipped(strings.Join(names, ", "))
}

// fingerprintHint says which fingerprint would pin a certificate.
func fingerprintHint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return "; or, once the far end's owner has confirmed it, into tls.fingerprint " + hex.EncodeToString(sum[:])
}

// CertificateExpiry is when a certificate expires.
type CertificateExpiry struct {
	// Name is the file of a certificate of ours, or the name that a far end's must have.
	Name     string
	Own      bool
	NotAfter time.Time
}

// Certificates are those that the Agent has presented, read or been shown so far.
func (a *Agent) Certificates() (out []CertificateExpiry) {
	l := a.tls
	l.mu.Lock()
	defer l.mu.Unlock()
	for files, pair := range l.pairs {
		if c := pair.Current(); c != nil && c.Leaf != nil {
			out = append(out, CertificateExpiry{files[0], true, c.Leaf.NotAfter})
		}
	}
	for name, at := range l.peers {
		out = append(out, CertificateExpiry{name, false, at})
	}
	slices.SortFunc(out, func(a, b CertificateExpiry) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// note takes the expiry of a far end's certificate.
func (l *tlsLayer) note(name string, notAfter time.Time) {
	l.mu.Lock()
	_, known := l.peers[name]
	if known || len(l.peers) < maxPeerCerts {
		l.peers[name] = notAfter
	}
	l.mu.Unlock()
	if !known {
		warnOfExpiry(l.agent, CertificateExpiry{name, false, notAfter})
	}
	l.watch.Do(func() { l.agent.background(l.watchExpiry) })
}

// watchExpiry warns of certificates that expire soon, until the Agent closes.
func (l *tlsLayer) watchExpiry() {
	tick := time.NewTicker(expiryCheck)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			for _, c := range l.agent.Certificates() {
				warnOfExpiry(l.agent, c)
			}
		case <-l.agent.ctx.Done():
			return
		}
	}
}

func warnOfExpiry(a *Agent, c CertificateExpiry) {
	left := time.Until(c.NotAfter)
	if left > expiryNotice {
		return
	}
	what := "a far end's TLS certificate"
	if c.Own {
		what = "the TLS certificate for SIP"
	}
	if left <= 0 {
		a.cfg.Log.Warn(what+" has expired", "certificate", c.Name, "expired_at", c.NotAfter)
		return
	}
	a.cfg.Log.Warn(what+" expires soon: renew it", "certificate", c.Name, "expires_at", c.NotAfter)
}
