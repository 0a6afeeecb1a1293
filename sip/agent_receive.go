package sip

import (
	"bytes"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// A message is parsed and checked once, by the goroutine that reads its transport, which
// then does the job of its session, unless another goroutine does those. Nothing here waits.

// receive takes a message; raw is the reader's and is used again.
func (a *Agent) receive(raw []byte, from hop, at time.Time) {
	defer a.recovered("reading a message", "")
	raw = bytes.TrimLeft(raw, "\r\n") // RFC 3261 §7.5; a keepalive has nothing else
	if len(bytes.Trim(raw, "\x00")) == 0 {
		return
	}
	upperCaseVersion(raw)
	m, err := a.parser.ParseSIP(raw)
	if err != nil {
		f := fault{reason: "it does not parse", detail: clipped(err.Error())}
		if isResponse(raw) {
			a.discardResponse(raw, from, f)
		} else {
			a.malformedRequest(raw, newResponder(raw, from, a.cfg.UserAgent), f)
		}
		return
	}
	switch m := m.(type) {
	case *sipmsg.Response:
		a.onResponse(m, raw, from, at)
	case *sipmsg.Request:
		a.onRequest(readRequest(m, newResponder(raw, from, a.cfg.UserAgent), at), raw)
	}
}

func (a *Agent) onResponse(parsed *sipmsg.Response, raw []byte, from hop, at time.Time) {
	if f := checkResponse(parsed, raw, from); f.reason != "" {
		a.discardResponse(raw, from, f)
		return
	}
	res := readResponse(parsed, from, at)
	t, f := a.clientTransactions.match(res)
	if f.reason != "" {
		a.discardResponse(raw, from, f)
		return
	}
	if t == nil && res.method != sipmsg.INVITE && a.scanLimit.allow(scanRate) && a.clientTransactions.hasOtherBranch(res) {
		a.discardResponse(raw, from, fault{reason: "its branch is not that of the request with its CSeq number", detail: clipped(res.branch)})
		return
	}
	if t != nil && res.provisional() {
		t.onProvisional()
		t = nil
	} else if t != nil {
		t.stop()
		if t.session == nil {
			t.report(res, nil)
			return
		}
	}
	if s := a.session(sessionKey{res.callID, res.fromTag}); s != nil {
		switch s.doMessage(func() { s.onResponse(res, t) }, t == nil) { // what ends a request must not be lost
		case mailAccepted:
			return
		case mailFull:
			a.discardResponse(raw, from, mailboxFull)
			return
		}
	}
	if f := a.outOfDialogResponse(res); f.reason != "" {
		a.discardResponse(raw, from, f)
	}
}

// mailboxFull is the fault of a message whose session has too many waiting.
var mailboxFull = fault{reason: "its call is behind with what came before"}

// onRequest checks a request, finds the transaction of a copy, and passes a new one to
// its session, or refuses it.
func (a *Agent) onRequest(req *request, raw []byte) {
	if res := checkRequest(req); res.code != 0 {
		if req.method == sipmsg.ACK {
			a.discard(raw, req.source, fault{reason: "it is an ACK, which is never answered, and has a fault", detail: res.reason}, 0)
		}
		a.refuse(req, res)
		return
	}
	tx := a.serverTransactions.find(transactionKey(&req.message, req.method))
	switch {
	case req.method == sipmsg.ACK:
		a.onAck(req, raw, tx)
	case tx != nil:
		tx.onCopy()
	case req.method == sipmsg.CANCEL:
		a.onCancel(req)
	case req.toTag != "":
		a.onInDialogRequest(req)
	case req.method == sipmsg.INVITE:
		a.onInvite(req, raw)
	case req.method == sipmsg.OPTIONS:
		a.refuse(req, optionsReply())
	default:
		a.refuse(req, noSuchCall)
	}
}

// onAck passes an ACK to its session and to the transaction whose refusal it ends.
// That of a refusal without a transaction has neither (RFC 3261 §8.2.7).
func (a *Agent) onAck(req *request, raw []byte, tx *serverTransaction) {
	if tx != nil {
		tx.onAck()
	}
	s := a.sessionOf(req)
	switch {
	case s != nil && s.doMessage(func() { s.onAck(req) }, true) == mailFull:
		a.discard(raw, req.source, mailboxFull, 0)
	case s == nil && tx == nil:
		a.discard(raw, req.source, fault{reason: "it is an ACK of no call here", late: true}, 0)
	}
}

// sessionOf is the session of the dialog that a request names, nil if there is none.
func (a *Agent) sessionOf(req *request) *Session {
	if req.toTag == "" {
		return nil
	}
	return a.session(sessionKey{req.callID, req.toTag})
}

func (a *Agent) onInDialogRequest(req *request) {
	s := a.sessionOf(req)
	if s == nil {
		a.refuse(req, noSuchCall)
		return
	}
	a.beginTransaction(req)
	switch s.doMessage(func() { s.onRequest(req) }, true) {
	case mailClosed:
		req.tx.abandon()
		a.refuse(req, noSuchCall)
	case mailFull:
		req.tx.abandon()
		a.refuse(req, overloaded)
	}
}

// onCancel answers a CANCEL, and has the session of the INVITE that it names refuse
// that with 487 unless it has its final response (RFC 3261 §9.2). Both responses have
// the same tag.
func (a *Agent) onCancel(req *request) {
	invite := a.serverTransactions.find(transactionKey(&req.message, sipmsg.INVITE))
	if invite == nil {
		a.refuse(req, noSuchCall)
		return
	}
	req.responder.tag = invite.responder.tag
	a.refuse(req, reply{code: 200, reason: "OK"}) // before the 487, after which the session may be gone
	a.mu.RLock()
	s := a.invites[inviteKeyOf(req)]
	a.mu.RUnlock()
	if s != nil && s.inbound.req.branch == req.branch {
		s.do(func() { s.onCancel(req) })
	} else if s := a.sessionOf(req); s != nil {
		s.do(func() { s.reofferCancelled(req) })
	}
}

func inviteKeyOf(req *request) inviteKey { return inviteKey{req.callID, req.fromTag, req.cseq} }

// refuse answers without a transaction (RFC 3261 §8.2.7): nothing is kept for an
// unknown sender, and nothing is repeated to an address that may be forged. An ACK is
// never answered, nor is a copy, whose reply has no reason.
func (a *Agent) refuse(req *request, res reply) {
	if res.reason == "" || req.method == sipmsg.ACK {
		return
	}
	a.logRefusal(req, res)
	if err := req.responder.send(res); err != nil {
		a.log.Warn("answer a SIP request", "code", res.code, "error", err)
	}
}

// logRefusal logs that a call from outside was refused, and why: a carrier's incoming
// calls may be pointed here by mistake.
func (a *Agent) logRefusal(req *request, res reply) {
	if req.method != sipmsg.INVITE || req.toTag != "" {
		return
	}
	called := ""
	if to := req.To(); to != nil {
		called = clipped(to.Address.User)
	}
	why := res.reason
	if res.code == 403 {
		why = "no calls are taken here"
	}
	a.log.Warn("a call from outside was refused", "from", req.source.addr.String(), "to", called, "code", res.code, "reason", why)
}
