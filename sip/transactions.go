package sip

import (
	"log/slog"
	"strconv"
	"strings"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// transactions are the server transactions of an Agent (RFC 3261 §17.2). The state
// machine of each is sipgo's, which repeats responses, and answers copies of the
// request and a CANCEL; it gets every request in wire order, from the goroutine that
// reads the socket.
type transactions struct {
	log *slog.Logger // for what sipgo has to say

	mu     sync.Mutex // no other lock is taken under it
	closed bool
	live   map[string]*sipmsg.ServerTx
}

// find is the transaction with that key, nil if there is none.
func (t *transactions) find(key string) *sipmsg.ServerTx {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live[key]
}

// begin makes the transaction of a request that is no copy. It ends by itself once
// it has its final response; whoever gives none terminates it.
func (t *transactions) begin(req *sipmsg.Request, r *responder) *sipmsg.ServerTx {
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

func (t *transactions) drop(key string, _ error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.live, key)
}

// close terminates all, and from now on each as it begins.
func (t *transactions) close() {
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
