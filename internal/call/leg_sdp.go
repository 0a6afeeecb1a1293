package call

import (
	"bytes"
	"cmp"
	"errors"
	"net/netip"
	"time"

	"ringflow/flowengine/record"
	"ringflow/media"
	"ringflow/media/sdp"
	"ringflow/sip"
)

// maxEarlyDialogs is how many early dialogs of a leg are followed (RFC 3261 §12.1).
const maxEarlyDialogs = 64

// earlyMedia applies the SDP of an 18x. SDP that cannot be used is ignored: the 200 has
// another.
func (l *Leg) earlyMedia(e sip.Progress) {
	if len(e.Body) == 0 && e.UnsupportedBody == "" {
		return
	}
	n, err := l.acceptAnswer(e.Body)
	if len(e.Body) == 0 {
		err = errors.New("no SDP came: " + e.UnsupportedBody)
	}
	if err != nil {
		l.log.Info("early media not understood", "leg", l.id, "code", e.Code, "error", err)
		return
	}
	l.negotiate(n, false)
	if len(l.agreed) == 0 { // one event a leg
		l.event(record.LegEarlyMedia, e.Code, e.Reason)
	}
	l.storeAgreed(e.ToTag, n)
}

// storeAgreed stores the result of offer and answer in an early dialog, by its tag: the 200
// may come without SDP.
func (l *Leg) storeAgreed(tag string, n sdp.Negotiated) {
	if _, known := l.agreed[tag]; known || len(l.agreed) < maxEarlyDialogs {
		l.agreed[tag] = n
	}
}

// handleAnswer opens the audio. A 200 without SDP confirms what was agreed on in its early
// dialog: by the answer in an 18x (RFC 3261 §13.2.1), or an UPDATE since. An answer that
// shares no codec with the offer, or has no address, ends the leg: an offerer cannot
// refuse it otherwise.
func (l *Leg) handleAnswer(e sip.Answered) {
	n, agreed := l.agreed[e.ToTag]
	if len(e.Body) > 0 || !agreed {
		if e.UnsupportedBody != "" {
			l.fail("the answer has no SDP that can be read: "+e.UnsupportedBody, 79)
			return
		}
		var err error
		if n, err = l.acceptAnswer(e.Body); err != nil {
			l.fail("the answer's SDP cannot be used: "+err.Error(), 79)
			return
		}
	}
	l.negotiate(n, true)
	l.logEncryption(n)
	l.watchSilence()
	l.limitDuration()
	l.event(record.LegAnswered, e.Code, "")
	close(l.answered)
	l.holdToSRTP(n)
}

// offer makes the offer of an INVITE. Its address is of the IP version of where the INVITE goes,
// unless the trunk says otherwise or there is none of that version.
func (l *Leg) offer(f sip.OfferFor) []byte {
	v4, v6 := l.port.LocalAddrFor(netip.IPv4Unspecified()), l.port.LocalAddrFor(netip.IPv6Unspecified())
	l.local.Addr, l.local.Other = v4, v6
	if wants6 := l.trunk.AudioIP == IPv6Alone || l.trunk.AudioIP != IPv4Alone && f.To.Is6(); v6.IsValid() && (wants6 || !v4.IsValid()) {
		l.local.Addr, l.local.Other = v6, v4
	}
	if l.trunk.AudioIP == IPv4Alone || l.trunk.AudioIP == IPv6Alone {
		l.local.Other = netip.AddrPort{}
	}
	if l.local.Least != f.Least {
		l.local.Least = f.Least
		l.rekey()
	}
	if f.Least && len(l.local.Crypto) > 1 { // the suites but the first are optional
		l.local.Crypto = l.local.Crypto[:1]
	}
	at := l.local.Addr
	l.offered.Store(&at)
	l.local.Origin = netip.Addr{} // each INVITE outside a dialog begins a session of SDP
	offer, _ := l.state(func() ([]byte, error) { return sdp.Offer(l.local), nil })
	return offer
}

// handleReoffer answers a re-INVITE or UPDATE, such as hold, another address or codec; an
// UPDATE may come before the answer (RFC 3311). One without a body asks for our offer
// (RFC 3261 §14.2).
func (l *Leg) handleReoffer(e sip.Reoffer) {
	if !e.IsOpen() { // it was cancelled while its host was looked up
		return
	}
	if len(e.Body) == 0 {
		l.rekey()
		offer, _ := l.state(func() ([]byte, error) { return sdp.Offer(l.local), nil })
		e.Answer(offer)
		return
	}
	l.rekeyFor(e.Body)
	version, stated := l.local.Version, l.stated
	var n sdp.Negotiated
	body, err := l.state(func() (answer []byte, err error) {
		answer, n, err = sdp.Answer(e.Body, l.local)
		return answer, err
	})
	if err == nil {
		err = l.port.CheckRemote(n.Remote)
	}
	if err != nil {
		l.local.Version, l.stated = version, stated // nothing is sent
		l.log.Info("re-INVITE refused", "leg", l.id, "call_id", l.facts.CallID, "error", err)
		e.Reject(488)
		return
	}
	e.Answer(body)
	if n.Local != l.local.Addr { // of the other IP version
		l.local.Origin = cmp.Or(l.local.Origin, l.local.Addr.Addr())
		l.local.Addr, l.local.Other = n.Local, l.local.Addr
	}
	l.negotiate(n, false)
	l.holdToSRTP(n)
	if !l.isAnswered() {
		l.storeAgreed(e.ToTag, n)
	}
}

// state returns an SDP of ours, with a version above that of the last one if it is another
// (RFC 3264 §8): far ends negotiate anew what has another version.
func (l *Leg) state(write func() ([]byte, error)) ([]byte, error) {
	body, err := write()
	if err != nil || bytes.Equal(body, l.stated) {
		return body, err
	}
	l.local.Version++
	l.stated, err = write()
	return l.stated, err
}

// limitDuration ends the leg once it has lasted as long as its trunk lets it.
func (l *Leg) limitDuration() {
	longest := cmp.Or(l.trunk.MaxDuration, MaxLegDuration)
	l.limit = time.AfterFunc(longest, func() {
		l.log.Warn("a leg was ended, since it reached the max_duration of its trunk", "trunk", l.trunk.Name, "leg", l.id, "call_id", l.facts.CallID, "max_duration", longest)
		l.fail("the leg reached the max_duration of trunk "+l.trunk.Name+", "+longest.String(), 31)
	})
}

// handleReofferResult applies the answer to an offer that a re-INVITE without a body asked
// for. An answer that cannot be used leaves the audio as it was.
func (l *Leg) handleReofferResult(e sip.ReofferResult) {
	n, err := l.acceptAnswer(e.Body)
	if err != nil {
		l.log.Info("the answer inside a call cannot be used", "leg", l.id, "code", e.Code, "error", err, "came", e.UnsupportedBody)
		return
	}
	l.negotiate(n, false)
	l.holdToSRTP(n)
}

// acceptAnswer reads an answer to our offer.
func (l *Leg) acceptAnswer(body []byte) (sdp.Negotiated, error) {
	n, err := sdp.Accept(l.local, body)
	if err == nil {
		err = l.port.CheckRemote(n.Remote)
	}
	return n, err
}

// negotiate applies the result of offer and answer to the port. RTP may come from the
// signalling address too; after the answer the source may be another than that of the
// early media.
func (l *Leg) negotiate(n sdp.Negotiated, answered bool) {
	l.negotiated = n
	if !n.Direction.Receives() {
		l.silence.stop() // RFC 8866 §6.7
	}
	l.port.Negotiate(n, media.Sources{Policy: l.trunk.Sources, Signalling: l.session.Remote().Addr(), Reopen: answered})
}
