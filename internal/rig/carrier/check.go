package carrier

import (
	"fmt"
	"strconv"
	"strings"

	"ringflow/internal/rig/sdpwire"
	"ringflow/internal/rig/sipwire"
)

// checkRequest notes what every request must have (RFC 3261 §8.1.1).
func (c *Carrier) checkRequest(a arrival) {
	note := func(rule, detail string) { c.fault(a.Method+": "+rule, detail, a.raw) }
	for _, must := range []string{"Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards"} {
		if a.Get(must) == "" {
			note("no "+must+" (RFC 3261 §8.1.1)", "")
		}
	}
	if !strings.HasPrefix(a.Branch(), "z9hG4bK") {
		note("branch without z9hG4bK (RFC 3261 §8.1.1.7)", a.Branch())
	}
	if hops, err := strconv.Atoi(a.Get("Max-Forwards")); a.Get("Max-Forwards") != "" && (err != nil || hops < 1 || hops > 255) {
		note("bad Max-Forwards (RFC 3261 §20.22)", a.Get("Max-Forwards"))
	}
	if sipwire.Tag(a.Get("From")) == "" {
		note("From without tag (RFC 3261 §8.1.1.3)", a.Get("From"))
	}
	if _, method, err := a.CSeq(); err != nil || method != a.Method {
		note("CSeq does not name the method (RFC 3261 §8.1.1.5)", a.Get("CSeq"))
	}
	if sentBy := sipwire.ViaSentBy(a.Get("Via")); sentBy != a.from.String() {
		note("Via names another address than the source", sentBy+" from "+a.from.String())
	}
}

// checkInvite notes what an initial INVITE must have and returns its offer.
func (c *Carrier) checkInvite(a arrival) *sdpwire.Offer {
	note := func(rule, detail string) { c.fault("INVITE: "+rule, detail, a.raw) }
	if !strings.HasPrefix(sipwire.Address(a.Get("Contact")), "sip:") {
		note("no Contact with a sip URI (RFC 3261 §8.1.1.8)", a.Get("Contact"))
	}
	if a.Get("Allow") == "" {
		note("no Allow (RFC 3261 §13.2.1 SHOULD)", "")
	}
	if to := sipwire.Address(a.Get("To")); sipwire.User(to) != sipwire.User(a.URI) {
		note("To and Request-URI name different users", to+" and "+a.URI)
	}
	if len(a.Body) == 0 {
		note("no offer", "")
		return nil
	}
	if !strings.EqualFold(a.Get("Content-Type"), "application/sdp") {
		note("body without Content-Type: application/sdp", a.Get("Content-Type"))
	}
	offer, err := sdpwire.Parse(a.Body)
	if err != nil {
		note("offer cannot be parsed", err.Error())
		return nil
	}
	for _, f := range offer.Faults {
		note(f, "")
	}
	if !offer.Has(0) || !offer.Has(8) || !offer.HasEvent {
		note("offer lacks PCMU, PCMA or telephone-event", fmt.Sprint(offer.Formats))
	}
	return offer
}

// checkACK compares an ACK with the INVITE that it belongs to: for a refusal
// RFC 3261 §17.1.1.3, for a 200 §13.2.2.4 and §12.2.1.1.
func (call *Call) checkACK(a arrival) {
	note := func(rule, detail string) { call.carrier.fault("ACK: "+rule, detail, a.raw) }
	number, _, _ := a.CSeq()
	inviteCSeq, _, _ := call.invite.CSeq()
	if number != inviteCSeq && number != call.renewed {
		note("CSeq number is not the INVITE's", fmt.Sprintf("%d, INVITE %d", number, inviteCSeq))
	}
	if call.record.Code < 300 {
		if a.Branch() == call.invite.Branch() {
			note("for a 200 has the INVITE's branch (RFC 3261 §13.2.2.4)", a.Branch())
		}
		call.checkTarget(a)
		return
	}
	if a.Branch() != call.invite.Branch() {
		note("for a refusal has another branch than the INVITE (RFC 3261 §17.1.1.3)", a.Branch())
	}
	if a.URI != call.invite.URI {
		note("for a refusal has another Request-URI than the INVITE", a.URI+", INVITE "+call.invite.URI)
	}
	if sipwire.Tag(a.Get("To")) != call.tag {
		note("for a refusal lacks the To tag of the answer", a.Get("To"))
	}
}

// checkTarget notes a request of the dialog that does not go to our Contact.
func (call *Call) checkTarget(a arrival) {
	if call.behaviour.Deviation.Routed && a.Get("Route") != call.route() {
		call.carrier.fault(a.Method+": Route is not the Record-Route of the 200 (RFC 3261 §12.2.1.1)", a.Get("Route"), a.raw)
	}
	if a.URI != call.contact() {
		call.carrier.fault(a.Method+": Request-URI is not the Contact of the 200 (RFC 3261 §12.2.1.1)", a.URI+", Contact "+call.contact(), a.raw)
	}
}

// checkBye compares a BYE with its dialog.
func (call *Call) checkBye(a arrival) {
	note := func(rule, detail string) { call.carrier.fault("BYE: "+rule, detail, a.raw) }
	if tag := sipwire.Tag(a.Get("To")); tag != call.tag && tag != call.forkTag() {
		note("To tag is not of this dialog (RFC 3261 §12.2.1.1)", tag)
	}
	last := &call.lastCSeq
	if call.forked(a) { // a dialog of its own, with its own numbers
		inviteCSeq, _, _ := call.invite.CSeq()
		last = &inviteCSeq
	}
	number, _, _ := a.CSeq()
	if number <= *last {
		note("CSeq does not grow (RFC 3261 §12.2.1.1)", fmt.Sprintf("%d after %d", number, *last))
	}
	*last = max(number, *last)
	call.checkTarget(a)
}

// checkCancel compares a CANCEL with its INVITE (RFC 3261 §9.1).
func (call *Call) checkCancel(a arrival) {
	note := func(rule, detail string) { call.carrier.fault("CANCEL: "+rule, detail, a.raw) }
	if a.Branch() != call.invite.Branch() {
		note("another branch than the INVITE", a.Branch())
	}
	if a.URI != call.invite.URI {
		note("another Request-URI than the INVITE", a.URI)
	}
	if a.Get("To") != call.invite.Get("To") || a.Get("From") != call.invite.Get("From") {
		note("another From or To than the INVITE", a.Get("To"))
	}
	number, _, _ := a.CSeq()
	if inviteCSeq, _, _ := call.invite.CSeq(); number != inviteCSeq {
		note("another CSeq number than the INVITE", a.Get("CSeq"))
	}
	if call.lastAnswer == nil {
		note("sent before any provisional answer", "")
	}
}
