package api

import (
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// executionBody is an execution as it is shown.
type executionBody struct {
	executionSummary
	Variables map[string]string `json:"variables"`
	Steps     []stepBody        `json:"steps"`
}

// stepBody is one step. While it runs, exit and duration are null.
type stepBody struct {
	Order      int                `json:"order"`
	Name       string             `json:"name"`
	Component  string             `json:"component"`
	Exit       *flowfile.Exit     `json:"exit"`
	StartedAt  time.Time          `json:"started_at"`
	DurationMS *int64             `json:"duration_ms"`
	SIP        *sipBody           `json:"sip,omitempty"`
	Undialled  *record.NotDialled `json:"undialled,omitempty" doc:"The numbers of a call for which no INVITE left, as the step had them."`
	Detail     string             `json:"detail,omitempty" doc:"What the journal notes about leaving the step, such as that the contact hung up."`
	Error      string             `json:"error,omitempty"`
}

// sipBody is a SIP response, with its explanation.
type sipBody struct {
	Code   int    `json:"code" doc:"The newest SIP answer; 0: none came."`
	Reason string `json:"reason"`
	Cause  *int   `json:"cause" doc:"Q.850, as the far end gave it; null: it gave none."`
	Trunk  string `json:"trunk"`
	// What follows is absent if empty.
	EndedBy    record.EndedBy `json:"ended_by,omitempty" doc:"Of a step whose call was not answered: who ended it, as ended_by of its leg. network: the call was kept from the party, who was not busy and did not decline." enum:"contact,agent,network,flow,api,ring_limit,trunk,fault"`
	ReasonText string         `json:"reason_text,omitempty" doc:"The text of the answer's Reason header field, or of the BYE's (RFC 3326); of a call that the network blocked, whom to turn to for redress (ATIS-1000099)."`
	Location   string         `json:"location,omitempty" doc:"Where the call was released, as Reason names it (RFC 8606): LN, TN, RLN, LPN, RPN and others."`
	Warning    string         `json:"warning,omitempty" doc:"The text of the answer's Warning header field (RFC 3261, 20.43), behind its code and who warns."`
	CallInfo   string         `json:"call_info,omitempty" doc:"The URI in the answer's Call-Info header field: of a 608, a signed jCard with whom to turn to (RFC 8688)."`
}

// execution shows one execution of the account:
// GET /v1/executions/{flow_execution_id}.
func (a *api) execution(req *request) (any, error) {
	h, err := a.config.Executions.History(req.Context(), req.Account, req.execution())
	body := executionBody{executionSummary: summaryOf(h), Variables: h.Variables, Steps: []stepBody{}}
	if body.Variables == nil {
		body.Variables = map[string]string{}
	}
	for _, s := range h.Steps() {
		body.Steps = append(body.Steps, showStep(s))
	}
	return body, err
}

func showStep(s record.Step) stepBody {
	body := stepBody{Order: s.Order, Name: s.Name, Component: s.Component, StartedAt: shownTime(s.StartedAt), SIP: showSIP(s.SIP), Undialled: s.Undialled, Detail: s.Detail, Error: s.Error}
	if s.Exit != "" {
		ms := s.Duration.Milliseconds()
		body.Exit, body.DurationMS = &s.Exit, &ms
	}
	return body
}

func showSIP(r *record.SIPResult) *sipBody {
	if r == nil {
		return nil
	}
	return &sipBody{
		Code: r.Code, Reason: r.Reason, Cause: orNull(r.Cause), Trunk: r.Trunk,
		EndedBy: r.EndedBy, ReasonText: r.ReasonText, Location: r.Location, Warning: r.Warning, CallInfo: r.CallInfo,
	}
}

// shownTime returns a time as all answers write it: in UTC, to the microsecond.
func shownTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// timeOrNull returns a time as shownTime does, nil if it has not come yet.
func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = shownTime(t)
	return &t
}
