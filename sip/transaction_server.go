package sip

import (
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// serverTransactions are the server transactions of an Agent (RFC 3261 §17.2). The state
// machine of each is sipgo's, which repeats responses, and answers copies of the
// request and a CANCEL; it gets every request in wire order, from the goroutine that
// reads the socket.
type serverTransactions struct {
	log *slog.Logger // for what sipgo has to say

	mu     sync.Mutex // no other lock is taken under it
	closed bool
	live   map[string]*sipmsg.ServerTx
}

// find is the transaction with that key, nil if there is none.
func (t *serverTransactions) find(key string) *sipmsg.ServerTx {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live[key]
}

// begin makes the transaction of a request that is no copy. It ends by itself once
// it has its final response; whoever gives none terminates it.
func (t *serverTransactions) begin(req *sipmsg.Request, r *responder) *sipmsg.ServerTx {
	key := transactionKey(req, req.Method)
	tx := sipmsg.NewServerTx(key, req, r, t.log)
	tx.OnTerminate(t.drop)
	_ = tx.Init() // it has no way to fail
	t.mu.Lock()
	closed := t.closed
	t.live[key] = tx
	t.mu.Unlock()
	if closed {
		tx.Terminate()
	}
	return tx
}

func (t *serverTransactions) drop(key string, _ error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.live, key)
}

// close terminates all, and from now on each as it begins.
func (t *serverTransactions) close() {
	t.mu.Lock()
	t.closed = true
	live := make([]*sipmsg.ServerTx, 0, len(t.live))
	for _, tx := range t.live {
		live = append(live, tx)
	}
	t.mu.Unlock()
	for _, tx := range live {
		tx.Terminate()
	}
}

// transactionKey is the same for every copy of a request, and for the ACK of its
// refusal (RFC 3261 §17.2.3). A CANCEL finds the INVITE that it means by giving that
// method.
func transactionKey(req *sipmsg.Request, method sipmsg.RequestMethod) string {
	if method == sipmsg.ACK {
		method = sipmsg.INVITE
	}
	via := req.Via()
	port := via.Port
	if port == 0 {
		port = defaultPort
	}
	sentBy := strings.ToLower(via.Host) + ":" + strconv.Itoa(port)
	key := []string{string(method), branchOf(req), sentBy}
	if len(branchOf(req)) <= len(sipmsg.RFC3261BranchMagicCookie) || !strings.HasPrefix(branchOf(req), sipmsg.RFC3261BranchMagicCookie) {
		// As before RFC 3261: nothing but the sum of all tells it apart.
		key = append(key, tagOf(req.From().Params), string(*req.CallID()), strconv.Itoa(int(req.CSeq().SeqNo)))
	}
	return strings.Join(key, "\n")
}

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
