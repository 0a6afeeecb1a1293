package sip

import (
	"bytes"
	"net/netip"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Messages come in wire order, in the goroutine that reads the socket, and go into
// the mailbox of their session: that decides what happens. Nothing here blocks.

// receive takes a datagram; raw is the reader's and is used again.
func (a *Agent) receive(raw []byte, from *source, at time.Time) {
	defer a.recovered("reading a message", "")
	raw = bytes.TrimLeft(raw, "\r\n") // RFC 3261 §7.5; all of a keepalive is that
	if len(bytes.Trim(raw, "\x00")) == 0 {
		return
	}
	upperCaseVersion(raw)
	m, err := a.parser.ParseSIP(raw)
	if isResponse(raw) {
		if res, ok := m.(*sipmsg.Response); ok && err == nil {
			res.SetTransport("UDP")
			res.SetSource(from.text)
			a.onResponse(res, raw, from.addr, at)
			return
		}
		a.discardResponse(raw, from.addr, unreadable(err))
		return
	}
	r := newResponder(a.socket, raw, from.addr)
	if req, ok := m.(*sipmsg.Request); ok && err == nil {
		req.SetTransport("UDP")
		req.SetSource(from.text)
		a.onRequest(req, raw, r, at)
		return
	}
	a.malformedRequest(raw, from.addr, r, unreadable(err))
}

// unreadable is the fault of what the parser refuses.
func unreadable(err error) fault {
	f := fault{reason: "it does not parse"}
	if err != nil {
		f.detail = readable(err.Error())
	}
	return f
}

// onResponse takes a response, which came in those bytes.
func (a *Agent) onResponse(res *sipmsg.Response, raw []byte, from netip.AddrPort, at time.Time) {
	if f := a.checkResponse(res, raw); f.reason != "" {
		a.discardResponse(raw, from, f)
		return
	}
	p, f := a.clientTransactions.match(res)
	if f.reason != "" {
		a.discardResponse(raw, from, f)
		return
	}
	if p == nil && res.CSeq().MethodName != sipmsg.INVITE && a.scanLimit.allowUpTo(scanRate) && a.clientTransactions.hasOtherBranch(res) {
		a.discardResponse(raw, from, fault{reason: "its branch is not that of the request with its CSeq number", detail: readable(branchOf(res))})
		return
	}
	s := a.session(sessionKey{string(*res.CallID()), tagOf(res.From().Params)})
	if p != nil && res.IsProvisional() {
		p.onProvisional()
		p = nil
	} else if p != nil {
		p.stop()
		if p.session == nil {
			a.background(func() { p.done(res, nil) })
			return
		}
	}
	if s != nil {
		switch s.receive(res, p, at) {
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

// mailboxFull is the fault of a message that its call has no time for: more wait already
// than its mailbox holds.
var mailboxFull = fault{reason: "its call is behind with what came before"}

// onRequest judges a request, finds the transaction of a copy, and hands what is new
// to its session, or refuses it.
func (a *Agent) onRequest(req *sipmsg.Request, raw []byte, r *responder, at time.Time) {
	if v := checkRequest(req); v.code != 0 {
		if req.Method == sipmsg.ACK {
			a.discard(raw, r.source, fault{reason: "it is an ACK, which nobody answers, and has a fault", detail: v.reason}, 0)
		}
		a.refuse(req, r, v)
		return
	}
	tx := a.serverTransactions.find(transactionKey(req, req.Method))
	switch {
	case req.Method == sipmsg.ACK:
		a.onAck(req, raw, r, tx, at)
	case tx != nil:
		receive(tx, req) // a copy: what was answered is repeated
	case req.Method == sipmsg.CANCEL:
		a.onCancel(req, r)
	case tagOf(req.To().Params) != "":
		a.onInDialogRequest(req, r, at)
	case req.Method == sipmsg.INVITE:
		a.onInvite(req, raw, r, at)
	default:
		a.refuse(req, r, outOfDialogReply(req))
	}
}

// onAck gives an ACK to its session and to the transaction whose refusal it ends.
// That of a refusal without state finds neither (RFC 3261 §8.2.7).
func (a *Agent) onAck(req *sipmsg.Request, raw []byte, r *responder, tx *sipmsg.ServerTx, at time.Time) {
	s := a.sessionOf(req)
	switch {
	case s != nil && s.mailbox.deliver(func() { s.onAck(req, at) }) == mailFull:
		a.discard(raw, r.source, mailboxFull, 0)
	case s == nil && tx == nil:
		a.discard(raw, r.source, fault{reason: "it is an ACK of no call here", late: true}, 0)
	}
	if tx != nil {
		receive(tx, req)
	}
}

// receive gives a further request to a transaction.
func receive(tx *sipmsg.ServerTx, req *sipmsg.Request) { _ = tx.Receive(req) }

// sessionOf is the session whose dialog a request is inside of, nil if there is none.
func (a *Agent) sessionOf(req *sipmsg.Request) *Session {
	tag := tagOf(req.To().Params)
	if tag == "" {
		return nil
	}
	return a.session(sessionKey{string(*req.CallID()), tag})
}

// onInDialogRequest begins the transaction of a request inside a dialog.
func (a *Agent) onInDialogRequest(req *sipmsg.Request, r *responder, at time.Time) {
	s := a.sessionOf(req)
	if s == nil {
		a.refuse(req, r, noSuchCall)
		return
	}
	tx := a.serverTransactions.begin(req, r)
	switch s.mailbox.deliver(func() { s.onRequest(req, tx, at) }) {
	case mailClosed:
		tx.Terminate()
		a.refuse(req, r, noSuchCall)
	case mailFull:
		tx.Terminate()
		a.refuse(req, r, overloaded)
	}
}

var (
	noSuchCall = reply{code: 481, reason: "Call/Transaction Does Not Exist"}
	overloaded = reply{503, "Service Unavailable", []Header{{"Retry-After", "10"}}}
)

// onCancel answers a CANCEL, and has the INVITE that it means end with 487 unless that
// has its final response (RFC 3261 §9.2). Both answers have the same tag.
func (a *Agent) onCancel(req *sipmsg.Request, r *responder) {
	invite := a.serverTransactions.find(transactionKey(req, sipmsg.INVITE))
	if invite == nil {
		a.refuse(req, r, noSuchCall)
		return
	}
	if tag := tagOf(invite.Origin().To().Params); tag != "" {
		req.To().Params.Add("tag", tag)
	}
	a.refuse(req, r, reply{code: 200, reason: "OK"}) // before the 487: it ends the CANCEL
	if s := a.cancels(req); s != nil {
		s.mailbox.deliver(func() { s.onCancel(req) })
	} else if s := a.sessionOf(req); s != nil {
		s.mailbox.deliver(func() { s.reofferCancelled(req) })
	}
	receive(invite, req)
}

func inviteKeyOf(req *sipmsg.Request) inviteKey {
	return inviteKey{string(*req.CallID()), tagOf(req.From().Params), req.CSeq().SeqNo}
}

// cancels is the inbound session whose INVITE a CANCEL means (RFC 3261 §9.2).
func (a *Agent) cancels(req *sipmsg.Request) *Session {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if s := a.invites[inviteKeyOf(req)]; s != nil && s.inbound.branch == branchOf(req) {
		return s
	}
	return nil
}

// refuse answers without state (RFC 3261 §8.2.7), whatever was asked: nothing is
// kept for a stranger, and nothing is repeated to an address that may be forged. An
// ACK is never answered, nor a copy of what we know, which has no reason.
func (a *Agent) refuse(req *sipmsg.Request, r *responder, v reply) {
	if v.reason == "" || req.Method == sipmsg.ACK {
		return
	}
	a.logRefusal(req, v)
	if err := r.WriteMsg(a.response(req, v.code, v.reason, nil, v.headers)); err != nil {
		a.log.Warn("answer a SIP request", "code", v.code, "error", err)
	}
}

// response builds an answer to req. Its To has the tag of req, or a random one.
func (a *Agent) response(req *sipmsg.Request, code int, reason string, body []byte, hs []Header) *sipmsg.Response {
	res := sipmsg.NewResponseFromRequest(req, code, reason, nil)
	appendHeaders(res, hs)
	if a.cfg.UserAgent != "" {
		res.AppendHeader(sipmsg.NewHeader("Server", a.cfg.UserAgent))
	}
	if body != nil {
		contentType := sipmsg.ContentTypeHeader(accepted)
		res.AppendHeader(&contentType)
		res.SetBody(body)
	}
	return res
}
