package sip

// offerState is what is open in the exchange of offers and answers of a dialog when a
// request of theirs comes. The methods are its rules, and change nothing.
type offerState struct {
	localOpen    bool // an offer of ours has no answer
	remoteOpen   bool // an offer of theirs, or their wish for one, has no answer of ours
	localInvite  bool // an INVITE of ours has no final response
	remoteUpdate bool // an UPDATE of theirs has no final response
}

// acceptsUpdate judges an UPDATE; offer says that it has one (RFC 3311 §5.2).
func (o offerState) acceptsUpdate(offer bool) reply {
	switch {
	case o.remoteUpdate, offer && o.remoteOpen:
		return reply{500, "Another Offer Is Open", []Header{retryAfter()}}
	case offer && o.localOpen:
		return requestPending
	}
	return reply{}
}

// acceptsInvite judges an INVITE inside the dialog (RFC 3261 §14.2).
func (o offerState) acceptsInvite() reply {
	switch {
	case o.localInvite, o.localOpen:
		return requestPending
	case o.remoteOpen, o.remoteUpdate:
		return reply{500, "Another Offer Is Open", []Header{retryAfter()}}
	}
	return reply{}
}

var requestPending = reply{code: 491, reason: "Request Pending"}

// offerState is that of the session's dialog.
func (s *Session) offerState() offerState {
	r := &s.offers
	o := offerState{localInvite: r.pending != nil, localOpen: r.pending != nil && r.next != nil, remoteOpen: r.remoteOffer != nil}
	o.remoteUpdate = o.remoteOpen && r.remoteOffer.Method == "UPDATE"
	if r.accept != nil && sdpOf(r.accepted) == nil {
		o.localOpen = true // our 2xx offered, and the ACK is to answer
	}
	switch in := s.inbound; s.state {
	case stateOffered:
		o.localOpen, o.remoteOpen = in.offer == nil, o.remoteOpen || in.offer != nil
	case stateAccepted, stateByePending:
		o.localOpen = in.offer == nil
	}
	return o
}
