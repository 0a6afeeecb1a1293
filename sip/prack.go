package sip

import (
	"fmt"
	"slices"
	"strconv"

	sipmsg "github.com/emiago/sipgo/sip"
)

// earlyDialog is a leg that has sent a reliable provisional response. Each leg
// numbers its own (RFC 3262 §4).
type earlyDialog struct {
	dialog *dialog
	rseq   uint32
}

const earlyMost = 64 // legs of one INVITE that are acknowledged

// reliable acknowledges a provisional response that asks for it. It reports
// false for one that is not to be told: a copy, or one that came too early.
func (s *Session) reliable(res *sipmsg.Response) bool {
	if !slices.Contains(options(res, "require", ""), "100rel") {
		return true
	}
	rseq, err := strconv.ParseUint(field(res, "rseq", ""), 10, 32)
	tag := tagOf(res.To().Params)
	if err != nil || rseq == 0 || tag == "" {
		return true // it cannot be acknowledged, but it did ring
	}
	o := s.outbound
	e := o.early[tag]
	switch {
	case e == nil:
		if len(o.early) >= earlyMost {
			return false
		}
		if o.early == nil {
			o.early = map[string]*earlyDialog{}
		}
		e = &earlyDialog{dialog: dialogFromResponse(res, s.Remote())}
		o.early[tag] = e
	case uint32(rseq) != e.rseq+1:
		return false
	default:
		e.dialog.refresh(res)
	}
	e.rseq = uint32(rseq)
	s.prack(e, res)
	return true
}

// prack acknowledges the response in its own early dialog. PRACK is repeated by
// its transaction, so a copy of the response needs none.
func (s *Session) prack(e *earlyDialog, res *sipmsg.Response) {
	req := e.dialog.request(s.agent, sipmsg.PRACK, e.dialog.next())
	req.AppendHeader(sipmsg.NewHeader("RAck", fmt.Sprintf("%d %d INVITE", e.rseq, res.CSeq().SeqNo)))
	req.SetBody(nil)
	req.SetDestination(s.agent.hopOf(e.dialog))
	s.login.authorize(req)
	s.transact(req, func(*sipmsg.Response, error) {})
}

// lastSeq is the CSeq number last used towards the leg with that tag.
func (o *outbound) lastSeq(tag string) uint32 {
	if e := o.early[tag]; e != nil {
		return e.dialog.localSeq
	}
	return o.seq
}
