package carrier

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"ringflow/internal/rig/sdpwire"
	"ringflow/internal/rig/sipwire"
)

// clientTransaction is a request that we sent and that waits for its final
// answer (RFC 3261 §17.1).
type clientTransaction struct {
	call *Call
	text []byte
	to   netip.AddrPort
	done func(*arrival) // nil for no answer in 64 T1
}

// after runs f under the mutex unless the call has ended before.
func (call *Call) after(d time.Duration, f func()) {
	call.timers = append(call.timers, call.carrier.after(d, func() {
		if call.state != Ended {
			f()
		}
	}))
}

// sendLast sends the last answer to the INVITE, if there is one yet.
func (call *Call) sendLast() {
	if call.lastAnswer == nil {
		return
	}
	if call.record.Code/100 == 2 && call.unsent > 0 {
		call.unsent--
		return
	}
	left := call.carrier.send(call.lastAnswer, call.carrier.back(call.invite))
	if left && call.record.Code != 0 && call.record.FinalAt.IsZero() {
		call.record.FinalAt = time.Now()
	}
}

// sendFinal sends the final answer until the ACK comes, at T1, doubled up to
// T2, for 64 T1 (RFC 3261 §13.3.1.4, §17.2.1).
func (call *Call) sendFinal() {
	sent := call.state
	call.sendLast()
	var again func(wait, total time.Duration)
	again = func(wait, total time.Duration) {
		call.after(wait, func() {
			switch {
			case call.state != sent:
			case total >= 64*t1:
				call.on(timedOut, arrival{})
			default:
				call.sendLast()
				next := min(2*wait, t2)
				again(next, total+next)
			}
		})
	}
	again(t1, t1)
}

// request begins a request of ours within the dialog.
func (call *Call) request(method string, number uint32) *sipwire.Message {
	c := call.carrier
	m := &sipwire.Message{Method: method, URI: sipwire.Address(call.invite.Get("Contact"))}
	m.Add("Via", fmt.Sprintf("SIP/2.0/UDP %s;branch=z9hG4bK%016x;rport", c.local, rand.Uint64()))
	m.Add("Max-Forwards", "70")
	m.Add("From", call.invite.Get("To")+";tag="+call.tag)
	m.Add("To", call.invite.Get("From"))
	m.Add("Call-ID", call.invite.Get("Call-ID"))
	m.Add("CSeq", fmt.Sprintf("%d %s", number, method))
	for _, route := range call.invite.All("Record-Route") { // the far end's own proxies
		m.Add("Route", route)
	}
	return m
}

// target is where requests of the dialog go: the caller's Contact.
func (call *Call) target() netip.AddrPort {
	to, err := netip.ParseAddrPort(sipwire.Host(sipwire.Address(call.invite.Get("Contact"))))
	if err != nil {
		return call.invite.from
	}
	return to
}

// ask sends a request and waits for its answer.
func (call *Call) ask(m *sipwire.Message, done func(*arrival)) {
	c := call.carrier
	x := &clientTransaction{call: call, text: m.Bytes(), to: call.target(), done: done}
	c.waiting[m.Branch()] = x
	c.send(x.text, x.to)
	c.retransmit(m.Branch(), x, t1, t1)
}

func (c *Carrier) retransmit(branch string, x *clientTransaction, wait, total time.Duration) {
	c.after(wait, func() {
		if c.waiting[branch] != x {
			return
		}
		if total >= 64*t1 {
			delete(c.waiting, branch)
			x.done(nil)
			return
		}
		c.send(x.text, x.to)
		next := min(2*wait, t2)
		c.retransmit(branch, x, next, total+next)
	})
}

// reply hands an answer to the request of ours that it belongs to.
func (c *Carrier) reply(a arrival) {
	x := c.waiting[a.Branch()]
	if x == nil || a.Code < 200 {
		return
	}
	delete(c.waiting, a.Branch())
	x.done(&a)
}

// bye ends the call from our side.
func (call *Call) bye() {
	call.record.ByeAt = time.Now()
	call.ended("carrier")
	if call.record.Phone != nil {
		call.record.Phone.StopSending()
	}
	call.sequence++
	call.ask(call.request("BYE", call.sequence), func(a *arrival) {
		if a == nil {
			call.on(timedOut, arrival{})
			return
		}
		if a.Code != 200 {
			call.carrier.fault(fmt.Sprintf("our BYE was answered with %d", a.Code), call.record.Number, a.raw)
		}
		call.on(byeAnswered, *a)
	})
}

// renew answers a re-INVITE of the caller.
func (call *Call) renew(a arrival) {
	transaction := a.Method + a.Branch()
	if known := call.replies[transaction]; known != nil {
		call.carrier.send(known, call.carrier.back(a))
		return
	}
	number, _, _ := a.CSeq()
	if number <= call.lastCSeq {
		call.carrier.fault("re-INVITE: CSeq does not grow (RFC 3261 §12.2.1.1)", a.Get("CSeq"), a.raw)
	}
	call.lastCSeq, call.renewed = number, number
	call.checkTarget(a)
	m := sipwire.Reply(a.Message, 200, "OK", call.tag)
	m.Add("Contact", "<"+call.contact()+">")
	if len(a.Body) > 0 {
		offer, err := sdpwire.Parse(a.Body)
		if err != nil || !offer.Has(call.behaviour.Codec) {
			m = sipwire.Reply(a.Message, 488, "Not Acceptable Here", call.tag)
		} else {
			call.offer = offer
			call.version++
			call.answerMedia(m)
			call.record.Phone.Expect(offer.Media)
			call.talk()
		}
	}
	call.replies[transaction] = m.Bytes()
	call.carrier.send(m.Bytes(), call.carrier.back(a))
}
