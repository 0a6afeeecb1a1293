package doctor_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/pion/stun/v3"

	"ringflow/internal/config"
	"ringflow/internal/doctor"
	"ringflow/internal/sim"
)

const (
	own  = "+12025550100"
	echo = "+12025550143"
)

// trunk is a far end over UDP that answers each request by a function of its lines.
func trunk(t *testing.T, answer func(method string, head []string) string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65535)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			head := strings.Split(string(buf[:n]), "\r\n")
			method, _, _ := strings.Cut(head[0], " ")
			if text := answer(method, head); text != "" && method != "ACK" {
				_, _ = conn.WriteTo([]byte(text), from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return conn.LocalAddr().String()
}

// response answers a request: its status, parameters for the Via, further header fields.
func response(head []string, status, via string, fields ...string) string {
	lines := []string{"SIP/2.0 " + status}
	for _, line := range head {
		name, _, _ := strings.Cut(line, ":")
		switch name {
		case "Via":
			lines = append(lines, strings.Replace(line, ";rport", via, 1))
		case "From", "Call-ID", "CSeq":
			lines = append(lines, line)
		case "To":
			lines = append(lines, line+";tag=far")
		}
	}
	return strings.Join(append(append(lines, fields...), "Content-Length: 0", "", ""), "\r\n")
}

// lonely is an address of loopback at which nobody else is: doctor tries the usual ports of a
// target that does not answer.
var lonely = fmt.Sprintf("127.%d.83.1:0", 2+os.Getpid()%250)

// silence is a far end that never answers.
func silence(t *testing.T, at string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().String()
}

// freePort is a UDP port of loopback that is free.
func freePort(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", lonely)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().String()
}

// portBase has each test take RTP ports of its own.
var portBase atomic.Int32

// settings are a configuration that has no mistake.
type settings struct {
	http, sip, rtp, trunk string
}

func good(target string) settings {
	base := 52000 + 40*portBase.Add(1)
	return settings{http: `{listen: "127.0.0.1:0"}`, sip: `{listen: "127.0.0.1:0"}`, rtp: fmt.Sprintf("{bind: 127.0.0.1, ports: %d-%d}", base, base+19), trunk: fmt.Sprintf("{name: carrier, targets: [%q]}", target)}
}

// run returns the findings as lines.
func run(t *testing.T, s settings, o doctor.Options) (lines []string, faults int) {
	t.Helper()
	return runUntil(t.Context(), t, s, o)
}

// runUntil is run that is interrupted once ctx ends.
func runUntil(ctx context.Context, t *testing.T, s settings, o doctor.Options) (lines []string, faults int) {
	t.Helper()
	text := fmt.Sprintf("http: %s\nsip: %s\nrtp: %s\naccounts:\n  - name: acme\n    clients: [{id: shop, secret: change-me, scopes: [flows-interactions:start, flows:write]}]\n    numbers: [%q]\n    destinations: {allow: [US]}\n    trunks: [%s]\n", s.http, s.sip, s.rtp, own, s.trunk)
	path := filepath.Join(t.TempDir(), "ringflow.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	faults = doctor.Run(ctx, &c, o, func(f doctor.Finding) {
		lines = append(lines, fmt.Sprintf("%s %s: %s", f.Level, f.Subject, f.Text))
	})
	for _, l := range lines {
		if strings.Contains(l, "secret-password") {
			t.Errorf("a secret is shown: %s", l)
		}
	}
	return lines, faults
}

// quick has nobody wait long.
var quick = doctor.Options{Wait: 1500 * time.Millisecond, Talk: 1500 * time.Millisecond}

// headerOf is the value of a header field, empty if there is none.
func headerOf(head []string, name string) string {
	for _, line := range head {
		if value, is := strings.CutPrefix(line, name+": "); is {
			return value
		}
	}
	return ""
}

// registering plants a registrar, by how it answers a REGISTER, at which alice registers.
func registering(answer func(head []string) string) func(*testing.T) (settings, doctor.Options) {
	return func(t *testing.T) (settings, doctor.Options) {
		return registersAt(trunk(t, func(method string, head []string) string {
			if method != "REGISTER" {
				return response(head, "200 OK", ";rport")
			}
			return answer(head)
		})), quick
	}
}

// registersAt is a trunk that alice registers at.
func registersAt(target string) settings {
	s := good(target)
	s.trunk = strings.Replace(s.trunk, "}", ", username: alice, password: secret-password, register: true}", 1)
	return s
}

// inVain has nobody wait long for what never comes.
func inVain(plant func(*testing.T) (settings, doctor.Options)) func(*testing.T) (settings, doctor.Options) {
	return func(t *testing.T) (settings, doctor.Options) {
		s, o := plant(t)
		o.Wait = 300 * time.Millisecond
		return s, o
	}
}

// plain is a trunk that takes OPTIONS.
func plain(t *testing.T) string {
	return trunk(t, func(_ string, head []string) string {
		return response(head, "200 OK", ";received=127.0.0.1", "Server: Plain 1.0")
	})
}

func calling() doctor.Options {
	o := quick
	o.Call = echo
	return o
}

// A configuration without a mistake has no fault, and a call to an echo is heard.
func TestGoodConfiguration(t *testing.T) {
	carrier := startCarrier(t, sim.Config{Phones: map[string]sim.Behaviour{echo: sim.Answers(sim.Pause(time.Minute))}})
	lines, faults := run(t, good(carrier), calling())
	text := strings.Join(lines, "\n")
	for _, want := range []string{"ok configuration: ", "ok http.listen: ", "ok sip.listen: ", "rtp.ports: ", "ok trunk carrier: " + carrier + " answers 200 OK over udp after ", echo + " answered, audio goes both ways"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if faults != 0 {
		t.Errorf("%d faults", faults)
	}
	if t.Failed() {
		t.Log(text)
	}
}

func startCarrier(t *testing.T, c sim.Config) string {
	t.Helper()
	base := uint16(52000 + 40*portBase.Add(1))
	c.PortMin, c.PortMax = base, base+19
	carrier, err := sim.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { carrier.Close() })
	return carrier.Addr().String()
}

// TestPlantedMistakes plants one mistake after the other: each is named as a fault, with
// what to change, and by its subject alone.
func TestPlantedMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		plant   func(t *testing.T) (settings, doctor.Options)
		subject string
		says    []string
	}{
		"wrong password": {func(t *testing.T) (settings, doctor.Options) {
			s := good(trunk(t, func(method string, head []string) string {
				if method == "INVITE" {
					return response(head, "401 Unauthorized", ";rport", `WWW-Authenticate: Digest realm="carrier", nonce="n", qop="auth"`)
				}
				return response(head, "200 OK", ";rport")
			}))
			s.trunk = strings.Replace(s.trunk, "}", `, username: shop, password: secret-password}`, 1)
			return s, calling()
		}, "trunk carrier", []string{"refused the credentials", "username and password"}},
		"no credentials": {func(t *testing.T) (settings, doctor.Options) {
			return good(trunk(t, func(method string, head []string) string {
				if method == "INVITE" {
					return response(head, "407 Proxy Authentication Required", ";rport", `Proxy-Authenticate: Digest realm="carrier", nonce="n"`)
				}
				return response(head, "200 OK", ";rport")
			})), calling()
		}, "trunk carrier", []string{"asks for credentials", "no username"}},
		"wrong port": {func(t *testing.T) (settings, doctor.Options) {
			return good(freePort(t)), quick
		}, "trunk carrier", []string{"does not answer over udp: ", "nobody listens at", "Check host and port in targets"}},
		"a target that is this server itself": {func(t *testing.T) (settings, doctor.Options) {
			s := good(freePort(t))
			_, s.sip, _ = strings.Cut(s.trunk, "targets: ")
			s.sip = "{listen: " + s.sip
			return s, quick
		}, "trunk carrier", []string{"is where this server itself receives SIP", "write the carrier's address into targets"}},
		"a silent target at an address of this server": {inVain(func(t *testing.T) (settings, doctor.Options) {
			at := strings.Replace(lonely, ".1:0", ".2:", 1)
			s := good(silence(t, at+"0"))
			s.sip = fmt.Sprintf("{listen: %q}", at+"5060")
			return s, quick
		}), "trunk carrier", []string{"does not answer over udp: ", "Check host and port in targets"}},
		"a target that is silent": {inVain(func(t *testing.T) (settings, doctor.Options) {
			return good(silence(t, lonely)), quick
		}), "trunk carrier", []string{"does not answer over udp: ", "firewalls", "list"}},
		"wrong transport": {func(t *testing.T) (settings, doctor.Options) {
			s := good(plain(t))
			s.trunk = strings.Replace(s.trunk, "}", ", transport: tcp}", 1)
			return s, quick
		}, "trunk carrier", []string{"does not answer over tcp", "It answers over udp: write transport: udp"}},
		"a name that does not resolve": {func(*testing.T) (settings, doctor.Options) {
			return good("nobody.invalid:5060"), quick
		}, "trunk carrier", []string{"nobody.invalid:5060 does not resolve", "check the name in the trunk"}},
		"another address advertised than seen": {func(t *testing.T) (settings, doctor.Options) {
			s := good(trunk(t, func(_ string, head []string) string {
				return response(head, "200 OK", ";received=198.51.100.7;rport=41000")
			}))
			s.rtp = strings.Replace(s.rtp, "}", ", advertise: 198.51.100.7}", 1)
			return s, quick
		}, "sip.advertise", []string{"sees this machine at 198.51.100.7", "told 127.0.0.1", "write sip.advertise: 198.51.100.7:"}},
		"another audio address advertised than seen": {func(t *testing.T) (settings, doctor.Options) {
			s := good(plain(t))
			s.rtp = strings.Replace(s.rtp, "}", ", advertise: 10.1.2.3}", 1)
			return s, quick
		}, "rtp.advertise", []string{"sees this machine at 127.0.0.1", "told 10.1.2.3", "write rtp.advertise: 127.0.0.1"}},
		"RTP ports that are taken": {func(t *testing.T) (settings, doctor.Options) {
			conn, err := net.ListenPacket("udp", "127.0.0.1:0")
			for err == nil && conn.LocalAddr().(*net.UDPAddr).Port%2 == 1 {
				conn.Close()
				conn, err = net.ListenPacket("udp", "127.0.0.1:0")
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			port := conn.LocalAddr().(*net.UDPAddr).Port
			s := good(plain(t))
			s.rtp = fmt.Sprintf("{bind: 127.0.0.1, ports: %d-%d}", port, port+1)
			return s, quick
		}, "rtp.ports", []string{"is taken", "choose another range"}},
		"an address that is not this machine's": {func(t *testing.T) (settings, doctor.Options) {
			s := good(plain(t))
			s.rtp = strings.Replace(s.rtp, "127.0.0.1", "192.0.2.1", 1)
			s.rtp = strings.Replace(s.rtp, "}", ", advertise: 127.0.0.1}", 1)
			return s, quick
		}, "rtp.bind", []string{"192.0.2.1 is no address of this machine"}},
		"an expired certificate": {func(t *testing.T) (settings, doctor.Options) {
			s := good(plain(t))
			s.http = certified(t, "calls.example.com", -time.Hour, "https://calls.example.com")
			return s, quick
		}, "http.tls_cert", []string{"expired on", "renew it"}},
		"a certificate of another name": {func(t *testing.T) (settings, doctor.Options) {
			s := good(plain(t))
			s.http = certified(t, "other.example.com", 1000*time.Hour, "https://calls.example.com")
			return s, quick
		}, "http.tls_cert", []string{"is not for calls.example.com"}},
		"a trunk that answers 403 to our From": {func(t *testing.T) (settings, doctor.Options) {
			return good(startCarrier(t, sim.Config{Phones: map[string]sim.Behaviour{echo: sim.Refuses(403, "Caller ID not allowed")}})), calling()
		}, "trunk carrier", []string{"403 Caller ID not allowed", "the calling number is not the account's"}},
		"a wrong clock": {func(t *testing.T) (settings, doctor.Options) {
			return good(trunk(t, func(_ string, head []string) string {
				return response(head, "200 OK", ";rport", "Date: "+time.Now().Add(2*time.Hour).UTC().Format(http.TimeFormat))
			})), quick
		}, "clock", []string{"behind that of trunk carrier", "timedatectl"}},
		"a firewall that drops RTP": {func(t *testing.T) (settings, doctor.Options) {
			return good(startCarrier(t, sim.Config{Phones: map[string]sim.Behaviour{echo: {Final: sim.FinalResponse{Code: 200}, Mute: true}}})), calling()
		}, "trunk carrier", []string{"no packet of audio came", "firewall", "rtp.advertise"}},
		"an API port that is taken": {func(t *testing.T) (settings, doctor.Options) {
			other := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(other.Close)
			s := good(plain(t))
			s.http = fmt.Sprintf("{listen: %q}", strings.TrimPrefix(other.URL, "http://"))
			return s, quick
		}, "http.listen", []string{"in use by another program: doctor.test (process ", "choose another port"}},
		"another address seen by STUN": {func(t *testing.T) (settings, doctor.Options) {
			s, o := good(plain(t)), quick
			s.rtp = strings.Replace(s.rtp, "}", ", advertise: 127.0.0.1}", 1)
			o.STUN = stunServer(t, netip.MustParseAddrPort("198.51.100.7:40000"))
			return s, o
		}, "sip.advertise", []string{"a STUN server sees this machine at 198.51.100.7", "write sip.advertise: 198.51.100.7:"}},
		"a registration with a wrong password": {registering(func(head []string) string {
			return response(head, "401 Unauthorized", ";rport", `WWW-Authenticate: Digest realm="pbx", nonce="`+headerOf(head, "CSeq")+`", qop="auth"`)
		}), "trunk carrier", []string{"answers REGISTER 401 Unauthorized", `refuses the credentials (realm "pbx")`, "check username, auth_user and password"}},
		"a user that the registrar does not know": {registering(func(head []string) string {
			return response(head, "404 Not Found", ";rport")
		}), "trunk carrier", []string{"knows no sip:alice@", "check username and domain"}},
		"an account that is blocked": {registering(func(head []string) string {
			return response(head, "403 Forbidden", ";rport")
		}), "trunk carrier", []string{"403 Forbidden", "may be blocked or locked"}},
		"a server that is no registrar": {registering(func(head []string) string {
			return response(head, "405 Method Not Allowed", ";rport")
		}), "trunk carrier", []string{"takes no REGISTER", "remove register: true", "registrars"}},
		"a registrar that is down": {registering(func(head []string) string {
			return response(head, "503 Service Unavailable", ";rport", "Retry-After: 60")
		}), "trunk carrier", []string{"takes no registrations now"}},
		"a registrar that drops credentials": {inVain(registering(func(head []string) string {
			if headerOf(head, "Authorization") != "" {
				return ""
			}
			return response(head, "401 Unauthorized", ";rport", `WWW-Authenticate: Digest realm="pbx", nonce="1"`)
		})), "trunk carrier", []string{"does not answer the REGISTER that has them", "Check username and password", "firewall"}},
		"a registrar that is elsewhere": {registering(func(head []string) string {
			return response(head, "302 Moved Temporarily", ";rport", "Contact: <sip:other.example.com>")
		}), "trunk carrier", []string{"wants the trunk to register elsewhere", "write registrars"}},
		"a registration that wants extensions": {registering(func(head []string) string {
			return response(head, "421 Extension Required", ";rport", "Require: outbound")
		}), "trunk carrier", []string{"wants other extensions", "register_extensions"}},
		"a realm that is another": {func(t *testing.T) (settings, doctor.Options) {
			s, o := registering(func(head []string) string {
				return response(head, "401 Unauthorized", ";rport", `WWW-Authenticate: Digest realm="pbx", nonce="1"`)
			})(t)
			s.trunk = strings.Replace(s.trunk, "}", ", realm: carrier}", 1)
			return s, o
		}, "trunk carrier", []string{`asks for credentials (realm "pbx")`, `for the realm "carrier" alone`}},
		"a registrar that is silent": {inVain(func(t *testing.T) (settings, doctor.Options) {
			return registersAt(silence(t, lonely)), quick
		}), "trunk carrier", []string{"does not answer over udp: ", "firewalls"}},
		"a number for which there is no trunk": {func(t *testing.T) (settings, doctor.Options) {
			s, o := good(plain(t)), quick
			s.trunk = strings.Replace(s.trunk, "}", ", destinations: [\"+1907\"]}", 1)
			o.For = echo
			return s, o
		}, "choice of trunk", []string{"no trunk takes a call from " + own + " to " + echo, "not over carrier (" + echo + " matches none of +1907)", "destinations and callers"}},
		"an emergency number": {func(t *testing.T) (settings, doctor.Options) {
			s, o := good(plain(t)), quick
			o.Call = "911"
			return s, o
		}, "trunk carrier", []string{"911"}},
		"a destination that is not allowed": {func(t *testing.T) (settings, doctor.Options) {
			o := calling()
			o.Call = "+4930123456"
			return good(plain(t)), o
		}, "trunk carrier", []string{"destination"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, o := c.plant(t)
			lines, faults := run(t, s, o)
			found := false
			for _, l := range lines {
				if !strings.HasPrefix(l, "FAULT ") {
					continue
				}
				if text, ok := strings.CutPrefix(l, "FAULT "+c.subject+": "); ok {
					all := true
					for _, want := range c.says {
						all = all && strings.Contains(text, want)
					}
					found = found || all
				} else if !strings.HasSuffix(c.subject, ".advertise") || !strings.Contains(l, ".advertise: ") {
					t.Errorf("there is another fault: %s", l)
				}
			}
			if !found || faults == 0 {
				t.Errorf("it is not named (%d faults):\n%s", faults, strings.Join(lines, "\n"))
			}
		})
	}
}

// Where the trunk has a fault, a line says that no call was tried.
func TestNoCallOverATrunkWithAFault(t *testing.T) {
	lines, faults := run(t, good(freePort(t)), calling())
	if text := strings.Join(lines, "\n"); faults != 1 || !strings.Contains(text, "warning trunk carrier: no call to "+echo+" was tried over a trunk with a fault") {
		t.Errorf("%d faults:\n%s", faults, text)
	}
}

// refusesIPv6 is a DNS server that answers for A, and refuses AAAA.
func refusesIPv6(t *testing.T, addr string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started, done := make(chan struct{}), make(chan struct{})
	s := &dns.Server{PacketConn: conn, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		res := new(dns.Msg).SetReply(q)
		switch q.Question[0].Qtype {
		case dns.TypeA:
			res.Answer = append(res.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.ParseIP(addr)})
		case dns.TypeAAAA:
			res.Rcode = dns.RcodeRefused
		}
		_ = w.WriteMsg(res)
	})}
	go func() { defer close(done); _ = s.ActivateAndServe() }()
	<-started
	t.Cleanup(func() { _ = s.Shutdown(); <-done })
	return conn.LocalAddr().String()
}

// A name whose addresses of one IP version DNS does not tell is warned of, and tried by the others.
func TestNameWithoutAnswerForIPv6(t *testing.T) {
	target := netip.MustParseAddrPort(plain(t))
	s := good(fmt.Sprintf("sip.example.com:%d", target.Port()))
	s.sip = fmt.Sprintf(`{listen: ["127.0.0.1:0", "[::1]:0"], dns: [%q]}`, refusesIPv6(t, "127.0.0.1"))
	lines, faults := run(t, s, quick)
	text := strings.Join(lines, "\n")
	if faults != 0 || !strings.Contains(text, fmt.Sprintf("warning trunk carrier: sip.example.com:%d has addresses of one IP version, and DNS does not answer for those of the other", target.Port())) ||
		!strings.Contains(text, "refused: REFUSED") || !strings.Contains(text, "sip.dns") || !strings.Contains(text, "answers 200 OK") {
		t.Errorf("%d faults\n%s", faults, text)
	}
}

// A number that does not exist proves the login as well: the refusal is no fault.
func TestRefusalOfTheNumberIsNoFault(t *testing.T) {
	lines, faults := run(t, good(startCarrier(t, sim.Config{})), calling())
	if text := strings.Join(lines, "\n"); faults != 0 || !strings.Contains(text, "ok trunk carrier: the trunk takes calls from "+own+": "+echo+" was answered 404") {
		t.Errorf("%d faults\n%s", faults, text)
	}
}

// certified is the API's settings with a certificate that ends after so long.
func certified(t *testing.T, host string, validFor time.Duration, url string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: time.Now().Add(-1000 * time.Hour), NotAfter: time.Now().Add(validFor)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		var b bytes.Buffer
		if err := pem.Encode(&b, block); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return fmt.Sprintf("{listen: \"127.0.0.1:0\", url: %q, tls_cert: %q, tls_key: %q}", url, filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
}

// stunServer answers that it sees everybody at an address.
func stunServer(t *testing.T, seen netip.AddrPort) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			request := &stun.Message{Raw: buf[:n]}
			if request.Decode() != nil {
				continue
			}
			answer, err := stun.Build(request, stun.BindingSuccess, &stun.XORMappedAddress{IP: seen.Addr().AsSlice(), Port: int(seen.Port())})
			if err == nil {
				_, _ = conn.WriteTo(answer.Raw, from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return conn.LocalAddr().String()
}
