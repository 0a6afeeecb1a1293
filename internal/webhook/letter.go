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
	// ErrNoLetter: there is no dead letter of this id.
	ErrNoLetter = errors.New("dead letter not found")
)

// Letter is one event on its way to one hook.
type Letter struct {
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
func (l *Letter) ID() string { return LetterID(l.Execution, l.Seq) }

// LetterID names an event of an execution.
func LetterID(x record.ExecutionID, seq int) string { return fmt.Sprintf("%s.%d", x, seq) }

// DeadLetter is one that was given up.
type DeadLetter struct {
	Letter
	Died   time.Time
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

// Write makes the letter that tells a hook of an event of the execution.
func Write(hook ID, x record.Execution, e record.Event, now time.Time) (Letter, error) {
	body, err := json.Marshal(Envelope{
		ID: LetterID(x.ID, e.Seq), Type: e.Kind, Sequence: e.Seq, Account: x.Account, FlowID: x.FlowID, FlowVersionID: x.VersionID,
		FlowExecutionID: x.ID, InteractionID: x.InteractionID, Event: e,
	})
	if err != nil {
		return Letter{}, fmt.Errorf("write letter %s: %w", LetterID(x.ID, e.Seq), err)
	}
	return Letter{Hook: hook, Execution: x.ID, Seq: e.Seq, Kind: e.Kind, Body: body, Since: now}, nil
}

// Stream is what waits of one execution for one hook. Its letters leave one
// after the other.
type Stream struct {
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
	// Streams returns a hook's streams, those due first, at most limit.
	Streams(ctx context.Context, hook ID, limit int) ([]Stream, error)
	// Letters returns the first letters of a stream in their order, at most limit.
	Letters(ctx context.Context, s Stream, limit int) ([]Letter, error)
	// Delivered removes a letter. It does not wait for the disk; a crash may bring
	// the letter back.
	Delivered(l Letter)
	// Settle writes when the stream is due and how often it failed, or removes it
	// if no letter is left.
	Settle(ctx context.Context, s Stream) error
	// Bury makes dead letters of a hook's letters that came before the time, and
	// returns how many; an empty execution means all of them.
	Bury(ctx context.Context, hook ID, x record.ExecutionID, before time.Time, reason string) (int, error)
	// Hasten makes all streams of a hook due at once.
	Hasten(ctx context.Context, hook ID) error
	// Dead returns a hook's dead letters, the newest first, at most limit, and the
	// cursor of what follows, "" at the end. It returns record.ErrBadCursor.
	Dead(ctx context.Context, hook ID, cursor string, limit int) ([]DeadLetter, string, error)
	// Redeliver puts a dead letter back among those to be sent, and gives it
	// another day; an empty id means all of the hook. It returns how many there
	// were, or ErrNoHook, or ErrNoLetter if there is none of this id.
	Redeliver(ctx context.Context, hook ID, id string) (int, error)
}
