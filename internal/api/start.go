package api

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"ringflow/flowengine"
)

// rateHeaders tell what is left of the account's rate
// (draft-ietf-httpapi-ratelimit-headers).
var rateHeaders = []header{
	{name: "RateLimit-Limit", doc: "How many interactions the account may start at once; absent if it has no limit.", sample: 0},
	{name: "RateLimit-Remaining", doc: "How many it may start now.", sample: 0},
	{name: "RateLimit-Reset", doc: "In how many seconds it may start as many as the limit again.", sample: 0},
}

// startBody is the answer to a start.
type startBody struct {
	InteractionID   string                 `json:"interaction_id"`
	FlowVersionID   string                 `json:"flow_version_id"`
	FlowExecutionID flowengine.ExecutionID `json:"flow_execution_id"`
}

// start begins an interaction: POST /flows/{flow_id}/interactions. It answers
// once the interaction is on the disk, and says nothing about the call.
func (a *api) start(w http.ResponseWriter, req *request) error {
	if err := a.ration(w.Header(), req.Account, a.started.peek); err != nil {
		return err
	}
	if req.ContentLength > a.config.MaxBody {
		return &http.MaxBytesError{Limit: a.config.MaxBody}
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return bodyError(err)
	}
	args, err := parseArguments(body)
	if err != nil {
		return err
	}
	trigger := flowengine.Trigger{
		Account: req.Account, FlowID: flowengine.CanonicalFlowID(req.PathValue("flow_id")),
		Arguments: args.text, NotText: args.notText,
	}
	query := req.URL.Query()
	if trigger.StartAt, trigger.CallingHours, err = beginOf(query, time.Now()); err != nil {
		return err
	}
	if trigger.Once, err = onceOf(req.Header, trigger.FlowID+" "+timing(query), body); err != nil {
		return err
	}
	if err := a.ration(w.Header(), req.Account, a.started.take); err != nil {
		return err
	}
	x, err := a.startOnce(req.Context(), trigger)
	if err != nil {
		_ = a.ration(w.Header(), req.Account, a.started.giveBack) // err says why
		return err
	}
	writeJSON(w, http.StatusAccepted, startBody{x.InteractionID, x.VersionID, x.ID})
	return nil
}

// ration looks at the account's rate by take or peek, and tells what is left. A
// start is counted right before it is handed on, and given back if nothing was
// started: what is refused does not use up the rate.
func (a *api) ration(h http.Header, account string, look func(string, Rate) wait) error {
	rate := a.config.Rate(account)
	if rate.PerSecond <= 0 {
		return nil
	}
	left := look(account, rate)
	h.Set("RateLimit-Limit", strconv.Itoa(int(rate.burst())))
	h.Set("RateLimit-Remaining", strconv.Itoa(left.remaining))
	h.Set("RateLimit-Reset", strconv.Itoa(ceilSeconds(left.full)))
	if !left.ok {
		return tooMany(left, "the account may start "+strconv.FormatFloat(rate.PerSecond, 'g', -1, 64)+" interactions a second")
	}
	return nil
}
