package sim

import (
	"context"
	"sync"
	"time"

	"ringflow/media"
	"ringflow/media/sdp"
	"ringflow/sip"
)

// phone is one call to one number. run owns its fields; the script runs beside it from the
// answer on and uses port and session alone.
type phone struct {
	carrier   *Carrier
	behaviour Behaviour
	session   *sip.Session
	call      Call // written by run; the carrier reads it when run has ended
	index     int  // in the carrier's list of calls

	port      *media.Port // nil before offer and answer
	recording *media.Recording
	version   uint64 // of our SDP
	crypto    []sdp.Crypto
	reoffers  chan reoffer  // from the script
	reoffered chan struct{} // of the reoffer under way, closed at its result
	answer    []byte        // our SDP as sent last

	script     sync.WaitGroup
	stopScript context.CancelFunc
}

// run handles the session to its end.
func (p *phone) run(ctx context.Context) {
	ctx, p.stopScript = context.WithCancel(ctx)
	p.newCrypto()
	p.reoffers = make(chan reoffer)
	defer p.close()
	p.respondProvisionally()
	var final <-chan time.Time // when the final response is due
	if p.behaviour.Final.Code != 0 {
		final = time.After(p.behaviour.RingTime)
	}
	hangUp := ctx.Done()
	events := newEventQueue()
	p.session.Notify(events.add)
	for {
		select {
		case <-events.ready:
			for _, e := range events.drain() {
				if end, ok := e.(sip.Ended); ok {
					p.call.Outcome = end.Outcome
					return
				}
				p.handle(ctx, e)
			}
		case <-final:
			p.respond()
		case k := <-p.digits():
			p.call.Digits += string(k.Symbol)
		case r := <-p.reoffers:
			p.offer(r)
		case <-hangUp:
			hangUp = nil
			p.hangUp()
		}
	}
}

// respondProvisionally sends the 18x.
func (p *phone) respondProvisionally() {
	b := p.behaviour
	switch {
	case b.Early != nil:
		if p.openPort(); p.port != nil {
			p.session.Respond(183, "Session Progress", p.altered(p.answer))
			p.port.Play(media.NewPrompt(b.Early).Loop())
		}
	case !b.NoRinging:
		p.session.Respond(180, "Ringing", nil)
	}
}

// respond sends the final response.
func (p *phone) respond() {
	f := p.behaviour.Final
	if f.Code != 200 {
		f.reject(p.session)
		return
	}
	if p.openPort(); p.port == nil {
		p.session.Reject(488, "Not Acceptable Here")
		return
	}
	p.session.Answer(p.altered(p.answer))
}

func (p *phone) handle(ctx context.Context, e sip.Event) {
	switch e := e.(type) {
	case sip.Answered:
		if len(p.call.Offer) == 0 {
			p.acceptAnswer(e.Body)
		}
		p.playSilence()
		p.script.Go(func() { p.runScript(ctx) })
	case sip.Reoffer:
		p.renegotiate(e.Body)
	case sip.ReofferResult:
		p.call.Reoffers = append(p.call.Reoffers, e.Code)
		if e.Code == 200 {
			p.acceptAnswer(e.Body)
		}
		if p.reoffered != nil {
			close(p.reoffered)
			p.reoffered = nil
		}
	case sip.InfoReceived, sip.Progress:
		// No behaviour depends on these.
	}
}

// runScript runs the script. An action ends early only with the call.
func (p *phone) runScript(ctx context.Context) {
	for _, a := range p.behaviour.Script {
		if err := a(ctx, p); err != nil {
			return
		}
	}
}

// openPort opens the port and answers the INVITE's offer, or makes an offer if there is none
// (RFC 3261 §13.2.1). On an error port stays nil and the call has a Fault.
func (p *phone) openPort() {
	if p.port != nil {
		return
	}
	port, err := p.carrier.plane.Open()
	if err != nil {
		p.call.Fault = err.Error()
		return
	}
	local := p.local(port)
	if len(p.call.Offer) == 0 {
		p.answer = sdp.Offer(local)
	} else {
		answer, agreed, err := sdp.Answer(p.call.Offer, local)
		if err != nil {
			port.Close()
			p.call.Fault = err.Error()
			return
		}
		p.answer, p.call.Codec = answer, agreed.Codec.Name
		p.negotiate(port, agreed)
	}
	p.port, p.recording = port, port.Record()
}

// acceptAnswer applies the answer of the ACK to our offer.
func (p *phone) acceptAnswer(body []byte) {
	agreed, err := sdp.Accept(p.local(p.port), body)
	if err != nil {
		p.call.Fault = err.Error()
		p.hangUp()
		return
	}
	p.call.Codec = agreed.Codec.Name
	p.negotiate(p.port, agreed)
}

// renegotiate answers a re-INVITE or UPDATE. One without a body asks for our offer (RFC 3264
// §8), which is the session as it is.
func (p *phone) renegotiate(offer []byte) {
	if len(offer) == 0 || p.port == nil {
		p.session.AnswerOffer(p.altered(p.answer))
		return
	}
	p.version++
	answer, agreed, err := sdp.Answer(offer, p.local(p.port))
	if err != nil {
		p.session.RejectOffer(488)
		return
	}
	p.answer, p.call.Codec = answer, agreed.Codec.Name
	p.negotiate(p.port, agreed)
	p.session.AnswerOffer(p.altered(answer))
}

// negotiate sets up the port; a mute phone only receives.
func (p *phone) negotiate(port *media.Port, agreed sdp.Negotiated) {
	if p.behaviour.Mute {
		agreed.Direction = sdp.RecvOnly
	}
	port.Negotiate(agreed, media.Sources{})
}

func (p *phone) local(port *media.Port) sdp.Local {
	codecs := p.behaviour.Codecs
	if codecs == nil {
		codecs = p.carrier.config.Codecs
	}
	return sdp.Local{
		Addr: port.LocalAddr(), Codecs: codecs,
		SessionID: p.carrier.sessionID, Version: p.version, Direction: sdp.SendRecv,
		SRTP: p.behaviour.SRTP, Crypto: p.crypto,
	}
}

// newCrypto makes new keys for the phone.
func (p *phone) newCrypto() {
	suites := p.behaviour.Suites
	if suites == nil {
		suites = sdp.DefaultSuites()
	}
	p.crypto = sdp.NewCrypto(suites)
}

// altered is SDP as the phone sends it.
func (p *phone) altered(body []byte) []byte {
	if p.behaviour.AlterSDP == nil {
		return body
	}
	return p.behaviour.AlterSDP(body)
}

// reoffer is a re-INVITE that a script asks for.
type reoffer struct {
	policy sdp.SRTPPolicy
	result chan struct{} // closed when the response has come
}

// offer sends a re-INVITE with new keys.
func (p *phone) offer(r reoffer) {
	p.version++
	p.behaviour.SRTP, p.reoffered = r.policy, r.result
	p.newCrypto()
	p.session.Reoffer(p.altered(sdp.Offer(p.local(p.port))))
}

// playSilence sends silence.
func (p *phone) playSilence() { p.port.Play(p.carrier.silence) }

func (p *phone) digits() <-chan media.Digit {
	if p.port == nil {
		return nil
	}
	return p.port.Digits()
}

func (p *phone) hangUp() { p.session.Hangup(sip.Cause{Q850: 16, Text: "Normal call clearing"}) }

// close stops the script, closes the port and completes the call.
func (p *phone) close() {
	p.stopScript()
	p.script.Wait()
	p.call.EndedAt = p.call.Outcome.EndedAt
	if p.port != nil {
		for pressed := true; pressed; {
			select {
			case k := <-p.digits():
				p.call.Digits += string(k.Symbol)
			default:
				pressed = false
			}
		}
		p.call.Recording, p.call.Audio = p.recording.Stop(), p.port.Stats()
		p.port.Close()
	}
}
