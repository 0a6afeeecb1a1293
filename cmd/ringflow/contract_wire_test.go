package main_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"ringflow.test/apitest"
)

const (
	answerLimit = 20 * time.Second
	streamLimit = 100 * time.Millisecond // how long a stream is listened to
)

// strangers counts the addresses that requests without a right token come from:
// failures are limited by address.
var strangers atomic.Uint32

// send writes a request to the wire, byte for byte, and reads the answer. What
// kept it from an answer stands in the body of one with the status 0.
func (c *contract) send(r *apitest.Request) apitest.Response {
	from := c.w.addr.String()
	if r.Auth == apitest.AuthNone || r.Auth == apitest.AuthUnknown || len(r.Operation.Security) == 0 {
		n := strangers.Add(1)
		from = fmt.Sprintf("127.%d.%d.%d", 254, n/250%250, 1+n%250)
	}
	return c.sendFrom(from, r)
}

func (c *contract) sendFrom(from string, r *apitest.Request) apitest.Response {
	answer, err := c.exchange(from, r)
	if err != nil {
		return apitest.Response{Body: []byte(err.Error())}
	}
	return answer
}

func (c *contract) exchange(from string, r *apitest.Request) (apitest.Response, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: answerLimit}
	conn, err := dialer.Dial("tcp", c.w.at(httpPort).String())
	if err != nil {
		return apitest.Response{}, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(answerLimit)); err != nil {
		return apitest.Response{}, err
	}
	_, sent := (&net.Buffers{c.head(r), r.Body}).WriteTo(conn) // an answer may come before the whole is taken
	in := bufio.NewReader(conn)
	for {
		res, err := http.ReadResponse(in, &http.Request{Method: r.Method})
		if err != nil {
			return apitest.Response{}, errors.Join(sent, err)
		}
		if res.StatusCode < 200 {
			continue
		}
		return read(conn, in, res)
	}
}

func read(conn net.Conn, in *bufio.Reader, res *http.Response) (apitest.Response, error) {
	a := apitest.Response{Status: res.StatusCode, Header: res.Header}
	if res.Header.Get("Content-Type") == apitest.EventStream {
		if err := conn.SetReadDeadline(time.Now().Add(streamLimit)); err != nil {
			return a, err
		}
	}
	var err error
	a.Body, err = io.ReadAll(res.Body)
	if errors.Is(err, os.ErrDeadlineExceeded) && res.Header.Get("Content-Type") == apitest.EventStream {
		a.Truncated, err = true, nil
	}
	if err != nil {
		return a, fmt.Errorf("answer %d: %w", a.Status, err)
	}
	if !a.Truncated && in.Buffered() > 0 {
		rest, _ := in.Peek(in.Buffered())
		return a, fmt.Errorf("answer %d: %.100q follows it", a.Status, rest)
	}
	return a, nil
}

// head is the request as it stands on the wire, before its body.
func (c *contract) head(r *apitest.Request) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: x\r\n", r.Method, r.Target())
	switch token := ""; r.Auth {
	case apitest.AuthUnknown:
		token = "rf_unknown"
		fallthrough
	case apitest.AuthValid, apitest.AuthScope, apitest.AuthAccount:
		switch r.Auth {
		case apitest.AuthValid:
			token = c.token("shop", "")
		case apitest.AuthScope:
			token = c.token("shop", narrow(r.Operation))
		case apitest.AuthAccount:
			token = c.token("stranger", "")
		}
		if r.Operation.Path == "/oauth/token" {
			b.WriteString("Authorization: Basic c2hvcDpjaGFuZ2UtbWU=\r\n") // shop:change-me
			break
		}
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", token)
	}
	for _, h := range r.Header {
		fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
	}
	if len(r.Body) > 0 || r.Method == http.MethodPost || r.Method == http.MethodPut {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.Body))
	}
	b.WriteString("\r\n")
	return b.Bytes()
}
