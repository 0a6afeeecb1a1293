package api

import (
	"errors"
	"time"

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
