package components

import (
	"context"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// ForwardToExternalNumber joins the contact to an outside phone.
var ForwardToExternalNumber = flowengine.NewComponent(flowfile.Spec{
	Name: "forward_to_external_number", Title: "Forward to External Number", Category: flowfile.CategoryCall,
	Summary: "Rings an outside phone and joins the contact to it.",
	Doc: "The contact hears ringback, or what the trunk sends, until the outside phone answers. When either hangs up, " +
		"the flow ends, unless the exit `call_finished` leads on. After the other exits the contact is still on the line.",
	Voice: true, Neutral: flowfile.ExitCallAborted, NotAfter: []flowfile.Exit{exitCallFinished},
	Exits: []flowfile.ExitSpec{
		{Name: flowfile.ExitNoAnswer, Title: "No answer", Doc: "Nobody picked up in the ring time.", Expected: true},
		{Name: flowfile.ExitInvalidNumber, Title: "Invalid number", Doc: "The number is not valid, or nobody has it.", NotFor: refusedByTrunk, Expected: true},
		{Name: flowfile.ExitBusy, Title: "Busy", Doc: "The phone is busy, or the call was rejected.", Fallback: flowfile.ExitNoAnswer},
		exitBlocked,
		{Name: exitFailed, Title: "Failed", Doc: "The call could not be placed, for a reason that is not the number's.", Fallback: flowfile.ExitError},
		{Name: exitCallFinished, Title: "Call finished", Doc: "Both talked, and one has hung up."},
		{Name: flowfile.ExitOK, Title: "OK", Doc: "Both talked, and the flow is over.", Hidden: true},
		{Name: flowfile.ExitCallAborted, Title: "Call aborted", Doc: "The contact hung up while the outside phone rang.", Hidden: true},
	},
	Variables: []flowfile.VariableSpec{sipCode, q850Cause, explanation, dialedNumber},
	Example:   `{to: "%{current_flow.contact_2}", show: contact_number, ring_seconds: 20}`,
}, runForward)

const (
	exitFailed       flowfile.Exit = "failed"
	exitCallFinished flowfile.Exit = "call_finished"
	showContact                    = "contact_number"
)

type forward struct {
	To   flowfile.Text   `field:"to" required:"true" is:"number" doc:"The outside number."`
	Show string          `field:"show" choices:"contact_number,touchpoint" default:"contact_number" doc:"The number that the outside phone shows: the contact's, or the account's that called the contact."`
	Ring flowfile.Number `field:"ring_seconds" min:"5" max:"120" default:"30" doc:"For how long the outside phone may ring, in seconds."`
}

func runForward(ctx context.Context, t *flowengine.StepContext, c *forward) (flowfile.Exit, error) {
	s := settings{StepContext: t}
	to, ring := s.text(c.To), s.seconds(c.Ring)
	if s.err != nil {
		return "", s.err
	}
	o, err := t.Connect(ctx, to, c.Show == showContact, ring)
	if err != nil {
		return "", err
	}
	setOutcome(t, o)
	switch {
	case o.Exit == flowfile.ExitOK && t.Wired(exitCallFinished):
		return exitCallFinished, nil
	case o.Exit == flowfile.ExitError && t.Wired(exitFailed):
		return exitFailed, nil
	case o.Exit == flowfile.ExitError:
		return "", unreachable(o)
	}
	return unanswered(o), nil
}
