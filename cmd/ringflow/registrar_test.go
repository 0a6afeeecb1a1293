package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// registrar is a registrar with a trunk behind it (RFC 3261 §10.3), over UDP or TCP: it
// challenges each REGISTER that has no credentials, grants a minute, answers each INVITE with
// 200 and hangs up when it is told to. Its phones send no audio.
type registrar struct {
	t       *testing.T
	at      netip.AddrPort
	over    string            // in Via and Contact: UDP or TCP
	users   map[string]string // their passwords
	serving sync.WaitGroup
	// challenges says that INVITEs are challenged too, as a proxy does; hangsUp is the number
	// that hangs up once it has answered. Both are set before the first request.
	challenges bool
	hangsUp    string

	mu          sync.Mutex
	requests    []sipRequest
	bindings    map[string]string // Contacts by user
	connections int               // that were accepted
	open        []net.Conn
}

// sipRequest is a request as it came.
type sipRequest struct {
	method, uri string
	lines       []string // of its header
	from        string   // its source address
	reply       func(message string)
}

// field is the first header field of a name.
func (r sipRequest) field(name string) string {
	for _, line := range r.lines {
		if value, is := strings.CutPrefix(line, name+": "); is {
			return value
		}
	}
	return ""
}

// user is the user part of a URI in a header field.
func (r sipRequest) user(name string) string {
	_, rest, _ := strings.Cut(r.field(name), "sip:")
	user, _, _ := strings.Cut(rest, "@")
	return user
}

// registrar starts one at trunkPort.
func (w *world) registrar(over string, users map[string]string) *registrar {
	w.t.Helper()
	r := &registrar{t: w.t, at: w.at(trunkPort), over: over, users: users, bindings: map[string]string{}}
	var closer io.Closer
	if over == "TCP" {
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(r.at))
		if err != nil {
			w.t.Fatal(err)
		}
		closer = l
		r.serving.Go(func() { r.accept(l) })
	} else {
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(r.at))
		if err != nil {
			w.t.Fatal(err)
		}
		closer = conn
		r.serving.Go(func() { r.receive(conn) })
	}
	w.t.Cleanup(func() {
		closer.Close()
		r.mu.Lock()
		for _, c := range r.open {
			c.Close()
		}
		r.mu.Unlock()
		r.serving.Wait()
	})
	return r
}

// receive takes datagrams until the socket is closed.
func (r *registrar) receive(conn *net.UDPConn) {
	buf := make([]byte, 65535)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		r.take(string(buf[:n]), from, func(message string) { _, _ = conn.WriteToUDPAddrPort([]byte(message), from) })
	}
}

// accept takes connections until the listener is closed.
func (r *registrar) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.connections++
		r.open = append(r.open, conn)
		r.mu.Unlock()
		r.serving.Go(func() { r.read(conn) })
	}
}

// read takes the messages of a connection, cut by their Content-Length.
func (r *registrar) read(conn net.Conn) {
	from := conn.RemoteAddr().(*net.TCPAddr).AddrPort()
	in := bufio.NewReader(conn)
	for {
		head, length := "", 0
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if line == "\r\n" {
				if head == "" {
					continue // a keep-alive
				}
				break
			}
			head += line
			if value, is := strings.CutPrefix(line, "Content-Length: "); is {
				length, _ = strconv.Atoi(strings.TrimSpace(value))
			}
		}
		if _, err := in.Discard(length); err != nil {
			return
		}
		r.take(head+"\r\n", from, func(message string) { _, _ = io.WriteString(conn, message) })
	}
}

// take answers a message.
func (r *registrar) take(message string, from netip.AddrPort, reply func(string)) {
	head, _, _ := strings.Cut(message, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	words := strings.Fields(lines[0])
	if len(words) != 3 || words[2] != "SIP/2.0" { // a response, or a keep-alive
		return
	}
	req := sipRequest{method: words[0], uri: words[1], lines: lines[1:], from: from.String(), reply: reply}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, req)
	contact := fmt.Sprintf("Contact: <sip:trunk@%s;transport=%s>", r.at, strings.ToLower(r.over))
	switch req.method {
	case "REGISTER":
		r.register(req)
	case "INVITE":
		if r.challenges && !r.isProven(req, req.user("To"), "Proxy-Authorization") {
			req.respond("407 Proxy Authentication Required", "", "Proxy-Authenticate: "+registrarChallenge)
			return
		}
		sdp := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\nm=audio %[2]d RTP/AVP 0\r\n", r.at.Addr(), audioPort)
		req.respond("200 OK", sdp, contact, "Content-Type: application/sdp")
	case "ACK":
		i := slices.IndexFunc(r.requests, func(q sipRequest) bool {
			return q.method == "INVITE" && q.field("Call-ID") == req.field("Call-ID") && q.field("CSeq") == strings.Replace(req.field("CSeq"), "ACK", "INVITE", 1)
		})
		if i >= 0 && r.hangsUp != "" && req.user("To") == r.hangsUp && (!r.challenges || r.requests[i].field("Proxy-Authorization") != "") {
			r.hangUp(r.requests[i])
		}
	default:
		req.respond("200 OK", "", contact)
	}
}

// register answers a REGISTER. mu is held.
func (r *registrar) register(req sipRequest) {
	user := req.user("To")
	switch {
	case !r.isProven(req, user, "Authorization"):
		req.respond("401 Unauthorized", "", "WWW-Authenticate: "+registrarChallenge)
	case req.field("Contact") == "": // it asks for the bindings
		if bound := r.bindings[user]; bound != "" {
			req.respond("200 OK", "", "Contact: "+bound+";expires=60")
		} else {
			req.respond("200 OK", "")
		}
	case req.field("Expires") == "0":
		delete(r.bindings, user)
		req.respond("200 OK", "")
	default:
		r.bindings[user] = strings.TrimSuffix(req.field("Contact"), ";expires="+req.field("Expires"))
		req.respond("200 OK", "", "Contact: "+r.bindings[user]+";expires=60")
	}
}

const registrarChallenge = `Digest realm="registrar", nonce="4f1d", qop="auth"`

// isProven says whether a request has the credentials of a user, of any where it is an INVITE.
func (r *registrar) isProven(req sipRequest, user, field string) bool {
	c := parameters(req.field(field))
	if req.method == "INVITE" {
		user = c["username"]
	}
	want := digest(digest(user+":registrar:"+r.users[user]) + ":4f1d:" + c["nc"] + ":" + c["cnonce"] + ":auth:" + digest(req.method+":"+req.uri))
	return r.users[user] != "" && c["username"] == user && c["response"] == want
}

// respond answers a request over the way that it came.
func (r sipRequest) respond(status, body string, fields ...string) {
	lines := []string{"SIP/2.0 " + status}
	for _, line := range r.lines {
		switch name, _, _ := strings.Cut(line, ":"); name {
		case "Via":
			host, port, _ := net.SplitHostPort(r.from)
			lines = append(lines, strings.Replace(line, ";rport", ";received="+host+";rport="+port, 1))
		case "To":
			if !strings.Contains(line, ";tag=") {
				line += ";tag=far"
			}
			fallthrough
		case "From", "Call-ID", "CSeq", "Record-Route":
			lines = append(lines, line)
		}
	}
	lines = append(append(lines, fields...), "Content-Length: "+strconv.Itoa(len(body)), "", body)
	r.reply(strings.Join(lines, "\r\n"))
}

// hangUp sends the BYE of an INVITE that was answered, over the way that it came.
func (r *registrar) hangUp(invite sipRequest) {
	target := strings.Trim(strings.SplitAfter(invite.field("Contact"), ">")[0], "<>")
	invite.reply(strings.Join([]string{
		"BYE " + target + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/%s %s;branch=z9hG4bK-bye-%s;rport", r.over, r.at, digest(invite.field("Call-ID"))),
		"From: " + invite.field("To") + ";tag=far", "To: " + invite.field("From"),
		"Call-ID: " + invite.field("Call-ID"), "CSeq: 1 BYE", "Max-Forwards: 70", "Content-Length: 0", "", "",
	}, "\r\n"))
}

// of are the requests of a method so far.
func (r *registrar) of(method string) []sipRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.requests), func(q sipRequest) bool { return q.method != method })
}

// registered are the REGISTERs of a user that have credentials, and the value of Expires.
func (r *registrar) registered(user, expires string) []sipRequest {
	return slices.DeleteFunc(r.of("REGISTER"), func(q sipRequest) bool {
		return q.user("To") != user || q.field("Expires") != expires || q.field("Authorization") == ""
	})
}

// binding is the Contact of a user, empty if there is none.
func (r *registrar) binding(user string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bindings[user]
}
