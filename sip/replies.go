package sip

import (
	"slices"

	sipmsg "github.com/emiago/sipgo/sip"
)

// replies are the requests received that a session has yet to answer for good, each
// with the server transaction through which its answer leaves.
type replies struct{ open []*exchange }

// exchange is a request received and its transaction.
type exchange struct {
	req *sipmsg.Request
	tx  *sipmsg.ServerTx
}

// said is an answer to a request.
type said struct {
	code    int
	reason  string
	body    []byte
	headers []Header
	target  bool             // it names our Contact, and what we can do
	message *sipmsg.Response // once it has been sent
}

const openMost = 32 // requests of one session that may wait

// expect opens an exchange for a request. It reports false if too many are open.
func (r *replies) expect(req *sipmsg.Request, tx *sipmsg.ServerTx) bool {
	if len(r.open) >= openMost {
		return false
	}
	r.open = append(r.open, &exchange{req, tx})
	return true
}

func (r *replies) find(req *sipmsg.Request) *exchange {
	for _, e := range r.open {
		if e.req == req {
			return e
		}
	}
	return nil
}

// close forgets an exchange.
func (r *replies) close(req *sipmsg.Request) {
	r.open = slices.DeleteFunc(r.open, func(e *exchange) bool { return e.req == req })
}

// drop gives up what is open.
func (r *replies) drop() {
	for _, e := range r.open {
		e.tx.TerminateGracefully() // not before it has repeated what was answered
	}
	r.open = nil
}

// reply answers a request. It reports false if its transaction no longer takes the
// answer: a CANCEL was faster.
func (s *Session) reply(req *sipmsg.Request, what *said) bool {
	e := s.replies.find(req)
	if e == nil {
		return false
	}
	if what.message == nil {
		what.message = s.build(req, what)
	}
	err := e.tx.Respond(what.message)
	if what.code >= 200 && req.Method != sipmsg.INVITE {
		s.replies.close(req)
	}
	return err == nil
}

func (s *Session) build(req *sipmsg.Request, what *said) *sipmsg.Response {
	res := s.agent.response(req, what.code, what.reason, what.body, what.headers)
	if what.target {
		user := escapeUser(s.from)
		if s.dialog != nil {
			user = s.dialog.local.uri.User
		}
		res.AppendHeader(s.agent.contact(user))
		res.AppendHeader(sipmsg.NewHeader("Allow", allowed))
		res.AppendHeader(sipmsg.NewHeader("Supported", supported))
	}
	return res
}

// respondTo answers a request of the dialog.
func (s *Session) respondTo(req *sipmsg.Request, code int, reason string, hs ...Header) {
	s.reply(req, &said{code: code, reason: reason, headers: hs})
}
