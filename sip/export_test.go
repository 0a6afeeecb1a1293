package sip

import sipmsg "github.com/emiago/sipgo/sip"

// Do runs f in the session's goroutine, for tests of what a fault there does.
func (s *Session) Do(f func()) { s.post(f) }

// Served says whether the transaction that is made for one copy of a request
// finds what is said to another, and whether it does so once.
func Served(first, second *sipmsg.Request) (found, again bool) {
	var r replies
	r.expect(first)
	found = r.serve(second, &sipmsg.ServerTx{}) != nil
	return found, r.serve(second, &sipmsg.ServerTx{}) != nil
}
