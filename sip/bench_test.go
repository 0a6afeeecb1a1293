package sip_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ringflow/sip"
)

// responder is a far end without a SIP stack: it answers INVITE with 180 and 200,
// and BYE with 200, by cutting text.
func responder(b testing.TB) *net.UDPConn {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	conn.SetReadBuffer(4 << 20)
	b.Cleanup(func() { conn.Close() })
	contact := fmt.Sprintf("Contact: <sip:phone@%s>\r\n", conn.LocalAddr())
	go func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			lines := strings.Split(string(buf[:n]), "\r\n")
			var head strings.Builder
			for _, l := range lines[1:] {
				switch name, _, _ := strings.Cut(l, ":"); name {
				case "To":
					if !strings.Contains(l, "tag=") {
						l += ";tag=far"
					}
					head.WriteString(l + "\r\n")
				case "Via", "From", "Call-ID", "CSeq":
					head.WriteString(l + "\r\n")
				}
			}
			tail := contact + "Content-Length: 0\r\n\r\n"
			switch {
			case bytes.HasPrefix(buf, []byte("INVITE")):
				conn.WriteToUDPAddrPort([]byte("SIP/2.0 180 Ringing\r\n"+head.String()+tail), from)
				conn.WriteToUDPAddrPort([]byte("SIP/2.0 200 OK\r\n"+head.String()+tail), from)
			case bytes.HasPrefix(buf, []byte("BYE")):
				conn.WriteToUDPAddrPort([]byte("SIP/2.0 200 OK\r\n"+head.String()+tail), from)
			}
		}
	}()
	return conn
}

// loopbackAgent is an Agent of its own UDP socket, which ends with the test.
func loopbackAgent(t testing.TB) *sip.Agent {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	agent, err := sip.Listen(sip.Config{Conn: conn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { agent.Close() })
	return agent
}

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCall is a whole call over real sockets: INVITE, 180, 200, ACK, BYE,
// 200. cpu-µs/call includes the far end, which shares the process.
func BenchmarkCall(b *testing.B) {
	far := responder(b)
	agent := loopbackAgent(b)
	trunk := &sip.Trunk{Name: "far", Targets: []string{far.LocalAddr().String()}}
	var failed atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	slots := make(chan struct{}, 100)
	for range b.N {
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			s := agent.Invite(sip.Outgoing{Trunk: trunk, From: "+12025550100", To: "+12025550123", Offer: offering(sdp)})
			s.Notify(func(e sip.Event) {
				if _, ok := e.(sip.Answered); ok {
					s.Hangup(sip.Cause{})
				}
			})
			<-s.Done()
			if !s.Outcome().Answered {
				failed.Add(1)
			}
		}()
	}
	for range cap(slots) {
		slots <- struct{}{}
	}
	b.StopTimer()
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/call")
	if failed.Load() > 0 {
		b.Errorf("%d of %d calls failed", failed.Load(), b.N)
	}
	if n := agent.Sessions(); n != 0 {
		b.Errorf("%d sessions live on", n)
	}
}

// TestTenThousandCallsAtOnce holds what a live call costs.
func TestTenThousandCallsAtOnce(t *testing.T) {
	calls := 10_000
	if underRace {
		calls = 1000
	}
	far := responder(t)
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	agent, err := sip.Listen(sip.Config{Conn: conn})
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close()
	trunk := &sip.Trunk{Name: "far", Targets: []string{far.LocalAddr().String()}}
	goroutines := runtime.NumGoroutine()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	sessions := make([]*sip.Session, calls)
	window := 200 // so that the far end's buffer holds them
	for i := range sessions {
		sessions[i] = agent.Invite(sip.Outgoing{Trunk: trunk, From: "+12025550100", To: "+12025550123", Offer: offering(sdp)})
		if i >= window {
			awaitAnswer(t, sessions[i-window])
		}
	}
	for _, s := range sessions[calls-window:] {
		awaitAnswer(t, s)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	perCall := float64(after.HeapAlloc-before.HeapAlloc+after.StackInuse-before.StackInuse) / float64(calls)
	t.Logf("%d calls up: %.1f KB each, %.2f goroutines each", calls, perCall/1024,
		float64(runtime.NumGoroutine()-goroutines)/float64(calls))
	if !underRace && perCall > 40*1024 {
		t.Errorf("a live call takes %.0f bytes", perCall)
	}
	if n := runtime.NumGoroutine() - goroutines; n > calls+calls/10 {
		t.Errorf("%d goroutines for %d calls: one is enough for each", n, calls)
	}
	for i, s := range sessions {
		s.Hangup(sip.Cause{})
		if i >= window {
			<-sessions[i-window].Done()
		}
	}
	for _, s := range sessions[calls-window:] {
		<-s.Done()
	}
}

func awaitAnswer(t *testing.T, s *sip.Session) {
	t.Helper()
	answered := make(chan struct{})
	s.Notify(func(e sip.Event) {
		if _, ok := e.(sip.Answered); ok {
			close(answered)
		}
	})
	select {
	case <-answered:
	case <-s.Done():
		t.Fatalf("call ended: %+v", s.Outcome())
	}
}

// BenchmarkCallByTransport is a whole call between two Agents over each transport, on a
// connection that is up: what TLS and TCP cost beside UDP in the same run. cpu-µs/call has
// both ends.
func BenchmarkCallByTransport(b *testing.B) {
	for _, transport := range sip.Transports() {
		b.Run(string(transport), func(b *testing.B) { benchmarkTransport(b, transport) })
	}
}

func benchmarkTransport(b *testing.B, transport sip.Transport) {
	loopback := netip.MustParseAddr("127.0.0.1")
	ca := benchmarkAuthority(b)
	listen := func(inbound func(*sip.Session)) *sip.Agent {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			b.Fatal(err)
		}
		at := netip.MustParseAddrPort(conn.LocalAddr().String())
		tlsAt := netip.AddrPortFrom(loopback, at.Port()^1) // next to the UDP port, and free for TCP as a rule
		a, err := sip.Listen(sip.Config{Conn: conn, Inbound: inbound, AllowFrom: []netip.Prefix{netip.PrefixFrom(loopback, 8).Masked()},
			TLS: sip.TLSListen{Certificate: ca, Key: ca, Listen: []netip.AddrPort{tlsAt}}})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = a.Close() })
		return a
	}
	far := listen(func(s *sip.Session) {
		s.Notify(func(sip.Event) {})
		s.Respond(180, "Ringing", nil)
		s.Answer([]byte(sdp))
		<-s.Done()
	})
	agent := listen(nil)
	at := far.LocalAddr()
	if transport == sip.TLS {
		at = netip.AddrPortFrom(loopback, at.Port()^1)
	}
	trunk := &sip.Trunk{Name: "far", Targets: []string{at.String()}, Transport: transport, TLS: sip.TLSSettings{ServerName: "far.example", CA: ca}}
	call := func() bool {
		s := agent.Invite(sip.Outgoing{Trunk: trunk, From: "+12025550100", To: "+12025550123", Offer: offering(sdp)})
		s.Notify(func(e sip.Event) {
			if _, ok := e.(sip.Answered); ok {
				s.Hangup(sip.Cause{})
			}
		})
		<-s.Done()
		return s.Outcome().Answered
	}
	// The far end listens for connections from its first message on.
	wake := &sip.Trunk{Name: "self", Targets: []string{at.String()}, Transport: transport, TLS: trunk.TLS}
	w := far.Invite(sip.Outgoing{Trunk: wake, From: "+12025550100", To: "+12025550123", Offer: offering(sdp)})
	w.Notify(func(e sip.Event) {
		if _, ok := e.(sip.Answered); ok {
			w.Hangup(sip.Cause{})
		}
	})
	<-w.Done()
	if !call() {
		b.Fatal("no call is answered")
	}
	var failed atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	slots := make(chan struct{}, 100)
	for range b.N {
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			if !call() {
				failed.Add(1)
			}
		}()
	}
	for range cap(slots) {
		slots <- struct{}{}
	}
	b.StopTimer()
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/call")
	if failed.Load() > 0 {
		b.Errorf("%d of %d calls failed", failed.Load(), b.N)
	}
}

// benchmarkAuthority is a file with a self-signed certificate of far.example and its key.
func benchmarkAuthority(b *testing.B) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"far.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		b.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		b.Fatal(err)
	}
	file := filepath.Join(b.TempDir(), "far.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}
