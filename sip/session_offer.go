package sip

import sipmsg "github.com/emiago/sipgo/sip"

// offerState is which offers and requests of a dialog are open when a remote request
// comes (RFC 3264, RFC 3311). Its methods are pure.
type offerState struct {
	localOpen    bool // an offer of ours has no answer
	remoteOpen   bool // an offer of theirs, or their wish for one, has no answer of ours
	localInvite  bool // an INVITE of ours has no final response
	remoteUpdate bool // an UPDATE of theirs has no final response
}

// updateRefusal is the reply that refuses an UPDATE; offer says that it has one
// (RFC 3311 §5.2).
func (o offerState) updateRefusal(offer bool) reply {
	switch {
	case o.remoteUpdate, offer && o.remoteOpen:
		return newOffer()
	case offer && o.localOpen:
		return requestPending
	}
	return reply{}
}

// inviteRefusal is the reply that refuses an INVITE inside the dialog (RFC 3261 §14.2).
func (o offerState) inviteRefusal() reply {
	switch {
	case o.localInvite, o.localOpen:
		return requestPending
	case o.remoteOpen, o.remoteUpdate:
		return newOffer()
	}
	return reply{}
}

func newOffer() reply {
	return reply{code: 500, reason: "Another Offer Is Open", headers: []Header{retryAfter()}}
}

// offerState is that of the session's dialog. Before that is known, it is that of an early
// dialog, nil if none is known: our INVITE makes the offer, the SDP of a provisional
// response answers it, and one UPDATE is decided at a time, of all dialogs.
func (s *Session) offerState(early *earlyDialog) offerState {
	r := &s.offers
	o := offerState{localInvite: r.pending != nil, localOpen: r.pending != nil && r.next != nil, remoteOpen: r.remoteOffer != nil}
	o.remoteUpdate = o.remoteOpen && r.remoteOffer.method == sipmsg.UPDATE
	if r.accepted != nil && r.accepted.sdp == nil {
		o.localOpen = true // our 2xx offered, and the ACK is to answer
	}
	switch in := s.inbound; {
	case s.dialog == nil:
		o.localInvite, o.localOpen = true, early == nil || early.answer == nil
		o.remoteUpdate = o.remoteOpen && early != nil && r.remoteDialog == early.dialog
	case s.state == stateOffered:
		o.localOpen, o.remoteOpen = in.req.sdp == nil, o.remoteOpen || in.req.sdp != nil
	case s.state == stateAccepted, s.state == stateByePending:
		o.localOpen = in.req.sdp == nil
	}
	return o
}
