package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/auth"
	"ringflow/internal/webhook"
)

// Webhooks shows an account's webhooks and what they did not take. It is
// satisfied by webhook.Dispatcher.
type Webhooks interface {
	// Hooks returns the account's hooks without their secrets.
	Hooks(account string) []webhook.Hook
	// Dead returns dead letters, the newest first, and the cursor of what follows.
	// It returns webhook.ErrNoHook and flowengine.ErrBadCursor.
	Dead(ctx context.Context, hook webhook.ID, cursor string, limit int) ([]webhook.DeadLetter, string, error)
	// Redeliver sends a dead letter again, or all of them if id is empty. It
	// returns webhook.ErrNoHook and webhook.ErrNoLetter.
	Redeliver(ctx context.Context, hook webhook.ID, id string) (int, error)
}

// noWebhooks is what an API without webhooks shows.
type noWebhooks struct{}

func (noWebhooks) Hooks(string) []webhook.Hook { return nil }
func (noWebhooks) Dead(context.Context, webhook.ID, string, int) ([]webhook.DeadLetter, string, error) {
	return nil, "", webhook.ErrNoHook
}
func (noWebhooks) Redeliver(context.Context, webhook.ID, string) (int, error) {
	return 0, webhook.ErrNoHook
}

func webhookRoutes() []route {
	return []route{{
		method: http.MethodGet, path: "/v1/webhooks", scopes: []string{auth.ScopeFlowsRead}, handle: (*api).webhooks,
		summary: "List the account's webhooks, which the configuration holds.",
		answers: []content{{status: 200, sample: webhookList{}}},
	}, {
		method: http.MethodGet, path: "/v1/webhooks/{webhook}/dead_letters", scopes: []string{auth.ScopeFlowsRead}, handle: (*api).deadLetters,
		summary:    "List the events that a webhook did not take for a day, the newest first. They are kept for 30 days.",
		parameters: pageParameters(),
		answers:    []content{{status: 200, sample: deadLetterList{}}},
		refuses:    []int{400, 404},
	}, {
		method: http.MethodPost, path: "/v1/webhooks/{webhook}/redeliver", scopes: []string{auth.ScopeFlows}, handle: (*api).redeliver,
		summary: "Send all dead letters of a webhook again.",
		answers: []content{{status: 202, sample: redeliverBody{}}},
		refuses: []int{404},
	}, {
		method: http.MethodPost, path: "/v1/webhooks/{webhook}/dead_letters/{letter_id}/redeliver", scopes: []string{auth.ScopeFlows}, handle: (*api).redeliver,
		summary: "Send one dead letter again.",
		answers: []content{{status: 202, sample: redeliverBody{}}},
		refuses: []int{404},
	}}
}

type webhookList struct {
	Webhooks []webhookBody `json:"webhooks"`
}

type webhookBody struct {
	Name   string   `json:"name"`
	URL    string   `json:"url" doc:"Without its query."`
	Events []string `json:"events"`
	Flows  []string `json:"flows" doc:"Empty: all flows."`
}

type deadLetterList struct {
	DeadLetters []deadLetterBody `json:"dead_letters"`
	Next        *string          `json:"next" doc:"The cursor of the next page; null at the end."`
}

type deadLetterBody struct {
	ID              string                 `json:"id" doc:"As the body of the request has it."`
	FlowExecutionID flowengine.ExecutionID `json:"flow_execution_id"`
	Sequence        int                    `json:"sequence"`
	Type            string                 `json:"type"`
	GivenUpAt       time.Time              `json:"given_up_at"`
	Reason          string                 `json:"reason" doc:"What went wrong at the last attempt."`
}

type redeliverBody struct {
	Redelivered int `json:"redelivered" doc:"How many will be sent again."`
}

// webhooks lists webhooks: GET /v1/webhooks.
func (a *api) webhooks(w http.ResponseWriter, req *request) error {
	body := webhookList{Webhooks: []webhookBody{}}
	for _, h := range a.config.Webhooks.Hooks(req.Account) {
		shown := webhookBody{Name: h.Name, URL: h.Address(), Events: []string{}, Flows: append([]string{}, h.Flows...)}
		for _, e := range h.Events {
			shown.Events = append(shown.Events, string(e))
		}
		body.Webhooks = append(body.Webhooks, shown)
	}
	writeJSON(w, http.StatusOK, body)
	return nil
}

// deadLetters lists what a webhook did not take:
// GET /v1/webhooks/{webhook}/dead_letters.
func (a *api) deadLetters(w http.ResponseWriter, req *request) error {
	query := req.URL.Query()
	limit, err := limitOf(query)
	if err != nil {
		return err
	}
	letters, next, err := a.config.Webhooks.Dead(req.Context(), req.webhook(), query.Get("cursor"), limit)
	if err != nil {
		return webhookRefusal(err)
	}
	body := deadLetterList{DeadLetters: []deadLetterBody{}}
	for _, l := range letters {
		body.DeadLetters = append(body.DeadLetters, deadLetterBody{
			ID: l.ID(), FlowExecutionID: l.Execution, Sequence: l.Seq, Type: string(l.Kind), GivenUpAt: shownTime(l.Died), Reason: l.Reason,
		})
	}
	if next != "" {
		body.Next = &next
	}
	writeJSON(w, http.StatusOK, body)
	return nil
}

// redeliver sends dead letters again:
// POST /v1/webhooks/{webhook}/redeliver, and the same of one letter.
func (a *api) redeliver(w http.ResponseWriter, req *request) error {
	n, err := a.config.Webhooks.Redeliver(req.Context(), req.webhook(), req.PathValue("letter_id"))
	if err != nil {
		return webhookRefusal(err)
	}
	writeJSON(w, http.StatusAccepted, redeliverBody{n})
	return nil
}

// webhook is the hook that the path names, of the sender's own account.
func (r *request) webhook() webhook.ID {
	return webhook.ID{Account: r.Account, Name: r.PathValue("webhook")}
}

// webhookRefusal says how errors about webhooks are told to a client.
func webhookRefusal(err error) error {
	switch {
	case errors.Is(err, webhook.ErrNoHook):
		return &refusal{status: http.StatusNotFound, code: codeNotFound, message: "webhook not found"}
	case errors.Is(err, webhook.ErrNoLetter):
		return &refusal{status: http.StatusNotFound, code: codeNotFound, message: "dead letter not found"}
	}
	return err
}
