package acceptance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"ringflow/internal/rig/sipwire"
)

// Probe sends the server what strangers send: requests outside any call,
// requests it cannot serve, and rubbish.
func (t *Suite) Probe(ctx context.Context) {
	for _, p := range []struct {
		name, method, version string
		change                func(*sipwire.Message)
		want                  []int
	}{
		{name: "OPTIONS", method: "OPTIONS", want: []int{200}},
		{name: "an INVITE from outside", method: "INVITE", want: []int{403, 404, 488, 603}},
		{name: "BYE of no call", method: "BYE", change: toTag, want: []int{481}},
		{name: "CANCEL of no call", method: "CANCEL", want: []int{481}},
		{name: "INFO of no call", method: "INFO", change: toTag, want: []int{481}},
		{name: "re-INVITE of no call", method: "INVITE", change: toTag, want: []int{481}},
		{name: "UPDATE of no call", method: "UPDATE", change: toTag, want: []int{481}},
		{name: "REGISTER", method: "REGISTER", want: []int{405, 403, 501}},
		{name: "MESSAGE", method: "MESSAGE", want: []int{405, 501}},
		{name: "an unknown method", method: "FROBNICATE", want: []int{405, 501}},
		{name: "Require of an unknown extension", method: "OPTIONS", change: header("Require", "foobar"), want: []int{420}},
		{name: "no Max-Forwards left", method: "OPTIONS", change: header("Max-Forwards", "0"), want: []int{200, 483}},
		{name: "BYE without tags", method: "BYE", want: []int{400, 481}},
		{name: "CSeq of another method", method: "OPTIONS", change: header("CSeq", "1 INVITE"), want: []int{400}},
		{name: "a scheme that is no SIP", method: "OPTIONS", change: func(m *sipwire.Message) { m.URI = "http://example.com" }, want: []int{400, 416}},
	} {
		m := request(p.method, t.SIP)
		if p.change != nil {
			p.change(m)
		}
		code, err := t.transact(m)
		right := false
		for _, want := range p.want {
			right = right || code == want
		}
		t.Check(right, "%s: answered %d, want %v (%v)", p.name, code, p.want, err)
	}
	t.sendMalformed()
	code, err := t.transact(request("OPTIONS", t.SIP))
	t.Check(code == 200, "OPTIONS after rubbish: %d (%v)", code, err)
	t.Check(t.platform.Ready(ctx) == nil, "the server is ready after it")
}

func toTag(m *sipwire.Message) { header("To", m.Get("To")+";tag=nobody")(m) }

func header(name, value string) func(*sipwire.Message) {
	return func(m *sipwire.Message) {
		for i := range m.Headers {
			if m.Headers[i].Name == name {
				m.Headers[i].Value = value
				return
			}
		}
		m.Add(name, value)
	}
}

// request is a well-formed request to the server; its Via is put on when it is sent.
func request(method, to string) *sipwire.Message {
	m := &sipwire.Message{Method: method, URI: "sip:ringflow@" + to}
	m.Add("Via", "")
	m.Add("Max-Forwards", "70")
	m.Add("From", fmt.Sprintf("<sip:stranger@127.0.0.1>;tag=%08x", rand.Uint32()))
	m.Add("To", "<sip:ringflow@"+to+">")
	m.Add("Call-ID", fmt.Sprintf("%016x", rand.Uint64()))
	m.Add("CSeq", "1 "+method)
	return m
}

// transact sends the request from a socket of its own and returns the code
// of the final answer.
func (t *Suite) transact(m *sipwire.Message) (int, error) {
	conn, err := net.Dial("udp4", t.SIP)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	header("Via", fmt.Sprintf("SIP/2.0/UDP %s;branch=z9hG4bK%016x;rport", conn.LocalAddr(), rand.Uint64()))(m)
	m.Add("Contact", fmt.Sprintf("<sip:stranger@%s>", conn.LocalAddr()))
	if _, err := conn.Write(m.Bytes()); err != nil {
		return 0, err
	}
	_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	buffer := make([]byte, 65536)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return 0, err
		}
		answer, err := sipwire.Parse(append([]byte(nil), buffer[:n]...))
		if err != nil {
			return 0, err
		}
		if answer.Code < 200 {
			continue
		}
		if m.Method == "INVITE" {
			ack := request("ACK", t.SIP)
			for _, name := range []string{"Via", "From", "Call-ID"} {
				header(name, m.Get(name))(ack)
			}
			header("To", answer.Get("To"))(ack)
			_, _ = conn.Write(ack.Bytes())
		}
		return answer.Code, nil
	}
}

// sendMalformed sends a thousand datagrams that are no SIP, and nearly SIP.
func (t *Suite) sendMalformed() {
	conn, err := net.Dial("udp4", t.SIP)
	if err != nil {
		t.Check(false, "send rubbish: %v", err)
		return
	}
	defer conn.Close()
	for range 1000 {
		text := request("INVITE", t.SIP).Bytes()
		for range 1 + rand.IntN(20) {
			text[rand.IntN(len(text))] = byte(rand.Uint32())
		}
		_, _ = conn.Write(text[:1+rand.IntN(len(text))])
	}
}
