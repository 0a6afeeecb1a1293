package sip

import (
	"net/netip"
	"sync/atomic"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// A response may come after its session is gone: a second phone of a forked call
// answers late, or an INVITE that was given up is answered after all. Nothing is
// remembered of such calls, and nothing needs to be: the tag in From proves that
// the INVITE was ours, and the response has all that its answer is made of.

// rateLimit bounds what is sent for messages that belong to no session.
type rateLimit struct{ second, count atomic.Int64 }

const outOfDialogRate = 500 // a second

func (b *rateLimit) allow() bool { return b.allowUpTo(outOfDialogRate) }

// allowUpTo takes one of so many a second.
func (b *rateLimit) allowUpTo(most int64) bool {
	if second := time.Now().Unix(); b.second.Swap(second) != second {
		b.count.Store(0)
	}
	return b.count.Add(1) <= most
}

// outOfDialogResponse leaves no phone ringing and no leg up that nobody listens to. It says why a
// response is discarded, if it is.
func (a *Agent) outOfDialogResponse(res *sipmsg.Response) fault {
	callID, toTag := string(*res.CallID()), tagOf(res.To().Params)
	tag := tagOf(res.From().Params)
	ours := tag == a.signer.callerTag(callID)
	switch {
	case a.isClosing():
		return fault{}
	case !ours && (toTag == "" || tag != a.signer.calleeTag(callID, toTag)):
		return fault{reason: "it answers no call of ours"}
	case res.CSeq().MethodName != sipmsg.INVITE:
		return fault{"its call is over", res.CSeq().Value(), true}
	case !a.socket.outOfDialog.allow():
		return fault{reason: "too many responses come for calls that are over"}
	}
	switch {
	case res.StatusCode >= 300:
		a.ackRefusal(res, nil)
	case res.StatusCode >= 200:
		l := &digestSession{}
		if ours { // nobody else's Call-ID names a login
			l = a.credentials.of(callID)
		}
		a.endOutOfDialog(res, l)
	case ours:
		a.cancelOutOfDialog(res)
	}
	return fault{}
}

// ackRefusal acknowledges a refusal of an INVITE of ours, made from the refusal
// alone: our INVITEs outside a dialog have the same URI in To as in the
// Request-URI, and the far end finds its transaction by the branch
// (RFC 3261 §17.1.1.3). The credentials of the INVITE go with it, where that is at
// hand (§22.1).
func (a *Agent) ackRefusal(res *sipmsg.Response, invite *sipmsg.Request) {
	ack := a.answerTo(res, sipmsg.ACK, res.To().Params)
	if invite != nil {
		copyCredentials(ack, invite)
	}
	a.write(ack)
}

// answerTo builds an ACK or CANCEL with the branch of the INVITE that res answers.
func (a *Agent) answerTo(res *sipmsg.Response, method sipmsg.RequestMethod, to sipmsg.HeaderParams) *sipmsg.Request {
	req := sipmsg.NewRequest(method, res.To().Address)
	req.AppendHeader(a.via(branchOf(res)))
	forwards := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(&forwards)
	req.AppendHeader(sipmsg.HeaderClone(res.From()))
	req.AppendHeader(&sipmsg.ToHeader{DisplayName: res.To().DisplayName, Address: res.To().Address, Params: to})
	req.AppendHeader(sipmsg.HeaderClone(res.CallID()))
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: res.CSeq().SeqNo, MethodName: method})
	req.SetBody(nil)
	req.SetTransport("UDP")
	req.SetDestination(res.Source())
	return req
}

// cancelOutOfDialog stops an INVITE that was given up before anything had come, when
// CANCEL was not yet allowed. Each further provisional response repeats it.
func (a *Agent) cancelOutOfDialog(res *sipmsg.Response) { a.write(a.answerTo(res, sipmsg.CANCEL, nil)) }

// endOutOfDialog acknowledges a leg that nobody wants and ends it.
func (a *Agent) endOutOfDialog(res *sipmsg.Response, l *digestSession) {
	source, err := netip.ParseAddrPort(res.Source())
	if err != nil {
		return
	}
	d := dialogFromResponse(res, source)
	ack := d.request(a, sipmsg.ACK, d.localSeq)
	ack.SetBody(nil)
	ack.SetDestination(a.hopOf(d))
	a.write(ack)
	a.endLeg(d, l, Cause{})
}
