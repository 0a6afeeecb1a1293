package sip

// offering is what is open in the exchange of offers and answers of a dialog when a
// request of theirs comes. The methods are its rules, and change nothing.
type offering struct {
	ours   bool // an offer of ours has no answer
	theirs bool // an offer of theirs, or their wish for one, has no answer of ours
	invite bool // an INVITE of ours has no final response
	update bool // an UPDATE of theirs has no final response
}

// takesUpdate judges an UPDATE; offer says that it has one (RFC 3311 §5.2).
func (o offering) takesUpdate(offer bool) verdict {
	switch {
	case o.update, offer && o.theirs:
		return verdict{500, "Another Offer Is Open", []Header{retryAfter()}}
	case offer && o.ours:
		return requestPending
	}
	return verdict{}
}

// takesInvite judges an INVITE inside the dialog (RFC 3261 §14.2).
func (o offering) takesInvite() verdict {
	switch {
	case o.invite, o.ours:
		return requestPending
	case o.theirs, o.update:
		return verdict{500, "Another Offer Is Open", []Header{retryAfter()}}
	}
	return verdict{}
}

var requestPending = verdict{code: 491, reason: "Request Pending"}

// offering is that of the session's dialog.
func (s *Session) offering() offering {
	r := &s.reoffers
	o := offering{invite: r.pending != nil, ours: r.pending != nil && r.next != nil, theirs: r.theirs != nil}
	o.update = o.theirs && r.theirs.Method == "UPDATE"
	if r.accept != nil && sdpOf(r.accepted) == nil {
		o.ours = true // our 2xx offered, and the ACK is to answer
	}
	switch in := s.inbound; s.state {
	case stateOffered:
		o.ours, o.theirs = in.offer == nil, o.theirs || in.offer != nil
	case stateAccepted, stateLeaving:
		o.ours = in.offer == nil
	}
	return o
}
