package api

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
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

// The parameters that say when an interaction is to begin. They stand in the
// query because every name in the body is an argument of the flow.
const (
	paramStartAt = "start_at"
	paramHours   = "calling_hours"
	paramZone    = "time_zone"
)

func timingParameters() []parameter {
	return []parameter{
		{name: paramStartAt, in: "query", doc: "When to begin (RFC 3339), at most 30 days ahead. A time of the last 5 minutes means at once, one before them is refused. By default at once.", sample: time.Time{}},
		{name: paramHours, in: "query", doc: "Between which times of day to begin, such as 09:00-17:30; outside of them, also if the server was down in between, it waits for the next. 21:00-02:00 goes over midnight.", sample: ""},
		{name: paramZone, in: "query", doc: "The time zone of calling_hours, such as Europe/Berlin; without them it is refused. By default UTC.", sample: ""},
	}
}

// maxAhead is how far ahead a start may lie.
const maxAhead = 30 * 24 * time.Hour

// maxPast is how far a start may lie in the past, for clocks that differ and delayed
// requests. An earlier one is a mistake, such as a wrong year or zone, and refused.
const maxPast = 5 * time.Minute

// timing returns the part of a query that says when to begin, in one form.
func timing(query url.Values) string {
	return url.Values{paramStartAt: query[paramStartAt], paramHours: query[paramHours], paramZone: query[paramZone]}.Encode()
}

// startTimeOf returns when a request wants to begin, the zero time for at once, and
// in which part of the day it may.
func startTimeOf(req *request, now time.Time) (at time.Time, in record.CallingHours, err error) {
	query := req.query
	if query.Has(paramStartAt) {
		if rule := (parameter{sample: at}).check(query.Get(paramStartAt)); rule != "" { // an empty one is refused too, not started at once
			return at, in, badParameter(paramStartAt, rule)
		}
		if at = req.time(paramStartAt); at.IsZero() { // it would mean at once
			return at, in, pastStart(now)
		}
		if at.Sub(now) > maxAhead {
			return at, in, badParameter(paramStartAt, "must not lie more than 30 days ahead")
		}
	}
	in = record.CallingHours{Hours: query.Get(paramHours), Zone: query.Get(paramZone)}
	switch err := in.Check(); {
	case in.Hours == "" && query.Has(paramHours):
		return at, in, badParameter(paramHours, record.ErrBadHours.Error())
	case errors.Is(err, record.ErrBadZone):
		return at, in, badParameter(paramZone, err.Error())
	case err != nil:
		return at, in, badParameter(paramHours, err.Error())
	}
	if in.Hours == "" && query.Has(paramZone) {
		return at, in, badParameter(paramZone, "has a meaning only with "+paramHours+"; "+paramStartAt+" names its own zone")
	}
	return at, in, nil
}

// checkNotPast refuses a start in the past. It is not asked of a repeated request, which
// gets its first response however late.
func checkNotPast(at, now time.Time) error {
	if at.IsZero() || now.Sub(at) <= maxPast {
		return nil
	}
	return pastStart(now)
}

func pastStart(now time.Time) error {
	return badParameter(paramStartAt, "lies in the past: it is "+now.UTC().Format(time.RFC3339)+"; leave it out to begin at once")
}

// startAt returns when an execution is to begin, the zero time for at once. One
// whose hours were over before it could begin waits for the next.
func startAt(h record.History) time.Time {
	if h.Status == record.StatusAccepted {
		now := time.Now()
		if next, err := h.NextBegin(now); err == nil && next.After(now) {
			return next
		}
	}
	return h.StartAt
}

// keyHeader names a request, so that it may be sent again
// (draft-ietf-httpapi-idempotency-key-header).
const keyHeader = "Idempotency-Key"

// maxKey is the length of the longest key in bytes.
const maxKey = 255

// idempotencyKeyOf reads the key of a request. Its digest covers the body and the
// target: the flow and the time of start.
func idempotencyKeyOf(h http.Header, target string, body []byte) (record.IdempotencyKey, error) {
	keys := h.Values(keyHeader)
	if len(keys) == 0 {
		return record.IdempotencyKey{}, nil
	}
	if len(keys) > 1 || keys[0] == "" || len(keys[0]) > maxKey {
		return record.IdempotencyKey{}, badParameter(keyHeader, "must be given once and have 1 to 255 characters")
	}
	digest := sha256.New()
	digest.Write([]byte(target + "\n"))
	digest.Write(body)
	return record.IdempotencyKey{Key: keys[0], Digest: hex.EncodeToString(digest.Sum(nil))}, nil
}

// startIdempotent starts an interaction, unless one was started under its key: then it
// returns that one, even if the flow would refuse it by now or the rate is used up.
// Simultaneous requests wait for the first; should two start, the record refuses one.
func (a *api) startIdempotent(h http.Header, req *request, t flowengine.Trigger) (record.Execution, error) {
	if t.IdempotencyKey.Key == "" {
		return a.startCounted(h, req, t)
	}
	unlock, err := a.starting.Lock(req.Context(), accountKey{t.Account, t.IdempotencyKey.Key})
	if err != nil {
		return record.Execution{}, err
	}
	defer unlock()
	first, err := a.config.Executions.Repeated(req.Context(), t.Account, t.IdempotencyKey.Key)
	switch {
	case err == nil:
		_ = a.chargeRate(h, req, 0) // sets the header fields
		return sameRequest(first, t.IdempotencyKey)
	case !errors.Is(err, record.ErrNoExecution):
		return record.Execution{}, err
	}
	x, err := a.startCounted(h, req, t)
	if repeated, ok := errors.AsType[*record.RepeatedError](err); ok {
		return sameRequest(repeated.First, t.IdempotencyKey)
	}
	return x, err
}

// accountKey is an Idempotency-Key of an account.
type accountKey struct{ account, key string }

// sameRequest returns the first execution, if the repeated request is the same.
func sameRequest(first record.Execution, once record.IdempotencyKey) (record.Execution, error) {
	if first.IdempotencyKey.Digest != once.Digest {
		return record.Execution{}, conflict("the " + keyHeader + " was used for another request in the last 24 hours")
	}
	return first, nil
}
