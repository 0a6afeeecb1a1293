package sip

import sipmsg "github.com/emiago/sipgo/sip"

// dialogRequest is a request of ours inside a dialog, of any method but ACK, which is
// never challenged. When it is challenged it is sent again with the next CSeq number,
// as long as there are credentials to try (RFC 3261 §22.2).
type dialogRequest struct {
	agent   *Agent
	session *Session // runs wanted and done; nil: the request outlives its session
	dialog  *dialog
	login   *digestSession
	req     *sipmsg.Request
	auth    digestAttempts
	hold    **clientTransaction // kept at the request that waits; nil: nobody needs it
	wanted  func() bool         // whether it is still to be sent again; nil: always
	done    func(*sipmsg.Response, error)
}

func (r *dialogRequest) send() {
	r.req.SetDestination(r.agent.hopOf(r.dialog))
	r.login.authorize(r.req, &r.auth)
	p := r.agent.transact(r.req, r.session, false, r.answered)
	if r.hold != nil {
		*r.hold = p
	}
}

func (r *dialogRequest) answered(res *sipmsg.Response, err error) {
	switch {
	case err != nil:
	case res.StatusCode != 401 && res.StatusCode != 407:
		r.login.succeeded(&r.auth, res)
	case (r.wanted == nil || r.wanted()) && r.login.challenged(&r.auth, res) == digestRetry:
		again := r.dialog.request(r.agent, r.req.Method, r.dialog.next())
		copyPayload(again, r.req)
		r.req = again
		r.send()
		return
	}
	r.done(res, err)
}

// inDialog sends a request of the session's dialog, and tells done what came of it
// once it is no longer challenged. hold, if given, is kept at the request that waits.
func (s *Session) inDialog(req *sipmsg.Request, hold **clientTransaction, done func(*sipmsg.Response, error)) {
	r := &dialogRequest{agent: s.agent, session: s, dialog: s.dialog, login: s.digest, req: req, hold: hold, done: done}
	if req.Method != sipmsg.BYE {
		r.wanted = func() bool { return s.state == stateConfirmed } // after BYE there is no dialog to send it in
	}
	r.send()
}

// endLeg ends a dialog that nobody talks in, or no longer. Its BYE is repeated, and
// sent again when it is challenged, whatever becomes of the session that it was of.
func (a *Agent) endLeg(d *dialog, l *digestSession, cause Cause) {
	bye := d.request(a, sipmsg.BYE, d.next())
	appendHeaders(bye, cause.headers())
	bye.SetBody(nil)
	r := &dialogRequest{agent: a, dialog: d, login: l, req: bye, done: func(res *sipmsg.Response, _ error) { a.logByeRefusal(d.callID, res) }}
	r.send()
}

// logByeRefusal logs a BYE that was refused: the far end may go on with the call, and bill
// it. res is nil if nobody answered.
func (a *Agent) logByeRefusal(callID string, res *sipmsg.Response) {
	if res == nil || res.StatusCode < 300 || res.StatusCode == 481 || res.StatusCode == 408 {
		return
	}
	a.log.Warn("a BYE was refused: the far end may go on with the call", "call_id", callID, "code", res.StatusCode, "reason", phraseOf(res))
}

// copyCredentials puts the credentials of an INVITE into its ACK, which is never
// challenged (RFC 3261 §22.1).
func copyCredentials(ack, invite *sipmsg.Request) {
	for _, name := range []string{"authorization", "proxy-authorization"} {
		for _, h := range invite.GetHeaders(name) {
			ack.AppendHeader(sipmsg.HeaderClone(h))
		}
	}
}

// copyPayload takes over what a request carries beyond its dialog.
func copyPayload(to, from *sipmsg.Request) {
	for _, h := range from.Headers() {
		switch name := sipmsg.HeaderToLower(h.Name()); name {
		case "authorization", "proxy-authorization", "user-agent", "allow", "supported", "content-length":
		default:
			if !ownFields[name] || name == "content-type" || name == "session-expires" || name == "min-se" || name == "rack" {
				to.AppendHeader(sipmsg.HeaderClone(h))
			}
		}
	}
	to.SetBody(from.Body())
}
