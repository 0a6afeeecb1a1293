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

// Delivery is one event on its way to one hook.
type Delivery struct {
	No   int64 // its place in the outbox
	Hook ID
	// Execution and Seq, the event's number in its journal, name the event.
	Execution record.ExecutionID
	Seq       int
	Kind      record.EventKind
	Body      []byte    // what is posted, the same at each attempt
	Since     time.Time // when it came into the outbox
}

// ID is the same at every attempt, and no two events of a hook share it.
func (l *Delivery) ID() string { return DeliveryID(l.Execution, l.Seq) }

// DeliveryID names an event of an execution.
func DeliveryID(x record.ExecutionID, seq int) string { return fmt.Sprintf("%s.%d", x, seq) }

// DeadLetter is one that was given up.
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

// NewDelivery returns the delivery that informs a hook of an event of the execution.
func NewDelivery(hook ID, x record.Execution, e record.Event, now time.Time) (Delivery, error) {
	body, err := json.Marshal(Envelope{
		ID: DeliveryID(x.ID, e.Seq), Type: e.Kind, Sequence: e.Seq, Account: x.Account, FlowID: x.FlowID, FlowVersionID: x.VersionID,
		FlowExecutionID: x.ID, InteractionID: x.InteractionID, Event: e,
	})
	if err != nil {
		return Delivery{}, fmt.Errorf("write letter %s: %w", DeliveryID(x.ID, e.Seq), err)
	}
	return Delivery{Hook: hook, Execution: x.ID, Seq: e.Seq, Kind: e.Kind, Body: body, Since: now}, nil
}

// Queue is what waits of one execution for one hook. Its letters leave one
// after the other.
type Queue struct {
	Hook      ID
	Execution record.ExecutionID
	Due       time.Time // when its first letter may be sent
	Attempts  int       // that failed since one succeeded
}

// Outbox keeps letters until they have arrived. It survives a crash. Its
// methods may be called by several goroutines.
type Outbox interface {
	// Subscribe makes the hooks the only ones whose letters are written from now
	// on. What waits for any other is given up. posted is called whenever
	// something new can be sent to a hook; it must not block.
	Subscribe(ctx context.Context, hooks []Hook, posted func(ID)) error
	// Queues returns a hook's streams, those due first, at most limit.
	Queues(ctx context.Context, hook ID, limit int) ([]Queue, error)
	// Deliveries returns the first letters of a stream in their order, at most limit.
	Deliveries(ctx context.Context, s Queue, limit int) ([]Delivery, error)
	// Delivered removes a letter. It does not wait for the disk; a crash may bring
	// the letter back.
	Delivered(l Delivery)
	// UpdateQueue writes when the stream is due and how often it failed, or removes it
	// if no letter is left.
	UpdateQueue(ctx context.Context, s Queue) error
	// MoveToDeadLetters makes dead letters of a hook's letters that came before the time, and
	// returns how many; an empty execution means all of them.
	MoveToDeadLetters(ctx context.Context, hook ID, x record.ExecutionID, before time.Time, reason string) (int, error)
	// RetryNow makes all streams of a hook due at once.
	RetryNow(ctx context.Context, hook ID) error
	// DeadLetters returns a hook's dead letters, the newest first, at most limit, and the
	// cursor of what follows, "" at the end. It returns record.ErrBadCursor.
	DeadLetters(ctx context.Context, hook ID, cursor string, limit int) ([]DeadLetter, string, error)
	// Redeliver puts a dead letter back among those to be sent, and gives it
	// another day; an empty id means all of the hook. It returns how many there
	// were, or ErrNoHook, or ErrNoDeadLetter if there is none of this id.
	Redeliver(ctx context.Context, hook ID, id string) (int, error)
}
