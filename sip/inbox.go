package sip

import (
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Messages come in wire order, in the goroutine that reads the socket, and go
// into the mailbox of their session: that decides what happens. A response is
// taken off the socket before sipgo sees it, whose transactions would hand over
// what they hear in any order, and lose a 1xx that stands just before its 2xx. A
// request takes two ways: onArrival sees every one; onRequest sees it once, later
// and in any order, and brings the server transaction through which its answer
// leaves.

// onMessage is given each request by sipgo. It must not block. It alone may change
// a message, before sipgo's transactions see it: invited does.
func (a *Agent) onMessage(m sipmsg.Message) {
	defer a.recovered("reading a message", "")
	a.socket.parsed = true
	if req, ok := m.(*sipmsg.Request); ok {
		// Answers leave through our own connection: the entry that sipgo makes here
		// goes with its read loop, and then it would open a socket of its own.
		a.pool.Add(req.Source(), a.conn)
		a.onArrival(req, time.Now())
	}
}

// readResponse is given each datagram that begins like a response; raw is the
// socket's and is used again.
func (a *Agent) readResponse(raw []byte, from *source) {
	defer a.recovered("reading a response", "")
	m, err := a.parser.ParseSIP(raw)
	if err != nil {
		a.log.Warn("a SIP response makes no sense", "from", from, "error", err)
		return
	}
	if res, ok := m.(*sipmsg.Response); ok {
		res.SetTransport("UDP")
		res.SetSource(from.text)
		a.onResponse(res, time.Now())
	}
}

func (a *Agent) onResponse(res *sipmsg.Response, at time.Time) {
	if !a.validResponse(res) {
		return
	}
	p, fits := a.pendings.answeredBy(res)
	if !fits {
		return
	}
	s := a.session(sessionKey{string(*res.CallID()), tagOf(res.From().Params)})
	if p != nil && res.IsProvisional() {
		p.heard()
		p = nil
	} else if p != nil {
		p.stop()
	}
	if s != nil && s.receive(res, p, at) {
		return
	}
	a.stray(res)
}

func (a *Agent) onArrival(req *sipmsg.Request, at time.Time) {
	if checkRequest(req).code != 0 {
		return // onRequest answers
	}
	if tag := tagOf(req.To().Params); tag != "" {
		if s := a.session(sessionKey{string(*req.CallID()), tag}); s != nil {
			s.mail.deliver(func() { s.arrived(req, at) })
		}
		return
	}
	switch req.Method {
	case sipmsg.INVITE:
		a.invited(req, at)
	case sipmsg.CANCEL:
		if s := a.cancels(req); s != nil {
			s.mail.deliver(func() { s.cancelled(req) })
		}
	}
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

// invited makes a session of an INVITE that none knows. It writes our tag into
// the To of the request, before anyone else holds it, so that every answer has
// it, also those that sipgo gives by itself.
func (a *Agent) invited(req *sipmsg.Request, at time.Time) {
	if a.inviteRefusal(req).code != 0 {
		return
	}
	s := newInbound(a, req, at)
	req.To().Params.Add("tag", s.key.localTag)
	if !a.enter(s, s.inbound.key) {
		req.To().Params.Remove("tag")
	}
}

// inviteRefusal judges an INVITE outside any dialog. A verdict without a reason
// is a copy of what we know, and needs no answer.
func (a *Agent) inviteRefusal(req *sipmsg.Request) verdict {
	if a.cfg.Inbound == nil {
		return verdict{code: 403, reason: "Forbidden"}
	}
	if v := checkTimer(req); v.code != 0 {
		return v
	}
	k := inviteKeyOf(req)
	if k.fromTag != "" && k.fromTag == a.signer.callerTag(k.callID) {
		return verdict{code: 482, reason: "Loop Detected"} // it is our own
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	if s := a.invites[k]; s != nil {
		if s.inbound.branch == branchOf(req) {
			return verdict{code: 482} // sipgo repeats what was answered
		}
		return verdict{code: 482, reason: "Merged Request"}
	}
	if a.retired.has(k) {
		return verdict{code: 482}
	}
	if s := a.sessions[sessionKey{k.callID, a.signer.calleeTag(k.callID, k.fromTag)}]; s != nil && !s.refused.Load() {
		// The tags of both would be the same, and the first could no longer be told
		// from this one. After a refusal, as for a login, the caller calls anew.
		return verdict{500, "Call Is In Progress", []Header{retryAfter()}}
	}
	if a.closed || len(a.sessions) >= sessionsMax {
		return verdict{503, "Service Unavailable", []Header{{"Retry-After", "10"}}}
	}
	return verdict{}
}

// onRequest is called by sipgo, once for each request that is no copy.
func (a *Agent) onRequest(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	defer a.recovered("serving a request", "")
	if a.isClosing() {
		// Read before Close and looked at after it: sipgo no longer finds our socket
		// and has opened one of its own, with a reader that nobody would end.
		_ = a.tp.Close()
	}
	if req.Method == sipmsg.ACK {
		tx.Terminate() // an ACK has no transaction; onMessage has delivered it
		return
	}
	if v := checkRequest(req); v.code != 0 {
		a.refuse(req, tx, v)
		return
	}
	if tag := tagOf(req.To().Params); tag != "" {
		s := a.session(sessionKey{string(*req.CallID()), tag})
		if s == nil || !s.post(func() { s.served(req, tx) }) {
			a.refuse(req, tx, verdict{code: 481, reason: "Call/Transaction Does Not Exist"})
		}
		return
	}
	a.refuse(req, tx, a.outside(req))
}

// outside is the answer to a request outside any dialog that opens none.
func (a *Agent) outside(req *sipmsg.Request) verdict {
	switch req.Method {
	case sipmsg.INVITE:
		if v := a.inviteRefusal(req); v.code != 0 {
			return v
		}
		return verdict{503, "Service Unavailable", []Header{{"Retry-After", "10"}}}
	case sipmsg.OPTIONS:
		return optionsAnswer()
	case sipmsg.CANCEL:
		if a.cancels(req) != nil {
			return verdict{code: 200, reason: "OK"}
		}
	}
	return verdict{code: 481, reason: "Call/Transaction Does Not Exist"}
}

// optionsAnswer is what we can do (RFC 3261 §11.2).
func optionsAnswer() verdict {
	return verdict{200, "OK", []Header{{"Allow", allowed}, {"Accept", accepted},
		{"Accept-Encoding", "identity"}, {"Accept-Language", "en"}, {"Supported", supported}}}
}

// refuse answers without state (RFC 3261 §8.2.7), whatever was asked: nothing is
// kept for a stranger, and nothing is repeated to an address that may be forged.
func (a *Agent) refuse(req *sipmsg.Request, tx *sipmsg.ServerTx, v verdict) {
	defer tx.Terminate()
	if v.reason == "" {
		return
	}
	a.tellRefusal(req, v)
	if err := tx.Connection().WriteMsg(a.response(req, v.code, v.reason, nil, v.headers)); err != nil {
		a.log.Warn("answer a SIP request", "code", v.code, "error", err)
	}
}

// tellRefusal logs that a call from outside was refused, and why: whoever points a
// carrier's incoming calls here looks for it.
func (a *Agent) tellRefusal(req *sipmsg.Request, v verdict) {
	if req.Method != sipmsg.INVITE {
		return
	}
	called := ""
	if to := req.To(); to != nil {
		if tagOf(to.Params) != "" {
			return // inside a call
		}
		called = clipped(to.Address.User)
	}
	why := v.reason
	if v.code == 403 {
		why = "no calls are taken here"
	}
	a.log.Warn("a call from outside was refused", "from", req.Source(), "to", called, "code", v.code, "reason", why)
}

// clipped bounds what a far end chose and a person is to read.
func clipped(s string) string {
	const most = 100
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// response builds an answer to req. Its To has the tag of req, or a random one.
func (a *Agent) response(req *sipmsg.Request, code int, reason string, body []byte, hs []Header) *sipmsg.Response {
	res := sipmsg.NewResponseFromRequest(req, code, reason, nil)
	res.SipVersion = "SIP/2.0" // sipgo echoes what the request claimed
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
