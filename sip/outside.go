package sip

import (
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// A request outside any dialog opens one, if it is an INVITE that is taken, or asks
// for nothing that outlives its answer.

// invited makes a session of an INVITE that none knows. It writes our tag into the
// To of the request before there is a transaction, so that every answer has it, also
// those that sipgo gives by itself.
func (a *Agent) invited(req *sipmsg.Request, raw []byte, r *responder, at time.Time) {
	if v := a.inviteRefusal(req); v.code != 0 {
		if v.reason == "" {
			a.discard(raw, r.source, fault{reason: "it is a copy of an INVITE that has its answer", late: true}, 0)
		}
		a.refuse(req, r, v)
		return
	}
	s := newInbound(a, req, at)
	req.To().Params.Add("tag", s.key.localTag)
	s.inbound.tx = a.transactions.begin(req, r)
	s.replies.expect(req, s.inbound.tx)
	if !a.enter(s, s.inbound.key) {
		s.inbound.tx.Terminate()
		a.refuse(req, r, overloaded)
		return
	}
	s.post(s.offered)
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
			return verdict{code: 482} // it has been answered
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
		return overloaded
	}
	return verdict{}
}

// outside is the answer to a request outside any dialog that opens none.
func outside(req *sipmsg.Request) verdict {
	if req.Method == sipmsg.OPTIONS {
		return optionsAnswer()
	}
	return noSuchCall
}

// optionsAnswer is what we can do (RFC 3261 §11.2).
func optionsAnswer() verdict {
	return verdict{200, "OK", []Header{{"Allow", allowed}, {"Accept", accepted},
		{"Accept-Encoding", "identity"}, {"Accept-Language", "en"}, {"Supported", supported}}}
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

// clipped makes a short text of what a far end chose and a person is to read.
func clipped(s string) string {
	const most = 100
	if len(s) > most {
		return printable(cut(s, most), most) + "…"
	}
	return printable(s, most)
}
