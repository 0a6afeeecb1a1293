package sip

import (
	"slices"

	sipmsg "github.com/emiago/sipgo/sip"
)

// replies brings together what a session answers and the server transactions
// that sipgo makes, in whichever order they come: a request is judged when it
// stood on the wire, and its transaction may only be ready later.
type replies struct {
	open []*exchange
	seen [seenKept]string // branches of the last requests, to know a copy
	at   int
}

// exchange is a request received and what is to be said to it.
type exchange struct {
	req    *sipmsg.Request
	key    string          // of its transaction
	own    *sipmsg.Request // the copy that tx was made for: not always the first that came
	tx     *sipmsg.ServerTx
	queued []*said // said before there was a transaction
}

// said is an answer to a request. It becomes a message only once the transaction
// is there: sipgo writes into the request until then.
type said struct {
	code    int
	reason  string
	body    []byte
	headers []Header
	target  bool             // it names our Contact, and what we can do
	message *sipmsg.Response // once it has been sent
}

const (
	seenKept = 8
	openMost = 32 // requests of one session that may wait
)

// copied says whether a request has been seen before.
func (r *replies) copied(req *sipmsg.Request) bool {
	key := transactionOf(req)
	if slices.Contains(r.seen[:], key) {
		return true
	}
	r.seen[r.at] = key
	r.at = (r.at + 1) % seenKept
	return false
}

// transactionOf is the same for every copy of a request (RFC 3261 §17.2.3).
func transactionOf(req *sipmsg.Request) string { return string(req.Method) + branchOf(req) }

// expect opens an exchange for a request.
func (r *replies) expect(req *sipmsg.Request) {
	if len(r.open) >= openMost {
		r.open = slices.Delete(r.open, 1, 2) // the first may be the INVITE
	}
	r.open = append(r.open, &exchange{req: req, key: transactionOf(req)})
}

func (r *replies) find(req *sipmsg.Request) *exchange {
	for _, e := range r.open {
		if e.req == req {
			return e
		}
	}
	return nil
}

// serve gives the transaction to the exchange of a request, or of another copy
// of it: which of two copies sipgo makes the transaction for is left to chance.
func (r *replies) serve(req *sipmsg.Request, tx *sipmsg.ServerTx) *exchange {
	e := r.find(req)
	if e == nil {
		key := transactionOf(req)
		i := slices.IndexFunc(r.open, func(e *exchange) bool { return e.tx == nil && e.key == key })
		if i < 0 {
			return nil
		}
		e = r.open[i]
	}
	e.own, e.tx = req, tx
	return e
}

// close forgets an exchange.
func (r *replies) close(req *sipmsg.Request) {
	r.open = slices.DeleteFunc(r.open, func(e *exchange) bool { return e.req == req })
}

// waiting says whether something is said that cannot be sent yet.
func (r *replies) waiting() bool {
	return slices.ContainsFunc(r.open, func(e *exchange) bool { return e.tx == nil && len(e.queued) > 0 })
}

// drop gives up what waits.
func (r *replies) drop() { r.open = nil }

// reply answers a request, now or once its transaction comes. It reports false
// if the transaction no longer takes the answer: a CANCEL was faster.
func (s *Session) reply(req *sipmsg.Request, what *said) bool {
	e := s.replies.find(req)
	if e == nil {
		return false
	}
	if e.tx == nil {
		e.queued = append(e.queued, what)
		return true
	}
	if what.message == nil {
		what.message = s.build(e.own, what)
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
		user := s.from
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

// served has the transaction of a request.
func (s *Session) served(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	e := s.replies.serve(req, tx)
	if e == nil {
		s.agent.refuse(req, tx, verdict{code: 482, reason: "Merged Request"})
		return
	}
	queued := e.queued
	e.queued = nil
	for _, what := range queued {
		s.reply(e.req, what)
	}
	switch {
	case s.inbound != nil && e.req == s.inbound.req:
		s.invitationServed(tx)
	case req.Method == sipmsg.INVITE && len(queued) > 0 && queued[0].code >= 300:
		s.agent.awaitAck(tx)
	}
}
