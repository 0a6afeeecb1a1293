package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/auth"
	"ringflow/internal/resource"
	"ringflow/internal/webhook"
)

// Webhooks stores dead letters of webhooks. It is satisfied by webhook.Dispatcher.
type Webhooks interface {
	// DeadLetters returns dead letters, the newest first, and the cursor of what follows.
	// It returns webhook.ErrNoHook and record.ErrBadCursor.
	DeadLetters(ctx context.Context, hook webhook.ID, cursor string, limit int) ([]webhook.DeadLetter, string, error)
	// Redeliver sends a dead letter again, or all of them if id is empty. It
	// returns webhook.ErrNoHook and webhook.ErrNoDeadLetter.
	Redeliver(ctx context.Context, hook webhook.ID, id string) (int, error)
}

func webhookRoutes() []route {
	one := content{status: http.StatusOK, sample: webhookKind().Shown, headers: []header{etagHeader}}
	return []route{{
		method: http.MethodPost, path: "/v1/webhooks/{webhook}/rotate", scopes: writeResources, handle: (*api).rotateSecret, matching: true,
		summary: "Make a new secret for a webhook that has one of its own. The answer shows it this once. The one before signs as well, until it is deleted; an older one no longer.",
		answers: []content{one}, errors: []int{404, 409},
	}, {
		method: http.MethodDelete, path: "/v1/webhooks/{webhook}/previous_secret", scopes: writeResources, handle: (*api).retireSecret, matching: true,
		summary: "Have a webhook's previous secret sign no longer.",
		answers: []content{one}, errors: []int{404, 409},
	}, {
		method: http.MethodGet, path: "/v1/webhooks/{webhook}/dead_letters", scopes: []string{auth.ScopeFlowsRead}, handle: (*api).deadLetters,
		summary:    "List the events that a webhook did not take for a day, the newest first. They are kept for 30 days.",
		parameters: pageParameters(),
		answers:    []content{{status: 200, sample: list{name: "dead_letters", items: []deadLetterBody{}}}},
		errors:     []int{400, 404},
	}, {
		method: http.MethodPost, path: "/v1/webhooks/{webhook}/redeliver", scopes: []string{auth.ScopeFlows}, handle: (*api).redeliver,
		summary: "Send all dead letters of a webhook again.",
		answers: []content{{status: 202, sample: redeliverBody{}}},
		errors:  []int{404},
	}, {
		method: http.MethodPost, path: "/v1/webhooks/{webhook}/dead_letters/{letter_id}/redeliver", scopes: []string{auth.ScopeFlows}, handle: (*api).redeliver,
		summary: "Send one dead letter again.",
		answers: []content{{status: 202, sample: redeliverBody{}}},
		errors:  []int{404},
	}}
}

type deadLetterBody struct {
	ID              string             `json:"id" doc:"As the body of the request has it."`
	FlowExecutionID record.ExecutionID `json:"flow_execution_id"`
	Sequence        int                `json:"sequence"`
	Type            string             `json:"type"`
	GivenUpAt       time.Time          `json:"given_up_at"`
	Reason          string             `json:"reason" doc:"What went wrong at the last attempt."`
}

type redeliverBody struct {
	Redelivered int `json:"redelivered" doc:"How many will be sent again."`
}

func webhookKind() *resource.Kind {
	kinds := resource.Kinds()
	return kinds[slices.IndexFunc(kinds, func(k *resource.Kind) bool { return k.Name == "webhook" })]
}

// rotateSecret makes a new secret: POST /v1/webhooks/{webhook}/rotate.
func (a *api) rotateSecret(req *request) (any, error) {
	item, err := a.config.Resources.RotateSecret(req.Context(), req.Account, req.PathValue("webhook"), req.matchResource)
	return a.showResource(req, webhookKind(), item, err)
}

// retireSecret drops the one before:
// DELETE /v1/webhooks/{webhook}/previous_secret.
func (a *api) retireSecret(req *request) (any, error) {
	item, err := a.config.Resources.RetireSecret(req.Context(), req.Account, req.PathValue("webhook"), req.matchResource)
	return a.showResource(req, webhookKind(), item, err)
}

// deadLetters lists dead letters of a webhook:
// GET /v1/webhooks/{webhook}/dead_letters.
func (a *api) deadLetters(req *request) (any, error) {
	letters, next, err := a.config.Webhooks.DeadLetters(req.Context(), req.webhook(), req.query.Get("cursor"), req.number("limit"))
	return listOf("dead_letters", letters, next, func(l webhook.DeadLetter) deadLetterBody {
		return deadLetterBody{l.ID(), l.Execution, l.Seq, string(l.Kind), shownTime(l.At), l.Reason}
	}), err
}

// redeliver sends dead letters again:
// POST /v1/webhooks/{webhook}/redeliver, and the same of one letter.
func (a *api) redeliver(req *request) (any, error) {
	n, err := a.config.Webhooks.Redeliver(req.Context(), req.webhook(), req.PathValue("letter_id"))
	return redeliverBody{n}, err
}

// webhook is the hook that the path names, of the sender's own account.
func (r *request) webhook() webhook.ID {
	return webhook.ID{Account: r.Account, Name: r.PathValue("webhook")}
}
