package sip

import (
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// message is a SIP message received. The values that decide where it goes have been
// read once; every other header field is read from sipgo's message.
type message struct {
	sipmsg.Message
	source         hop
	at             time.Time
	method         sipmsg.RequestMethod // of CSeq: of a response, that of its request
	cseq           uint32
	branch         string // of the top Via
	callID         string
	fromTag, toTag string
	content        content // looked for SDP
}

// readMessage reads a message, which may lack header fields: missingField tells.
func readMessage(m sipmsg.Message, source hop, at time.Time) message {
	out := message{Message: m, source: source, at: at, branch: branchOf(m)}
	if cseq := m.CSeq(); cseq != nil {
		out.method, out.cseq = cseq.MethodName, cseq.SeqNo
	}
	if id := m.CallID(); id != nil {
		out.callID = string(*id)
	}
	if from := m.From(); from != nil {
		out.fromTag = tagOf(from.Params)
	}
	if to := m.To(); to != nil {
		out.toTag = tagOf(to.Params)
	}
	out.content = contentOf(m, accepted)
	return out
}

type request struct {
	message
	parsed    *sipmsg.Request
	responder *responder
	tx        *serverTransaction // nil for ACK, CANCEL and what is refused without one
}

func readRequest(req *sipmsg.Request, r *responder, at time.Time) *request {
	m := readMessage(req, r.source, at)
	m.method = req.Method // checkRequest compares that of CSeq
	return &request{message: m, parsed: req, responder: r}
}

type response struct {
	message
	code   int
	phrase string // fit for a log
}

func readResponse(res *sipmsg.Response, source hop, at time.Time) *response {
	return &response{readMessage(res, source, at), res.StatusCode, printable(res.Reason, maxText)}
}

func (r *response) provisional() bool { return r.code < 200 }
func (r *response) success() bool     { return r.code >= 200 && r.code < 300 }

// missingField is the header field that a message lacks and none may lack
// (RFC 3261 §8.1.1), empty if it has all.
func missingField(m sipmsg.Message) string {
	switch {
	case m.Via() == nil:
		return "Via"
	case m.From() == nil:
		return "From"
	case m.To() == nil:
		return "To"
	case m.CallID() == nil:
		return "Call-ID"
	case m.CSeq() == nil:
		return "CSeq"
	}
	return ""
}

func branchOf(m sipmsg.Message) string {
	if via := m.Via(); via != nil {
		return via.Params.GetOr("branch", "")
	}
	return ""
}

func tagOf(p sipmsg.HeaderParams) string { return p.GetOr("tag", "") }
