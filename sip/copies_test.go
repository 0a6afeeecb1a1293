package sip_test

import (
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// Of two copies of a request, sipgo makes the transaction for either: the answer
// leaves through it, whichever copy the session had read.
func TestEitherCopyOfARequestIsServed(t *testing.T) {
	request := func(method sipmsg.RequestMethod, branch string) *sipmsg.Request {
		r := sipmsg.NewRequest(method, sipmsg.Uri{Scheme: "sip", Host: "127.0.0.1"})
		via := &sipmsg.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "127.0.0.1", Params: sipmsg.NewParams()}
		via.Params.Add("branch", branch)
		r.AppendHeader(via)
		return r
	}
	bye := request(sipmsg.BYE, "z9hG4bKa")
	for name, c := range map[string]struct {
		second *sipmsg.Request
		want   bool
	}{
		"itself":           {bye, true},
		"its copy":         {request(sipmsg.BYE, "z9hG4bKa"), true},
		"another request":  {request(sipmsg.BYE, "z9hG4bKb"), false},
		"another method's": {request(sipmsg.INFO, "z9hG4bKa"), false},
	} {
		found, again := sip.Served(bye, c.second)
		if found != c.want || again && c.second != bye {
			t.Errorf("%s: found %v, and again %v", name, found, again)
		}
	}
}
