package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/api"
)

// lines are those of a log that hold a text.
func lines(log, text string) (found []string) {
	for line := range strings.Lines(log) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// Strangers who are refused without end write little of the log, nothing of it as an
// error, and it tells how much was held back. What a client that is known does is
// told all the same.
func TestRefusalsOfStrangersAreHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.keepErr = errors.New("disk full") // whoever asks causes a 503
		flood := func() {
			for n := range 1000 {
				w.do("GET", "/v1/flows", "", "")
				w.do("GET", "/v1/executions", "", "", "Authorization", "Bearer rf_bad")
				w.do("GET", "/v1/calls", "", "", "Authorization", fmt.Sprintf("Bearer rf_%043d", n))
				w.do("GET", fmt.Sprintf("/%0500d", n), "", "")
				w.do("POST", "/metrics", "", "")
				w.do("POST", "/oauth/token", "", fmt.Sprintf("grant_type=client_credentials&client_id=%d&client_secret=x", n))
			}
		}
		flood()
		log := w.log.String()
		if got := lines(log, ""); len(got) > 60 || len(log) > 60*600 {
			t.Errorf("6000 refusals are %d lines of %d bytes", len(got), len(log))
		}
		if got := lines(log, "level=ERROR"); len(got) > 0 {
			t.Errorf("an error: %s", got[0])
		}
		for _, of := range []string{"route=/v1/flows ", "route=/v1/executions ", "route=/v1/calls ", "route=other ", "route=/metrics "} {
			if len(lines(log, of)) == 0 {
				t.Errorf("nothing of %s is told", of)
			}
		}
		w.keepErr = nil
		w.do("GET", "/v1/flows/none", "acceptance", "")
		if got := lines(w.log.String(), "client=acceptance"); len(got) != 1 {
			t.Errorf("of a client: %d lines", len(got))
		}
		<-time.After(10 * time.Second)
		w.do("GET", "/v1/flows", "", "")
		if got := lines(w.log.String(), "held_back="); len(got) != 1 || !strings.Contains(got[0], "route=/v1/flows ") {
			t.Errorf("what was held back is not told: %q", got)
		}
	})
}

// A client that is refused without end, and a fault that never ends, do not fill the
// disk either.
func TestRefusalsOfAClientAreHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.startErr = errors.New("broken")
		token := w.token("acceptance")
		for range 1000 {
			w.do("POST", "/flows/installation-help/interactions", "", "{}", "Authorization", "Bearer "+token)
			w.do("GET", "/v1/flows/none", "", "", "Authorization", "Bearer "+token)
		}
		for text, most := range map[string]int{"level=ERROR": 10, "level=INFO": 10} {
			if n := len(lines(w.log.String(), text)); n == 0 || n > most {
				t.Errorf("%s: %d lines", text, n)
			}
		}
		<-time.After(10 * time.Second)
		w.do("POST", "/flows/installation-help/interactions", "", "{}", "Authorization", "Bearer "+token)
		if got := lines(w.log.String(), "held_back=990"); len(got) != 1 {
			t.Errorf("what was held back: %q", got)
		}
	})
}

// garbage is what a port that is open to the world gets.
var garbage = map[string]string{
	"TLS":                 "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + strings.Repeat("x", 160),
	"SSH":                 "SSH-2.0-OpenSSH_9.2\r\n",
	"SIP":                 "OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm;branch=foo\r\n\r\n",
	"zeroes":              strings.Repeat("\x00", 300),
	"RDP":                 "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00",
	"a version":           "GET / HTTP/3.7\r\nHost: x\r\n\r\n",
	"no host":             "GET / HTTP/1.1\r\n\r\n",
	"two hosts":           "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
	"a header too long":   "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 40_000) + "\r\n\r\n",
	"a field that is bad": "GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n",
	"an expectation":      "GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n",
	"two lengths":         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
	"a coding":            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: zip\r\n\r\n",
}

// What is no request is refused by net/http. The log tells of it once in a while, and
// not as an error.
func TestGarbageOnThePortIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		log := new(lockedBuffer)
		server, listener := api.NewServer(w.handler, slog.New(slog.NewTextHandler(log, nil))), newPipes()
		serving := make(chan error)
		go func() { serving <- server.Serve(listener) }()
		send := func(text string) string {
			conn := listener.dial()
			go func() { _, _ = io.WriteString(conn, text) }()
			got, _ := io.ReadAll(conn)
			conn.Close()
			return string(got)
		}
		for name, text := range garbage {
			<-time.After(time.Minute)
			before := len(log.String())
			got := send(text)
			synctest.Wait()
			if !strings.HasPrefix(got, "HTTP/1.1 4") && !strings.HasPrefix(got, "HTTP/1.1 5") {
				t.Errorf("%s is answered %.50q", name, got)
			}
			if got := log.String()[before:]; len(lines(got, "level=INFO msg=\"no request could be read")) != 1 || len(lines(got, "")) != 1 {
				t.Errorf("%s: the log says %q", name, got)
			}
		}
		<-time.After(time.Minute)
		before, begin := len(log.String()), time.Now()
		var flood sync.WaitGroup
		for range 100 {
			for _, text := range garbage {
				flood.Go(func() { send(text) })
			}
		}
		flood.Wait()
		if got := log.String()[before:]; len(lines(got, "")) > 20 || strings.Contains(got, "level=ERROR") || time.Since(begin) > 15*time.Second {
			t.Errorf("the log has %d lines after %v", len(lines(got, "")), time.Since(begin))
		}
		<-time.After(time.Minute)
		before = len(log.String())
		send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		send("")
		synctest.Wait()
		if got := log.String()[before:]; got != "" {
			t.Errorf("of a request and of nothing at all it says %q", got)
		}
		send("x\r\n\r\n")
		synctest.Wait()
		if got := log.String()[before:]; !strings.Contains(got, "held_back=") {
			t.Errorf("what was held back is not told: %q", got)
		}
		_ = server.Close()
		<-serving
	})
}

// The same of a port with TLS, where net/http itself says why a handshake failed.
func TestGarbageOnAPortWithTLSIsHeldBack(t *testing.T) {
	w := newWorld(t, nil)
	log := new(lockedBuffer)
	server := api.NewServer(w.handler, slog.New(slog.NewTextHandler(log, nil)))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"x"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving := make(chan error)
	go func() {
		serving <- server.Serve(tls.NewListener(listener, &tls.Config{NextProtos: []string{"h2", "http/1.1"}, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}))
	}()
	for range 40 {
		for _, text := range []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", garbage["SSH"], garbage["zeroes"]} {
			conn, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, text)
			_, _ = io.Copy(io.Discard, conn)
			conn.Close()
		}
	}
	for _, protocols := range [][]string{{"h2"}, {"http/1.1"}} { // what is right is not told
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, NextProtos: protocols}, ForceAttemptHTTP2: protocols[0] == "h2"}
		for range 3 {
			answer, err := (&http.Client{Transport: transport}).Get("https://" + listener.Addr().String() + "/healthz")
			if err != nil || answer.StatusCode != http.StatusOK || (answer.ProtoMajor == 2) != (protocols[0] == "h2") {
				t.Fatal(answer, err)
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
		transport.CloseIdleConnections()
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	<-serving
	got := log.String()
	if n := len(lines(got, "level=INFO")); n == 0 || n > 20 || n != len(lines(got, "")) || !strings.Contains(got, "TLS handshake error") || strings.Contains(got, "no request could") {
		t.Errorf("the log has %d lines: %s", len(lines(got, "")), got)
	}
}
