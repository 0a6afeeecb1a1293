package api

import (
	"errors"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// How many executions a page of a list holds.
const (
	defaultLimit = 20
	maxLimit     = 100
)

// executionSummary is an execution without its journal.
type executionSummary struct {
	FlowExecutionID record.ExecutionID `json:"flow_execution_id"`
	InteractionID   string             `json:"interaction_id"`
	FlowID          string             `json:"flow_id"`
	FlowVersionID   string             `json:"flow_version_id"`
	Status          record.Status      `json:"status"`
	AcceptedAt      time.Time          `json:"accepted_at"`
	StartAt         *time.Time         `json:"start_at,omitempty" doc:"When it is to begin, if the request named a time or calling hours; as long as it waits, the next time at which it may."`
	CallingHours    string             `json:"calling_hours,omitempty" doc:"In which part of the day it may begin, if the request said so."`
	TimeZone        string             `json:"time_zone,omitempty" doc:"The time zone of calling_hours."`
	StartedAt       *time.Time         `json:"started_at"`
	FinishedAt      *time.Time         `json:"finished_at"`
	Error           string             `json:"error,omitempty"`
}

// cancelBody is the answer to a cancellation.
type cancelBody struct {
	FlowExecutionID record.ExecutionID `json:"flow_execution_id"`
}

// executions lists executions of the account: GET /v1/executions.
func (a *api) executions(req *request) (any, error) {
	filter, err := a.filterOf(req)
	if err != nil {
		return nil, err
	}
	found, next, err := a.config.Executions.List(req.Context(), req.Account, filter, req.query.Get("cursor"), req.number("limit"))
	return listOf("executions", found, next, summaryOf), err
}

func summaryOf(h record.History) executionSummary {
	return executionSummary{
		FlowExecutionID: h.ID, InteractionID: h.InteractionID, FlowID: h.FlowID, FlowVersionID: h.VersionID, Status: h.Status,
		AcceptedAt: shownTime(h.AcceptedAt), StartAt: timeOrNull(startAt(h)), CallingHours: h.CallingHours.Hours, TimeZone: h.CallingHours.Zone,
		StartedAt: timeOrNull(h.StartedAt), FinishedAt: timeOrNull(h.FinishedAt), Error: h.Error,
	}
}

// statuses are all that an execution may have.
var statuses = []string{string(record.StatusAccepted), string(record.StatusRunning), string(record.StatusFinished),
	string(record.StatusFailed), string(record.StatusCancelled), string(record.StatusInterrupted)}

// filterOf reads the parameters that select executions. An unknown
// flow is refused: an empty page would hide a misspelt name.
func (a *api) filterOf(req *request) (record.Filter, error) {
	f := record.Filter{Status: record.Status(req.query.Get("status")), From: req.time("from"), To: req.time("to")}
	name := req.query.Get("flow_id")
	if name == "" {
		return f, nil
	}
	var err error
	f.FlowID, err = a.flowNamed(req, name)
	return f, err
}

// cancel ends an execution that runs or waits for its time:
// POST /v1/executions/{flow_execution_id}/cancel.
func (a *api) cancel(req *request) (any, error) {
	id := req.execution()
	err := a.config.Flows.Cancel(req.Context(), req.Account, id)
	if errors.Is(err, record.ErrNoExecution) {
		h, err := a.config.Executions.History(req.Context(), req.Account, id)
		if err != nil {
			return nil, err
		}
		if h.FinishedAt.IsZero() { // it is just being taken up, or its end is on its way to the disk
			return nil, record.ErrUnavailable
		}
		return nil, conflict("the execution has ended")
	}
	return cancelBody{id}, err
}

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
	TrunkReason string           `json:"trunk_reason,omitempty" doc:"Why the call left over this trunk, such as \"+4930901820 matches prefix +49\", and which were passed over; not there if the account has no other."`
	Attempts    []record.Attempt `json:"attempts,omitempty" doc:"Each target that was tried, in order; not there if one was."`
	EndedBy     record.EndedBy   `json:"ended_by,omitempty" doc:"Of a step whose call was not answered: who ended it, as ended_by of its leg. network: the call was kept from the party, who was not busy and did not decline." enum:"contact,agent,network,flow,api,ring_limit,trunk,fault,shutdown"`
	ReasonText  string           `json:"reason_text,omitempty" doc:"The text of the answer's Reason header field, or of the BYE's (RFC 3326); of a call that the network blocked, whom to turn to for redress (ATIS-1000099)."`
	Location    string           `json:"location,omitempty" doc:"Where the call was released, as Reason names it (RFC 8606): LN, TN, RLN, LPN, RPN and others."`
	Warning     string           `json:"warning,omitempty" doc:"The text of the answer's Warning header field (RFC 3261, 20.43), behind its code and who warns."`
	Verstat     string           `json:"verstat,omitempty" doc:"What the network says about the verification of telephone numbers (STIR/SHAKEN): the verstat parameter of P-Asserted-Identity (TS 24.229), or a carrier's own header field, behind its name."`
	CallInfo    string           `json:"call_info,omitempty" doc:"The URI in the answer's Call-Info header field: of a 608, a signed jCard with whom to turn to (RFC 8688)."`
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
		Code: r.Code, Reason: r.Reason, Cause: orNull(r.Cause), Trunk: r.Trunk, TrunkReason: r.TrunkReason, Attempts: r.Attempts,
		EndedBy: r.EndedBy, ReasonText: r.ReasonText, Location: r.Location, Warning: r.Warning, Verstat: r.Verstat, CallInfo: r.CallInfo,
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
