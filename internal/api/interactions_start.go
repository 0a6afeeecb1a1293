package api

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// rateHeaders describe what is left of the account's rate
// (draft-ietf-httpapi-ratelimit-headers).
var rateHeaders = []header{
	{name: "RateLimit-Limit", doc: "How many interactions the account may start at once; absent if it has no limit.", sample: 0},
	{name: "RateLimit-Remaining", doc: "How many it may start now.", sample: 0},
	{name: "RateLimit-Reset", doc: "In how many seconds it may start as many as the limit again.", sample: 0},
}

// startBody is the answer to a start.
type startBody struct {
	InteractionID   string             `json:"interaction_id"`
	FlowVersionID   string             `json:"flow_version_id"`
	FlowExecutionID record.ExecutionID `json:"flow_execution_id"`
	Warnings        []errorField       `json:"warnings,omitempty" doc:"The arguments that the flow does not declare, and so does not use: they may be misspelt; and telephone numbers that are numbers in JSON, which have no +. At most 20 of them."`
}

// start begins an interaction: POST /flows/{flow_id}/interactions. It answers
// once the interaction is stored, before the call.
func (a *api) start(req *request) (any, error) {
	flowID := flowfile.CanonicalFlowID(req.PathValue("flow_id"))
	if !a.config.MayStart(req.ClientID, flowID) {
		return nil, &httpError{status: http.StatusForbidden, code: codeForbidden, message: "forbidden", description: "this client may not start this flow",
			challenge: `Bearer realm="ringflow", error="insufficient_scope"`}
	}
	if len(req.Header.Values(keyHeader)) == 0 { // a request with a key may be a repeat, which no rate counts
		if err := a.chargeRate(req.answer.Header(), req, 0); err != nil {
			return nil, err
		}
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, bodyError(err)
	}
	args, err := parseArguments(body)
	if err != nil {
		return nil, err
	}
	trigger := flowengine.Trigger{
		Account: req.Account, FlowID: flowID,
		Arguments: args.text, Unquoted: args.unquoted, NonText: args.notText,
	}
	if trigger.StartAt, trigger.CallingHours, err = startTimeOf(req, time.Now()); err != nil {
		return nil, err
	}
	if trigger.IdempotencyKey, err = idempotencyKeyOf(req.Header, trigger.FlowID+" "+timing(req.query), body); err != nil {
		return nil, err
	}
	x, err := a.startIdempotent(req.answer.Header(), req, trigger)
	if err != nil {
		return nil, err
	}
	return startBody{x.InteractionID, x.VersionID, x.ID, a.warnings(req, x, trigger)}, nil
}

// warnings describe arguments that the flow uses otherwise than the client may expect.
// They do not prevent the start.
func (a *api) warnings(req *request, x record.Execution, t flowengine.Trigger) (all []errorField) {
	if len(t.Arguments)+len(t.NonText) == 0 {
		return nil
	}
	warnings, err := a.config.Flows.ArgumentWarnings(req.Context(), x, t)
	if err != nil {
		a.log.Warn("the arguments of a start cannot be compared with its flow's", "execution", x.ID, "error", err)
	}
	for _, f := range warnings {
		all = append(all, errorField{truncated(f.Name), f.Description})
	}
	return all
}

// startCounted starts an interaction and counts it. A failed start is not counted.
func (a *api) startCounted(h http.Header, req *request, t flowengine.Trigger) (record.Execution, error) {
	if err := checkNotPast(t.StartAt, time.Now()); err != nil {
		return record.Execution{}, err
	}
	if err := a.chargeRate(h, req, 1); err != nil {
		return record.Execution{}, err
	}
	x, err := a.config.Flows.Start(req.Context(), t)
	if err != nil {
		_ = a.chargeRate(h, req, -1) // err says why
	}
	return x, err
}

// chargeRate counts a start against the rates of the account and of its client, and sets
// the header fields of the account's rate. cost is 1 to count one, 0 to check whether
// one is allowed and -1 to return it: refused starts do not use up the rate.
func (a *api) chargeRate(h http.Header, req *request, cost float64) error {
	rate, own := a.config.Rate(req.Account), a.config.ClientRate(req.ClientID)
	left := a.started.charge(req.Account, rate, cost)
	if rate.PerSecond > 0 {
		h.Set("RateLimit-Limit", strconv.Itoa(int(rate.burst())))
		h.Set("RateLimit-Remaining", strconv.Itoa(left.remaining))
		h.Set("RateLimit-Reset", strconv.Itoa(ceilSeconds(left.full)))
	}
	if !left.ok && cost >= 0 {
		return tooMany(left, "the account may start "+perSecond(rate))
	}
	if left := a.startsBy.charge(req.ClientID, own, cost); !left.ok && cost >= 0 {
		a.started.charge(req.Account, rate, -cost)
		return tooMany(left, "this client may start "+perSecond(own))
	}
	return nil
}

func perSecond(r Rate) string {
	return strconv.FormatFloat(r.PerSecond, 'g', -1, 64) + " interactions a second"
}
