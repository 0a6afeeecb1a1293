package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ringflow/flowengine/record"
)

// Errors of an Outbox.
var (
	// ErrNoHook: the account has no webhook of this name.
	ErrNoHook = errors.New("webhook not found")
	// ErrNoDeadLetter: there is no dead letter of this id.
	ErrNoDeadLetter = errors.New("dead letter not found")
)

// Delivery is one event to be posted to one hook.
type Delivery struct {
	No   int64 // its row in the outbox
	Hook ID
	// Execution and Seq, the event's number in its journal, name the event.
	Execution record.ExecutionID
	Seq       int
	Kind      record.EventKind
	Body      []byte    // what is posted, the same at each attempt
	Since     time.Time // when it was written to the outbox
}

// ID is the same at every attempt, and no two events of a hook share it.
func (l *Delivery) ID() string { return DeliveryID(l.Execution, l.Seq) }

// DeliveryID names an event of an execution.
func DeliveryID(x record.ExecutionID, seq int) string { return fmt.Sprintf("%s.%d", x, seq) }

// DeadLetter is a delivery that was given up.
type DeadLetter struct {
	Delivery
	At     time.Time
	Reason string // what went wrong at the last attempt
}

// Envelope is the body of a request.
type Envelope struct {
	ID              string             `json:"id" doc:"Names the event: the execution and sequence."`
	Type            record.EventKind   `json:"type"`
	Sequence        int                `json:"sequence" doc:"The event's number in the execution's journal. Gaps are events that the webhook does not want."`
	Account         string             `json:"account" doc:"Its name."`
	FlowID          string             `json:"flow_id"`
	FlowVersionID   string             `json:"flow_version_id"`
	FlowExecutionID record.ExecutionID `json:"flow_execution_id"`
	InteractionID   string             `json:"interaction_id"`
	Event           record.Event       `json:"event" doc:"The line of the journal."`
}

// NewDelivery returns the delivery of an event of the execution to a hook.
func NewDelivery(hook ID, x record.Execution, e record.Event, now time.Time) (Delivery, error) {
	body, err := json.Marshal(Envelope{
		ID: DeliveryID(x.ID, e.Seq), Type: e.Kind, Sequence: e.Seq, Account: x.Account, FlowID: x.FlowID, FlowVersionID: x.VersionID,
		FlowExecutionID: x.ID, InteractionID: x.InteractionID, Event: e,
	})
	if err != nil {
		return Delivery{}, fmt.Errorf("write delivery %s: %w", DeliveryID(x.ID, e.Seq), err)
	}
	return Delivery{Hook: hook, Execution: x.ID, Seq: e.Seq, Kind: e.Kind, Body: body, Since: now}, nil
}

// Queue holds the deliveries of one execution to one hook, which are posted one after the
// other.
type Queue struct {
	Hook      ID
	Execution record.ExecutionID
	Due       time.Time // when its first delivery may be posted
	Attempts  int       // that failed since one succeeded
}

// Outbox stores deliveries until they succeed. It survives a crash. Its methods may be
// called by several goroutines.
type Outbox interface {
	// Subscribe makes the hooks the only ones whose deliveries are written from now
	// on. Those of any other are given up. posted is called whenever
	// something new can be sent to a hook; it must not block.
	Subscribe(ctx context.Context, hooks []Hook, posted func(ID)) error
	// Queues returns a hook's queues, those due first, at most limit.
	Queues(ctx context.Context, hook ID, limit int) ([]Queue, error)
	// Deliveries returns the first deliveries of a queue in their order, at most limit.
	Deliveries(ctx context.Context, s Queue, limit int) ([]Delivery, error)
	// Delivered removes a delivery. It does not wait for the disk; a crash may bring
	// it back.
	Delivered(l Delivery)
	// UpdateQueue stores when the queue is due and how often it failed, or removes it
	// if it is empty.
	UpdateQueue(ctx context.Context, s Queue) error
	// MoveToDeadLetters moves a hook's deliveries queued before the time, and
	// returns how many; an empty execution means all of them.
	MoveToDeadLetters(ctx context.Context, hook ID, x record.ExecutionID, before time.Time, reason string) (int, error)
	// RetryNow makes all queues of a hook due at once.
	RetryNow(ctx context.Context, hook ID) error
	// DeadLetters returns a hook's dead letters, the newest first, at most limit, and the
	// cursor of what follows, "" at the end. It returns record.ErrBadCursor.
	DeadLetters(ctx context.Context, hook ID, cursor string, limit int) ([]DeadLetter, string, error)
	// Redeliver puts a dead letter back among those to be sent, and gives it
	// another day; an empty id means all of the hook. It returns how many there
	// were, or ErrNoHook, or ErrNoDeadLetter if there is none of this id.
	Redeliver(ctx context.Context, hook ID, id string) (int, error)
}
