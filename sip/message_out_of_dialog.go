package sip

import sipmsg "github.com/emiago/sipgo/sip"

// A response may come after its session is gone: a second phone of a forked call
// answers late, or an INVITE that was abandoned is answered after all. No state is kept
// for that: the tag in From proves that the INVITE was ours, and the response has all
// that its ACK, BYE or CANCEL is made of.

// outOfDialogResponse ends the call that a response without a session belongs to, or its
// ringing. The fault says why the response is discarded, if it is.
func (a *Agent) outOfDialogResponse(res *response) fault {
	ours := res.fromTag == a.signer.callerTag(res.callID)
	switch {
	case a.isClosing():
		return fault{}
	case !ours && (res.toTag == "" || res.fromTag != a.signer.calleeTag(res.callID, res.toTag)):
		return fault{reason: "it answers no call of ours"}
	case res.method != sipmsg.INVITE:
		return fault{"its call is over", res.CSeq().Value(), true}
	case !a.outOfDialog.allow(outOfDialogRate):
		return fault{reason: "too many responses come for calls that are over"}
	}
	switch {
	case res.code >= 300:
		a.write(a.sameBranch(sipmsg.ACK, a.inviteOf(res), res.To()), res.source)
	case res.success():
		digest := &digestSession{}
		if ours { // no other Call-ID names credentials
			digest = a.credentials.of(res.callID)
		}
		d := dialogFromResponse(res)
		a.write(d.request(a, sipmsg.ACK, res.cseq), a.hopOf(d))
		a.endLeg(d, digest, Cause{})
	case ours:
		// The INVITE was given up before a provisional response, when CANCEL was not yet
		// allowed. Each further one repeats it.
		invite := a.inviteOf(res)
		a.write(a.sameBranch(sipmsg.CANCEL, invite, invite.To()), res.source)
	}
	return fault{}
}

// inviteOf is as much of the INVITE of ours that a response answers as its ACK and CANCEL
// are made of: our INVITEs outside a dialog have the same URI in To as in the Request-URI,
// and the far end finds its transaction by the branch (RFC 3261 §17.1.1.3).
func (a *Agent) inviteOf(res *response) *sipmsg.Request {
	return a.newRequest(sipmsg.INVITE, res.To().Address, requestHead{
		via: a.via(res.source, res.branch), from: res.From(), callID: res.callID, cseq: res.cseq,
		to: &sipmsg.ToHeader{DisplayName: res.To().DisplayName, Address: res.To().Address},
	})
}
