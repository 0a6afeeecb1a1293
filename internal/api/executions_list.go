package api

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
func (a *api) executions(w http.ResponseWriter, req *request) error {
	query := req.URL.Query()
	filter, err := a.filterOf(req)
	if err != nil {
		return err
	}
	limit, err := limitOf(query)
	if err != nil {
		return err
	}
	found, next, err := a.config.Executions.List(req.Context(), req.Account, filter, query.Get("cursor"), limit)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, listOf("executions", found, textOrNull(next), summaryOf))
}

func summaryOf(h record.History) executionSummary {
	return executionSummary{
		FlowExecutionID: h.ID, InteractionID: h.InteractionID, FlowID: h.FlowID, FlowVersionID: h.VersionID, Status: h.Status,
		AcceptedAt: shownTime(h.AcceptedAt), StartAt: timeOrNull(startAt(h)), CallingHours: h.CallingHours.Hours, TimeZone: h.CallingHours.Zone,
		StartedAt: timeOrNull(h.StartedAt), FinishedAt: timeOrNull(h.FinishedAt), Error: h.Error,
	}
}

// limitOf reads how many a page may hold.
func limitOf(query url.Values) (int, error) {
	text := query.Get("limit")
	if text == "" {
		return defaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > maxLimit {
		return 0, badParameter("limit", "must be a number from 1 to "+strconv.Itoa(maxLimit))
	}
	return limit, nil
}

// statuses are all that an execution may have.
var statuses = []record.Status{record.StatusAccepted, record.StatusRunning, record.StatusFinished,
	record.StatusFailed, record.StatusCancelled, record.StatusInterrupted}

// filterOf reads the parameters that select executions. An unknown
// flow is refused: an empty page would hide a misspelt name.
func (a *api) filterOf(req *request) (record.Filter, error) {
	query := req.URL.Query()
	f := record.Filter{Status: record.Status(query.Get("status"))}
	if f.Status != "" && !slices.Contains(statuses, f.Status) {
		return f, badParameter("status", "must be accepted, running, finished, failed, cancelled or interrupted")
	}
	for _, bound := range []struct {
		name string
		into *time.Time
	}{{"from", &f.From}, {"to", &f.To}} {
		text := query.Get(bound.name)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return f, badParameter(bound.name, "must be a time in RFC 3339, such as 2026-11-22T09:00:00Z")
		}
		*bound.into = at
	}
	if name := query.Get("flow_id"); name != "" {
		id, err := a.flowNamed(req, name)
		if err != nil {
			return f, err
		}
		f.FlowID = id
	}
	return f, nil
}

// cancel ends an execution that runs or waits for its time:
// POST /v1/executions/{flow_execution_id}/cancel.
func (a *api) cancel(w http.ResponseWriter, req *request) error {
	id := record.ExecutionID(req.PathValue("flow_execution_id"))
	err := a.config.Flows.Cancel(req.Context(), req.Account, id)
	if errors.Is(err, record.ErrNoExecution) {
		h, err := a.config.Executions.History(req.Context(), req.Account, id)
		if err != nil {
			return err
		}
		if h.FinishedAt.IsZero() { // it is just being taken up, or its end is on its way to the disk
			return record.ErrUnavailable
		}
		return conflict("the execution has ended")
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusAccepted, cancelBody{id})
}
