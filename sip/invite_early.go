package sip

import (
	"bytes"
	"fmt"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// earlyDialog is a leg of our INVITE that has answered provisionally, with a tag of
// its own (RFC 3261 §12.1).
type earlyDialog struct {
	dialog  *dialog
	rseq    uint32 // of its last reliable response, 0 if there was none (RFC 3262 §4)
	answer  []byte // its answer to our offer; nil: none has come
	updated bool   // an UPDATE has changed what that agreed on
}

const maxEarlyDialogs = 64 // legs of one INVITE that are remembered

// early takes a provisional response into the early dialog that it opens or goes on
// with, and acknowledges a reliable one. told is false for one that is not to be told:
// a copy, one that came too early, or one of a leg too many.
func (s *Session) early(res *sipmsg.Response) (body []byte, told bool) {
	o, tag := s.outbound, tagOf(res.To().Params)
	body = sdpOf(res)
	if tag == "" {
		return body, true
	}
	rseq, reliable := rseqOf(res)
	e := o.early[tag]
	switch {
	case e == nil && len(o.early) >= maxEarlyDialogs:
		if reliable {
			s.discardResponse(res, fault{reason: "too many phones of one call ring reliably"})
		}
		return body, !reliable
	case e == nil:
		if o.early == nil {
			o.early = map[string]*earlyDialog{}
		}
		e = &earlyDialog{dialog: dialogFromResponse(res, s.Remote())}
		o.early[tag] = e
	case reliable && e.rseq != 0 && rseq != e.rseq+1:
		if rseq != e.rseq { // else it is a copy
			s.discardResponse(res, fault{reason: "its RSeq is not the next one", detail: fmt.Sprintf("%d after %d", rseq, e.rseq)})
		}
		return nil, false
	default:
		e.dialog.refresh(res)
	}
	if reliable {
		e.rseq = rseq
		s.prack(e.dialog, rseq, res)
	}
	return e.describe(body, o.Offer != nil), true
}

// describe takes the SDP of a response to the INVITE, and returns what is news of it.
// The first is the answer to our offer (RFC 3261 §13.2.1). It may be repeated, and
// says nothing any more once an UPDATE has changed what it agreed on.
func (e *earlyDialog) describe(body []byte, offered bool) []byte {
	switch {
	case e.updated && bytes.Equal(body, e.answer):
		return nil
	case body != nil && offered:
		e.answer = body
	}
	return body
}

// setUpdated notes that an UPDATE has changed what a leg agreed on.
func (o *outbound) setUpdated(d *dialog) {
	for _, e := range o.early {
		if e.dialog == d {
			e.updated = true
		}
	}
}

// earlyRequest answers a request on a leg of our INVITE that has not answered.
func (s *Session) earlyRequest(req *sipmsg.Request, at time.Time) {
	e := s.outbound.early[tagOf(req.From().Params)]
	if e != nil && !e.dialog.inOrder(req) {
		s.refuse(req, outOfOrder)
		return
	}
	switch req.Method {
	case sipmsg.UPDATE:
		s.earlyUpdate(e, req, at)
	case sipmsg.INVITE:
		s.refuse(req, s.earlyOfferState(e).acceptsInvite())
	case sipmsg.OPTIONS:
		s.reply(req, &said{code: 200, reason: "OK", target: true})
	case sipmsg.INFO:
		s.onInfo(req)
	default:
		s.refuse(req, noSuchCall)
	}
}

// earlyUpdate takes an UPDATE on such a leg (RFC 3311 §5.2); e is nil if the leg has
// not been heard of.
func (s *Session) earlyUpdate(e *earlyDialog, req *sipmsg.Request, at time.Time) {
	v := noSuchCall // it has been cancelled
	if s.state == stateCalling || s.state == stateProceeding {
		v = s.earlyOfferState(e).acceptsUpdate(sdpOf(req) != nil)
	}
	if v.code == 0 {
		v = checkTimer(req)
	}
	switch {
	case v.code != 0:
		s.refuse(req, v)
	case sdpOf(req) != nil:
		s.onOffer(e.dialog, req, at)
	default:
		if e != nil {
			e.dialog.refresh(req)
		}
		s.reply(req, &said{code: 200, reason: "OK", target: true})
	}
}

// earlyOfferState is that of a leg that has not answered: our INVITE makes the offer,
// and the SDP of a provisional response answers it. One UPDATE is decided at a time,
// of whichever leg.
func (s *Session) earlyOfferState(e *earlyDialog) offerState {
	r := &s.offers
	o := offerState{localInvite: true, localOpen: e == nil || e.answer == nil, remoteOpen: r.remoteOffer != nil}
	o.remoteUpdate = o.remoteOpen && e != nil && r.remoteDialog == e.dialog
	return o
}

// rseqOf is the number of a reliable provisional response (RFC 3262 §3). ok is
// false for one that is not reliable, or has no number and cannot be acknowledged.
func rseqOf(res *sipmsg.Response) (rseq uint32, ok bool) {
	rseq, ok = number(field(res, "rseq", ""))
	return rseq, ok && rseq != 0 && requires(res, "100rel")
}

// prack acknowledges a reliable provisional response in its dialog. PRACK is
// repeated by its transaction, so a copy of the response needs none; the far end
// repeats that until a PRACK has passed every login.
func (s *Session) prack(d *dialog, rseq uint32, res *sipmsg.Response) {
	req := d.request(s.agent, sipmsg.PRACK, d.next())
	req.AppendHeader(sipmsg.NewHeader("RAck", fmt.Sprintf("%d %d INVITE", rseq, res.CSeq().SeqNo)))
	req.SetBody(nil)
	r := &dialogRequest{agent: s.agent, session: s, dialog: d, login: s.digest, req: req, done: func(*sipmsg.Response, error) {}}
	r.wanted = func() bool {
		return s.state == stateCalling || s.state == stateProceeding || s.state == stateConfirmed
	}
	r.send()
}

// reofferProgress acknowledges a reliable provisional response to a re-INVITE of
// ours, which numbers its own.
func (s *Session) reofferProgress(res *sipmsg.Response) {
	r := &s.offers
	rseq, ok := rseqOf(res)
	p := provisional{res.CSeq().SeqNo, rseq}
	if !ok || r.pending == nil || r.pending.req.CSeq().SeqNo != p.cseq || r.reliable.cseq == p.cseq && rseq != r.reliable.rseq+1 {
		return
	}
	r.reliable = p
	s.prack(s.dialog, rseq, res)
}

// provisional names a reliable provisional response by its INVITE and its number.
type provisional struct{ cseq, rseq uint32 }
