package carrier

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"ringflow/internal/rig/audio"
	"ringflow/internal/rig/phone"
	"ringflow/internal/rig/sipwire"
)

// openPhone takes a phone with the behaviour's settings.
func (call *Call) openPhone() (*phone.Phone, error) {
	b := call.behaviour
	return call.carrier.plane.Open(phone.Settings{Tone: b.Tone, Codec: audio.Codec(b.Codec), Event: call.offer.Event,
		Record: b.Record, InSequence: b.InSequence, Trace: b.Trace})
}

// ringTag is the tag of the 18x.
func (call *Call) ringTag() string {
	if call.behaviour.Deviation.RingsFork {
		return call.tag + "-other"
	}
	return call.tag
}

// route is the URI of the carrier in a route set.
func (call *Call) route() string { return fmt.Sprintf("<sip:%s;lr>", call.carrier.local) }

// oddRing adds what strange far ends put on an 18x.
func (call *Call) oddRing(m *sipwire.Message) {
	if call.behaviour.Deviation.Routed {
		m.Add("Record-Route", call.route())
	}
	if call.behaviour.Deviation.Reliable {
		m.Add("Require", "100rel")
		m.Add("RSeq", "4711")
		call.after(2*time.Second, func() {
			if !call.record.Pracked {
				call.carrier.fault("no PRACK to a reliable 18x within 2 s (RFC 3262 §4)", call.record.Number, call.lastAnswer)
			}
		})
	}
}

// oddAnswer bends the 200.
func (call *Call) oddAnswer(m *sipwire.Message) {
	odd := call.behaviour.Deviation
	if odd.Routed {
		m.Add("Record-Route", call.route())
	}
	if odd.BareAnswer {
		m.Body = nil
		headers := m.Headers[:0]
		for _, h := range m.Headers {
			if h.Name != "Content-Type" {
				headers = append(headers, h)
			}
		}
		m.Headers = headers
	}
	if odd.ForeignCodec {
		old := fmt.Sprintf("RTP/AVP %d", call.behaviour.Codec)
		m.Body = bytes.Replace(m.Body, []byte(old), []byte("RTP/AVP 18"), 1)
	}
	if odd.NoMedia {
		port := fmt.Sprintf("m=audio %d", call.record.Phone.Local().Port())
		m.Body = bytes.Replace(m.Body, []byte(port), []byte("m=audio 0"), 1)
	}
}

// afterACK sends what deviating user agents send then.
func (call *Call) afterACK() {
	odd := call.behaviour.Deviation
	if odd.RingsLate {
		m := sipwire.Reply(call.invite.Message, 180, "Ringing", call.tag)
		call.carrier.send(m.Bytes(), call.carrier.back(call.invite))
	}
	if odd.RepeatsAnswer {
		call.after(200*time.Millisecond, func() {
			before := call.record.Acks
			call.sendLast()
			call.after(time.Second, func() {
				if call.record.Acks == before {
					call.carrier.fault("no ACK to a repeated 200 (RFC 3261 §13.2.2.4)", call.record.Number, call.lastAnswer)
				}
			})
		})
	}
}

// deviateOnCancel ignores or refuses a CANCEL; false if neither.
func (call *Call) deviateOnCancel(a arrival) bool {
	odd := call.behaviour.Deviation
	if !odd.IgnoresCancel && !odd.RefusesCancel {
		return false
	}
	if call.record.CancelledAt.IsZero() {
		call.record.CancelledAt = a.at
	}
	if odd.RefusesCancel {
		call.respond(a, 481, "Call/Transaction Does Not Exist")
	}
	return true
}

// ignoreBye ends the call by a BYE that is never answered, however often it comes.
func (call *Call) ignoreBye(a arrival) {
	if call.deafTo != "" {
		return
	}
	call.deafTo = a.Branch()
	call.record.ByeAt = a.at
	call.ended("caller")
	call.end()
	call.state = Ended
}

// prack checks a PRACK and answers it.
func (call *Call) prack(a arrival) {
	number, _, _ := call.invite.CSeq()
	if want := fmt.Sprintf("4711 %d INVITE", number); strings.TrimSpace(a.Get("RAck")) != want {
		call.carrier.fault("PRACK: wrong RAck (RFC 3262 §7.2)", a.Get("RAck")+", want "+want, a.raw)
	}
	cseq, _, _ := a.CSeq()
	if cseq <= call.lastCSeq {
		call.carrier.fault("PRACK: CSeq does not grow", a.Get("CSeq"), a.raw)
	}
	call.lastCSeq = max(call.lastCSeq, cseq)
	call.record.Pracked = true
	call.respond(a, 200, "OK")
}
