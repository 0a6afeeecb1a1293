package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/api"
	"ringflow/internal/webhook"
)

// hooked is one webhook of acme with one dead letter, x.7.
type hooked struct{}

var crm = webhook.Hook{ID: webhook.ID{Account: "acme", Name: "crm"}, URL: "https://crm.example.com/calls?key=hidden",
	Events: []record.EventKind{webhook.All}, Secret: "hidden too, as any secret"}

func (hooked) DeadLetters(_ context.Context, hook webhook.ID, cursor string, limit int) ([]webhook.DeadLetter, string, error) {
	switch {
	case hook != crm.ID:
		return nil, "", webhook.ErrNoHook
	case cursor == "bad":
		return nil, "", record.ErrBadCursor
	}
	l := webhook.Delivery{Hook: hook, Execution: "x", Seq: 7, Kind: record.LegEnded}
	return []webhook.DeadLetter{{Delivery: l, At: time.Unix(1e9, 0).UTC(), Reason: "it answered 503"}}, "x.7", nil
}

func (hooked) Redeliver(_ context.Context, hook webhook.ID, id string) (int, error) {
	switch {
	case hook != crm.ID:
		return 0, webhook.ErrNoHook
	case id != "" && id != "x.7":
		return 0, webhook.ErrNoDeadLetter
	}
	return 1, nil
}

func TestWebhooks(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.Webhooks = hooked{} })
	for _, c := range []struct {
		method, path, client string
		code                 int
		want                 string
	}{
		{"GET", "/v1/webhooks/crm/dead_letters?limit=1", "acceptance", 200, `{"id":"x.7","flow_execution_id":"x","sequence":7,"type":"leg_ended","given_up_at":"2001-09-09T01:46:40Z","reason":"it answered 503"}],"next":"x.7"`},
		{"GET", "/v1/webhooks/crm/dead_letters?limit=0", "acceptance", 400, "limit"},
		{"GET", "/v1/webhooks/crm/dead_letters?cursor=bad", "acceptance", 400, "cursor"},
		{"GET", "/v1/webhooks/crm/dead_letters", "stranger", 404, "webhook not found"},
		{"GET", "/v1/webhooks/other/dead_letters", "acceptance", 404, "webhook not found"},
		{"POST", "/v1/webhooks/crm/redeliver", "acceptance", 202, `{"redelivered":1}`},
		{"POST", "/v1/webhooks/crm/redeliver", "reader", 403, ""},
		{"POST", "/v1/webhooks/crm/dead_letters/x.7/redeliver", "acceptance", 202, `{"redelivered":1}`},
		{"POST", "/v1/webhooks/crm/dead_letters/x.8/redeliver", "acceptance", 404, "dead letter not found"},
	} {
		answer := w.do(c.method, c.path, c.client, "")
		if answer.Code != c.code || !strings.Contains(answer.Body.String(), c.want) || strings.Contains(answer.Body.String(), "hidden") {
			t.Errorf("%s %s by %s: %d %s, want %d %s", c.method, c.path, c.client, answer.Code, answer.Body, c.code, c.want)
		}
	}
}

// Without webhooks the routes are there and find nothing.
func TestNoWebhooks(t *testing.T) {
	w := newWorld(t, nil)
	for path, code := range map[string]int{"/v1/webhooks": 200, "/v1/webhooks/crm/dead_letters": 404} {
		if answer := w.do("GET", path, "acceptance", ""); answer.Code != code {
			t.Errorf("%s: %d", path, answer.Code)
		}
	}
}
