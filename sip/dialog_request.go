package sip

import (
	"errors"

	sipmsg "github.com/emiago/sipgo/sip"
)

// dialogRequest is a request of ours inside a dialog, of any method but ACK, which is
// never challenged. When it is challenged it is sent again with the next CSeq number,
// as long as there are credentials to try (RFC 3261 §22.2).
type dialogRequest struct {
	agent   *Agent
	session *Session // runs wanted and done; nil: the request outlives its session
	dialog  *dialog
	digest  *digestSession
	req     *sipmsg.Request
	auth    digestAttempts
	udp     hop                    // in whose place it goes over TCP, as it is too large for UDP; zero: it does not
	tx      **clientTransaction    // set to each transaction of the request; nil: not needed
	wanted  func() bool            // whether it is still to be sent again; nil: always
	done    func(*response, error) // nil: its answer changes nothing
}

func (r *dialogRequest) send() {
	r.digest.authorize(r.req, &r.auth)
	to := r.agent.hopOf(r.dialog)
	raw := encode(r.req)
	if len(raw) <= maxUDPRequest || to.transport.protocol() != UDP {
		r.transact(to, raw)
		return
	}
	stream, ok := r.agent.streamInDialog(r.dialog, to)
	if !ok {
		r.agent.log.Warn("a request inside a call is too large for UDP on some paths: write large_requests: tcp if the trunk takes TCP",
			"method", r.req.Method, "call_id", r.dialog.callID, "bytes", len(raw), "limit", maxUDPRequest)
		r.transact(to, raw)
		return
	}
	r.udp = to
	r.transact(stream, r.moved(stream))
}

func (r *dialogRequest) transact(to hop, raw []byte) {
	tx := r.agent.transact(&clientTransaction{req: r.req, raw: raw, to: to, session: r.session, done: r.onFinal})
	if r.tx != nil {
		*r.tx = tx
	}
}

// moved writes the request for another hop: its Via, and its Contact if it has one.
func (r *dialogRequest) moved(to hop) []byte {
	r.req.ReplaceHeader(r.agent.via(to, newBranch()))
	contact := r.agent.targetHeaders(to, r.dialog.local.uri.User, r.dialog.trunk)[0]
	r.req.ReplaceHeader(sipmsg.NewHeader(contact.Name, contact.Value))
	return encode(r.req)
}

// backToUDP sends a request over UDP whose connection could not be opened, and reports whether
// it does.
func (r *dialogRequest) backToUDP(err error) bool {
	udp := r.udp
	r.udp = hop{}
	if !udp.addr.IsValid() || errors.Is(err, ErrConnectionLost) || errors.Is(err, errTimeout) {
		return false
	}
	r.agent.log.Warn("a request that is too large for UDP goes over UDP, since no TCP connection could be opened", "method", r.req.Method, "call_id", r.dialog.callID, "error", err)
	r.transact(udp, r.moved(udp))
	return true
}

func (r *dialogRequest) onFinal(res *response, err error) {
	switch {
	case err != nil && r.backToUDP(err):
		return
	case err != nil: // the far end may go on with the call, and bill it
		r.agent.log.Warn("a SIP request inside a call has no response", "method", r.req.Method, "call_id", r.dialog.callID, "error", err)
	case res.code != 401 && res.code != 407:
		r.digest.succeeded(&r.auth, res)
	case (r.wanted == nil || r.wanted()) && r.digest.challenged(&r.auth, res) == digestRetry:
		next := r.dialog.request(r.agent, r.req.Method, r.dialog.next())
		copyPayload(next, r.req)
		r.req = next
		r.send()
		return
	}
	if err == nil && r.req.Method == sipmsg.BYE && res.code >= 300 && res.code != 481 && res.code != 408 {
		r.agent.log.Warn("a BYE was refused: the far end may go on with the call", "call_id", res.callID, "code", res.code, "reason", res.phrase)
	}
	if r.done != nil {
		r.done(res, err)
	}
}

// inDialog sends a request of the session's dialog, and calls done with what came of it
// once it is no longer challenged.
func (s *Session) inDialog(req *sipmsg.Request, tx **clientTransaction, done func(*response, error)) {
	r := &dialogRequest{agent: s.agent, session: s, dialog: s.dialog, digest: s.digest, req: req, tx: tx, done: done}
	if req.Method != sipmsg.BYE {
		r.wanted = func() bool { return s.state == stateConfirmed } // after BYE there is no dialog to send it in
	}
	r.send()
}

func (a *Agent) bye(d *dialog, cause Cause) *sipmsg.Request {
	req := d.request(a, sipmsg.BYE, d.next())
	appendHeaders(req, cause.headers())
	return req
}

// endLeg ends a dialog without its session. The BYE is repeated, and sent again when it
// is challenged.
func (a *Agent) endLeg(d *dialog, digest *digestSession, cause Cause) {
	(&dialogRequest{agent: a, dialog: d, digest: digest, req: a.bye(d, cause)}).send()
}

// copyCredentials copies the credentials of an INVITE to its ACK, which is never
// challenged (RFC 3261 §22.1).
func copyCredentials(ack, invite *sipmsg.Request) {
	for _, name := range []string{"authorization", "proxy-authorization"} {
		for _, h := range invite.GetHeaders(name) {
			ack.AppendHeader(sipmsg.HeaderClone(h))
		}
	}
}

// copyPayload copies what a request carries beyond its dialog.
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
