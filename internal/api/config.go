package api

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/auth"
	"ringflow/internal/call"
	"ringflow/internal/keyed"
)

// Config is what the API works with. Fields without a remark are required.
type Config struct {
	Issuer Issuer
	// URL is where clients reach the API, without a slash at its end. "": at the
	// address that it listens at.
	URL        string
	Flows      Flows
	Executions Executions
	Versions   Versions
	ReportJobs ReportJobs
	Resources  Resources
	Webhooks   Webhooks
	// Account returns what the configuration says of an account.
	Account   func(account string) Account
	Prompts   Prompts
	Legs      Legs
	Traces    Traces
	EventFeed EventFeed
	// Streams is how many event streams may be open at once, 0: DefaultStreams.
	// AccountStreams is an account's share of them.
	Streams        int
	AccountStreams func(account string) int
	// Trunks returns the account's trunks with their state, Numbers its own numbers.
	Trunks func(account string) []call.TrunkState
	// Choices says which trunks a call from one number to another may take; an error: it may not
	// be made. An empty from is any.
	Choices func(account, from, to string) ([]call.TrunkChoice, error)
	Numbers func(account string) []string
	// Check finds what is wrong with a definition, as the account could run it.
	// CheckSpeech also renders what the flow says, which may take seconds: before it is
	// published, and where a client asks.
	Check, CheckSpeech func(account string, definition []byte) []flowfile.Problem
	// Publishing is locked, for an account, for reading while a flow is checked and then
	// published, and for writing while the API finds what uses a prompt or a resource
	// and then deletes it.
	Publishing *keyed.RWMutex
	// Components are those that flows are made of.
	Components []flowfile.Component
	// Rate returns how often the account may start interactions, ClientRate how often a
	// client may, besides.
	Rate       func(account string) Rate
	ClientRate func(client string) Rate
	// FlowFile names the configuration's file that a flow, named in canonical form,
	// comes from; "" if it comes from none.
	FlowFile func(account, flowID string) string
	// MayStart reports whether a client may start a flow, named in canonical form.
	MayStart func(client, flowID string) bool
	// MaxBody is the largest request body in bytes. 0: DefaultMaxBody.
	MaxBody int64
	// Ready says why no new work can be taken, nil if it can.
	Ready func() error
	// Metrics is what /metrics shows; the API adds its own collectors to it.
	Metrics *prometheus.Registry
	Log     *slog.Logger
}

// Rate is a token bucket.
type Rate struct {
	PerSecond float64 // 0: no limit
	Burst     int     // 0: PerSecond rounded up
}

// DefaultURL is where clients of this machine reach an API that nothing else is
// configured for.
const DefaultURL = "http://127.0.0.1:8080"

// DefaultMaxBody is the largest request body in bytes where no other is set.
const DefaultMaxBody = 65_536

// Issuer issues and verifies tokens. It is satisfied by auth.Issuer.
type Issuer interface {
	Token(ctx context.Context, r auth.Request) (auth.Token, error)
	Verify(ctx context.Context, bearer string) (auth.Principal, error)
	// Remembers reports whether Verify needs no query for the token.
	Remembers(bearer string) bool
	// TakesFormSecret reports whether a secret in the body of the request is taken.
	TakesFormSecret() bool
}

// Flows starts interactions and stops them. It is satisfied by
// flowengine.Engine.
type Flows interface {
	Start(ctx context.Context, t flowengine.Trigger) (record.Execution, error)
	// Cancel returns record.ErrNoExecution if none of this id runs or waits for
	// the account. When it returns nil, no restart undoes it.
	Cancel(ctx context.Context, account string, id record.ExecutionID) error
	// ArgumentWarnings tells of those arguments of the trigger that the execution's version takes
	// otherwise than its sender may expect.
	ArgumentWarnings(ctx context.Context, x record.Execution, t flowengine.Trigger) ([]flowfile.FieldError, error)
}

// Executions shows what became of them. It is satisfied by store.Store. All
// methods are of one account and show nothing of others.
type Executions interface {
	// History returns record.ErrNoExecution if the account has none of this id.
	History(ctx context.Context, account string, id record.ExecutionID) (record.History, error)
	// HistoryAfter is History with the events after the one with the number seq
	// alone, and without variables.
	HistoryAfter(ctx context.Context, account string, id record.ExecutionID, seq int) (record.History, error)
	// Repeated returns what the account started under the key in the last
	// record.IdempotencyKeyLifetime, record.ErrNoExecution if nothing.
	Repeated(ctx context.Context, account, key string) (record.Execution, error)
	// List returns executions without their journals, the newest first, and the
	// cursor of what follows, "" at the end. It returns record.ErrBadCursor.
	List(ctx context.Context, account string, f record.Filter, cursor string, limit int) ([]record.History, string, error)
	// Each calls yield with every execution, the oldest first.
	Each(ctx context.Context, account string, f record.Filter, yield func(record.History) error) error
	// Watch returns a channel that receives when something new of the execution
	// can be read.
	Watch(id record.ExecutionID) (changed <-chan struct{}, stop func())
}

// Versions shows what flows there are. It is satisfied by store.Store.
type Versions interface {
	flowengine.Versions
	// Flows returns the published version of each of the account's flows.
	Flows(ctx context.Context, account string) ([]record.Version, error)
	// Drafts returns the draft of each of the account's flows that has one.
	Drafts(ctx context.Context, account string) ([]record.Version, error)
	// FlowID returns the id of the flow that a name, an id or an alias, leads to, that
	// of a deleted flow of which executions are kept, or record.ErrNoFlow.
	FlowID(ctx context.Context, account, name string) (string, error)
	// FlowNames returns ids and aliases of the account's flows, at most limit of them.
	FlowNames(ctx context.Context, account string, limit int) ([]string, error)
	// FlowsAfter returns the account's flows by id, those after the id after, at most
	// limit, and whether there are more. Definitions are left out but for drafts.
	FlowsAfter(ctx context.Context, account, after string, limit int) (_ []record.FlowState, more bool, err error)
	// VersionsBefore returns versions of a flow, the newest first, those with a
	// number below before, at most limit, without their definitions, and whether
	// there are more. It returns record.ErrNoFlow if the flow has no version.
	VersionsBefore(ctx context.Context, account, flowID string, before, limit int) (_ []record.Version, more bool, err error)
	// FlowVersions returns all versions of a flow, the newest first, or
	// record.ErrNoFlow.
	FlowVersions(ctx context.Context, account, flowID string) ([]record.Version, error)
	// Draft returns a flow's draft, or record.ErrNoDraft.
	Draft(ctx context.Context, account, flowID string) (record.Version, error)
	// SaveDraft asks match, if it is not nil, whether the draft that is there, nil
	// for none, may be replaced, and returns its error. Nothing comes between.
	SaveDraft(ctx context.Context, account, flowID string, definition []byte, match func(draft []byte) error) (record.Version, error)
	// PublishDraft returns record.ErrNoDraft, or record.ErrChanged if the
	// draft is no longer expect.
	PublishDraft(ctx context.Context, account, flowID string, expect []byte) (record.Version, error)
	// DiscardDraft returns record.ErrNoDraft, and otherwise asks match as
	// SaveDraft does.
	DiscardDraft(ctx context.Context, account, flowID string, match func(draft []byte) error) error
	// Unpublish archives a flow's published version. It returns record.ErrNoFlow
	// or record.ErrNotPublished.
	Unpublish(ctx context.Context, account, flowID string) (record.Version, error)
	// DeleteFlow removes a flow with all its versions. It returns record.ErrNoFlow,
	// or a *record.InUseError while executions of it have not ended.
	DeleteFlow(ctx context.Context, account, flowID string) error
	// Publish makes a definition a flow's published version.
	Publish(ctx context.Context, account, flowID string, definition []byte) (record.Version, error)
}
