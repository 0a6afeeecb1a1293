package sip

import (
	"bytes"
	"fmt"

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

const maxEarlyDialogs = 64 // of one INVITE

// early takes a provisional response into the early dialog that it opens or goes on
// with, and acknowledges a reliable one. report is false for one that is not reported: a
// copy, one that came too early, or one of a dialog too many.
func (s *Session) early(res *response) (body []byte, report bool) {
	o := s.outbound
	if res.toTag == "" {
		return res.content.body, true
	}
	rseq, reliable := rseqOf(res)
	e := o.early[res.toTag]
	switch {
	case e == nil && len(o.early) >= maxEarlyDialogs:
		if reliable {
			s.discardResponse(res, fault{reason: "too many phones of one call ring reliably"})
		}
		return res.content.body, !reliable
	case e == nil:
		e = &earlyDialog{dialog: dialogFromResponse(res)}
		e.dialog.trunk = o.Trunk
		o.early[res.toTag] = e
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
		s.prack(e.dialog, rseq, res.cseq)
	}
	return e.describe(res.content.body, o.offer != nil), true
}

// describe takes the SDP of a response to the INVITE, and returns what is new of it.
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

// rseqOf is the number of a reliable provisional response (RFC 3262 §3). ok is
// false for one that is not reliable, or has no number and cannot be acknowledged.
func rseqOf(res *response) (rseq uint32, ok bool) {
	rseq, ok = number(field(res, "rseq"))
	return rseq, ok && rseq != 0 && requires(res, "100rel")
}

// prack acknowledges a reliable provisional response in its dialog. PRACK is
// repeated by its transaction, so a copy of the response needs none; the far end
// repeats that until a PRACK is accepted.
func (s *Session) prack(d *dialog, rseq, cseq uint32) {
	req := d.request(s.agent, sipmsg.PRACK, d.next())
	req.AppendHeader(sipmsg.NewHeader("RAck", fmt.Sprintf("%d %d INVITE", rseq, cseq)))
	r := &dialogRequest{agent: s.agent, session: s, dialog: d, digest: s.digest, req: req}
	r.wanted = func() bool { return s.isInviting() || s.state == stateConfirmed }
	r.send()
}

// reofferProgress acknowledges a reliable provisional response to a re-INVITE of
// ours, which numbers its own.
func (s *Session) reofferProgress(res *response) {
	o := &s.offers
	rseq, ok := rseqOf(res)
	if !ok || o.pending == nil || o.pending.req.CSeq().SeqNo != res.cseq || o.reliable.cseq == res.cseq && rseq != o.reliable.rseq+1 {
		return
	}
	o.reliable.cseq, o.reliable.rseq = res.cseq, rseq
	s.prack(s.dialog, rseq, res.cseq)
}
