package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/webhook"
)

var _ webhook.Outbox = (*Store)(nil)

// deadLife is how long dead letters are kept.
const deadLife = 30 * 24 * time.Hour

// subscriptions say which events go to which hook. They belong to the writer.
type subscriptions struct {
	hooks  []webhook.Hook
	posted func(webhook.ID)
	// subscribers are those of executions that go on, by executions.no.
	subscribers map[int64]subscribers
	// fresh are the hooks that this commit brings something for.
	fresh map[webhook.ID]bool
}

// subscribers are the hooks that may want events of an execution.
type subscribers struct {
	x     record.Execution
	hooks []*webhook.Hook
}

// writeDeliveries writes a delivery for each event of this commit that a hook wants:
// it is on the disk with the event, or neither is.
func (t *transaction) writeDeliveries() error {
	s := &t.w.subscriptions
	if len(s.hooks) == 0 {
		return nil
	}
	s.fresh = make(map[webhook.ID]bool)
	now := time.Now()
	for _, c := range t.order {
		a, err := t.subscribers(c.execution)
		if err != nil {
			return err
		}
		if len(a.hooks) == 0 {
			continue
		}
		events, err := decode(nil, c.text())
		if err != nil {
			return err
		}
		for _, h := range a.hooks {
			if err := t.deliver(h, a.x, events, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// deliver writes what events of one execution give for one hook.
func (t *transaction) deliver(h *webhook.Hook, x record.Execution, events []record.Event, now time.Time) error {
	wanted := false
	for _, e := range events {
		if !h.Wants(x.FlowID, e.Kind) {
			continue
		}
		wanted = true
		l, err := webhook.NewDelivery(h.ID, x, e, now)
		if err != nil {
			return err
		}
		if err := t.exec(`INSERT INTO outbox (account, hook, execution, seq, kind, body, since) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (account, hook, execution, seq) DO NOTHING`,
			l.Hook.Account, l.Hook.Name, string(l.Execution), l.Seq, string(l.Kind), string(l.Body), l.Since.UnixMicro()); err != nil {
			return err
		}
	}
	if !wanted {
		return nil
	}
	t.w.subscriptions.fresh[h.ID] = true
	return t.exec(`INSERT INTO streams (account, hook, execution, due_at, attempts) VALUES (?, ?, ?, ?, 0)
		ON CONFLICT (account, hook, execution) DO NOTHING`, h.Account, h.Name, string(x.ID), now.UnixMicro())
}

// maxSubscribers bounds the executions whose subscribers are remembered.
const maxSubscribers = 20_000

// subscribers finds the hooks of an execution's account.
func (t *transaction) subscribers(no int64) (subscribers, error) {
	s := &t.w.subscriptions
	if a, known := s.subscribers[no]; known {
		return a, nil
	}
	a, err := row(t, func(a *subscribers) []any {
		return []any{&a.x.ID, &a.x.InteractionID, &a.x.Account, &a.x.FlowID, &a.x.VersionID}
	}, `SELECT id, interaction_id, account, flow_id, version_id FROM executions WHERE no = ?`, no)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return a, fmt.Errorf("find the webhooks of an execution: %w", err)
	}
	for i := range s.hooks {
		if s.hooks[i].Account == a.x.Account {
			a.hooks = append(a.hooks, &s.hooks[i])
		}
	}
	if s.subscribers == nil || len(s.subscribers) >= maxSubscribers {
		s.subscribers = make(map[int64]subscribers)
	}
	s.subscribers[no] = a
	return a, nil
}

// publish notifies the hooks of what a commit has brought.
func (s *subscriptions) publish() {
	if s.posted != nil {
		for hook := range s.fresh {
			s.posted(hook)
		}
	}
	s.fresh = nil
}

// undo drops what was read and written in a transaction that failed.
func (s *subscriptions) undo() { s.subscribers, s.fresh = nil, nil }

func (s *subscriptions) has(hook webhook.ID) bool {
	return slices.ContainsFunc(s.hooks, func(h webhook.Hook) bool { return h.ID == hook })
}
