package carrier

import (
	"fmt"

	"ringflow/internal/rig/sdpwire"
	"ringflow/internal/rig/sipwire"
)

// put sends the request of the kind within the call and records its answer.
func (call *Call) put(kind Kind) {
	if call.state != Talking {
		return
	}
	call.sequence++
	number, method := call.sequence, map[Kind]string{Update: "UPDATE", Info: "INFO", Ping: "OPTIONS", Refer: "REFER"}[kind]
	if method == "" {
		method = "INVITE"
	}
	m := call.request(method, number)
	m.Add("Contact", "<"+call.contact()+">")
	switch kind {
	case Info:
		m.Add("Content-Type", "application/dtmf-relay")
		m.Body = []byte("Signal=5\r\nDuration=160\r\n")
	case Refer:
		m.Add("Refer-To", "<sip:+13032000000@127.0.0.1>")
	case Hold, Resume, Move, Change:
		m.Add("Content-Type", "application/sdp")
		m.Body = call.reoffer(kind)
	}
	call.ask(m, func(a *arrival) {
		if call.record.Asked == nil {
			call.record.Asked = map[Kind]int{}
		}
		call.record.Asked[kind] = 0
		if a == nil {
			call.carrier.fault("no answer to our "+string(kind)+" within 32 s", call.record.Number, m.Bytes())
			return
		}
		call.record.Asked[kind] = a.Code
		if method == "INVITE" {
			call.concludeReoffer(kind, number, a)
		}
	})
}

// reoffer is our session description for the kind.
func (call *Call) reoffer(kind Kind) []byte {
	ours := *call.offer
	ours.Direction = "sendrecv"
	switch kind {
	case Hold:
		ours.Direction = "recvonly" // Answer mirrors it to sendonly
	case Move, Change:
		if kind == Change {
			call.behaviour.Codec ^= 8
		}
		if p, err := call.openPhone(); err == nil {
			call.record.Left, call.record.Phone = call.record.Phone, p
			call.record.Left.StopSending()
			p.Expect(call.offer.Media)
			call.talk()
		}
	}
	call.version++
	return sdpwire.Answer(&ours, call.record.Phone.Local(), call.behaviour.Codec, uint64(call.line), call.version)
}

// concludeReoffer acknowledges the answer and notes what RFC 3264 §6.1 and RFC
// 3261 §14 forbid.
func (call *Call) concludeReoffer(kind Kind, number uint32, a *arrival) {
	ack := call.request("ACK", number)
	if a.Code >= 300 {
		ack = sipwire.Reply(a.Message, 0, "", "") // an ACK of a refusal belongs to its transaction
		ack.Method, ack.URI = "ACK", call.request("ACK", number).URI
		ack.Headers[len(ack.Headers)-1].Value = fmt.Sprintf("%d ACK", number)
		ack.Add("Max-Forwards", "70")
	}
	if kind == Bare && a.Code == 200 {
		if offer, err := sdpwire.Parse(a.Body); err == nil {
			ack.Add("Content-Type", "application/sdp")
			call.version++
			ack.Body = sdpwire.Answer(offer, call.record.Phone.Local(), call.behaviour.Codec, uint64(call.line), call.version)
		}
	}
	call.carrier.send(ack.Bytes(), call.target())
	note := func(rule string) {
		call.carrier.fault(fmt.Sprintf("our re-INVITE (%s) was answered %s", kind, rule), call.record.Number, a.raw)
	}
	if a.Code != 200 {
		note(fmt.Sprint(a.Code))
		return
	}
	o, err := sdpwire.Parse(a.Body)
	switch {
	case err != nil:
		note("without a session description that can be read: " + err.Error())
	case kind == Hold && o.Direction != "recvonly" && o.Direction != "inactive":
		note("with " + o.Direction + " (RFC 3264 §6.1)")
	case (kind == Resume || kind == Move || kind == Change || kind == Bare) && o.Direction != "sendrecv":
		note("with " + o.Direction)
	case !o.Has(call.behaviour.Codec):
		note(fmt.Sprintf("with formats %v", o.Formats))
	}
}
