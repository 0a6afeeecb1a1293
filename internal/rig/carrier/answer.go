package carrier

import (
	"time"

	"ringflow/internal/rig/sdpwire"
	"ringflow/internal/rig/sipwire"
)

// accept sends the 200 with its session description and begins to talk.
func (call *Call) accept() {
	m := sipwire.Reply(call.invite.Message, 200, "OK", call.tag)
	m.Add("Contact", "<"+call.contact()+">")
	m.Add("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO")
	if !call.answerMedia(m) {
		call.behaviour.Final = 488
		call.state = Refusing
		call.refuse(488, "refusal")
		return
	}
	call.oddAnswer(m)
	call.record.Code, call.record.AnsweredAt = 200, time.Now()
	call.lastAnswer = m.Bytes()
	call.sendFinal()
	if call.behaviour.Fork {
		second := sipwire.Reply(call.invite.Message, 200, "OK", call.forkTag())
		second.Add("Contact", "<"+call.contact()+">")
		second.Add("Content-Type", "application/sdp")
		second.Body = m.Body
		call.carrier.send(second.Bytes(), call.carrier.back(call.invite))
	}
	call.talk()
}

// answerMedia puts our session description on the message; false when the
// offer has nothing that this phone speaks.
func (call *Call) answerMedia(m *sipwire.Message) bool {
	if call.offer == nil || !call.offer.Has(call.behaviour.Codec) {
		return false
	}
	if call.record.Phone == nil {
		p, err := call.openPhone()
		if err != nil {
			call.carrier.fault("the carrier itself ran out of ports", err.Error(), nil)
			return false
		}
		call.record.Phone = p
		p.Expect(call.offer.Media)
	}
	m.Add("Content-Type", "application/sdp")
	m.Body = sdpwire.Answer(call.offer, call.record.Phone.Local(), call.behaviour.Codec, uint64(call.line), call.version)
	return true
}

// talk lets the phone speak if the other side listens.
func (call *Call) talk() {
	listens := call.offer.Direction == "sendrecv" || call.offer.Direction == "recvonly"
	if !call.behaviour.Mute && listens && !call.offer.Media.Addr().IsUnspecified() {
		call.record.Phone.Talk(call.offer.Media)
	} else {
		call.record.Phone.StopSending()
	}
}
