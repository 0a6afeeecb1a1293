package sip

import (
	"fmt"

	sipmsg "github.com/emiago/sipgo/sip"
)

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
	r := &dialogRequest{agent: s.agent, session: s, dialog: d, login: s.login, req: req, done: func(*sipmsg.Response, error) {}}
	r.wanted = func() bool {
		return s.state == stateCalling || s.state == stateProceeding || s.state == stateConfirmed
	}
	r.send()
}

// reofferProgress acknowledges a reliable provisional response to a re-INVITE of
// ours, which numbers its own.
func (s *Session) reofferProgress(res *sipmsg.Response) {
	r := &s.reoffers
	rseq, ok := rseqOf(res)
	p := provisional{res.CSeq().SeqNo, rseq}
	if !ok || r.pending == nil || r.pending.req.CSeq().SeqNo != p.cseq || r.told.cseq == p.cseq && rseq != r.told.rseq+1 {
		return
	}
	r.told = p
	s.prack(s.dialog, rseq, res)
}

// provisional names a reliable provisional response by its INVITE and its number.
type provisional struct{ cseq, rseq uint32 }
