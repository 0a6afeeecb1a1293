package components

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// MakeOutboundCall calls the contact.
var MakeOutboundCall = flowengine.NewComponent(flowfile.Spec{
	Name: "make_outbound_call", Title: "Make Outbound Call", Category: flowfile.CategoryCall,
	Summary: "Calls the contact from one of the account's numbers.",
	Doc: "A path may make one call. Behind the exit `answered` a call exists, and components that need one may stand there. " +
		"Numbers are written in E.164, such as +12025550143, or as in the account's country if it has one.\n\n" +
		"A call that fails for a reason that says nothing about the number, such as a trunk that refuses the credentials " +
		"or does not reply, is an error of the step: its `on_error` decides, and by default the flow ends as failed. " +
		"`on_error: {follow: invalid_number}` does then what is done about a number that is not valid. A text or a prompt behind " +
		"the call that cannot be played is such an error too: it is prepared before the phone rings.",
	Voice: true, Dials: true,
	Exits: []flowfile.ExitSpec{
		{Name: flowfile.ExitAnswered, Title: "Answered", Doc: "The contact answered.", Mandatory: true},
		{Name: flowfile.ExitInvalidNumber, Title: "Invalid number", Doc: "The destination is no valid number, or nobody has it.", NotFor: refusedByTrunk, Mandatory: true},
		{Name: flowfile.ExitBusy, Title: "Busy", Doc: "The phone is busy, or the contact rejected the call.", Mandatory: true},
		{Name: flowfile.ExitNoAnswer, Title: "No answer", Doc: "Nobody picked up in the ring time.", Mandatory: true},
		exitBlocked,
	},
	Variables: []flowfile.VariableSpec{sipCode, q850Cause, explanation, ringTime, dialedNumber},
	Example:   `{from: "+12025550100", to: "%{current_flow.contact_1}", ring_seconds: 15}`,
}, runMakeOutboundCall)

type makeOutboundCall struct {
	From flowfile.Text   `field:"from" required:"true" is:"own_number" doc:"The number of the account that the contact sees."`
	To   flowfile.Text   `field:"to" required:"true" is:"number" doc:"The number of the contact."`
	Ring flowfile.Number `field:"ring_seconds" min:"10" max:"35" default:"15" doc:"For how long the contact's phone may ring, in seconds."`
}

func runMakeOutboundCall(ctx context.Context, t *flowengine.StepContext, c *makeOutboundCall) (flowfile.Exit, error) {
	s := settings{StepContext: t}
	from, to, ring := s.text(c.From), s.text(c.To), s.seconds(c.Ring)
	if s.err != nil {
		return "", s.err
	}
	o, err := t.Dial(ctx, from, to, ring)
	if err != nil {
		return "", err
	}
	setOutcome(t, o)
	t.Set(ringTime.Name, strconv.FormatInt(o.RingTime.Milliseconds(), 10))
	if o.Exit == flowfile.ExitError {
		return "", unreachable(o)
	}
	return unanswered(o), nil
}

// setOutcome sets the step variables of a call.
func setOutcome(t *flowengine.StepContext, o flowengine.Outcome) {
	t.Set(sipCode.Name, positive(o.SIP.Code))
	t.Set(q850Cause.Name, positive(o.SIP.Cause))
	t.Set(explanation.Name, o.SIP.Explanation())
	t.Set(dialedNumber.Name, o.Number)
}

// positive writes n, or nothing if there is none.
func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// unreachable is the error of a call that failed for a reason that is not the number's.
func unreachable(o flowengine.Outcome) error {
	why := o.Detail
	if o.SIP.Code != 0 {
		why = strings.TrimSuffix(fmt.Sprintf("%d %s: %s", o.SIP.Code, o.SIP.Reason, why), ": ")
	}
	return errors.New("the call failed: " + why)
}

// exitBlocked is the exit of a call that the network blocked.
var exitBlocked = flowfile.ExitSpec{
	Name: flowfile.ExitBlocked, Title: "Blocked", CaseOf: flowfile.ExitBusy,
	Doc: "The network blocked the call: nobody was busy, and nobody declined. Trying again gets the same answer.",
}

// refusedByTrunk is what fails a call for a reason that is not the number's.
const refusedByTrunk = "a trunk that refuses the call (403, 488, 5xx) or does not reply"

// The step variables of a call.
var (
	sipCode      = flowfile.VariableSpec{Name: "sip_code", Doc: "The final SIP answer, such as 486; empty if none came."}
	q850Cause    = flowfile.VariableSpec{Name: "q850_cause", Doc: "The Q.850 cause, such as 17; empty if none was given."}
	explanation  = flowfile.VariableSpec{Name: "sip_explanation", Doc: "What the final SIP answer says about why, such as whom to turn to when the network blocked the call; empty if it says nothing."}
	ringTime     = flowfile.VariableSpec{Name: "ring_ms", Doc: "For how many milliseconds the phone rang."}
	dialedNumber = flowfile.VariableSpec{Name: "dialed_number", Doc: "The number as it was dialled, in E.164."}
)

// unanswered is the exit of a call: the outcome's, or blocked for one that the network
// blocked, whose outcome is busy.
func unanswered(o flowengine.Outcome) flowfile.Exit {
	if o.Exit == flowfile.ExitBusy && o.SIP.EndedBy == record.EndedByNetwork {
		return flowfile.ExitBlocked
	}
	return o.Exit
}
