package api

import (
	"cmp"
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
	// ReportJobs keeps reports that were asked for. nil: none can be.
	ReportJobs ReportJobs
	// Resources are what accounts keep under names. nil: nothing can be kept.
	Resources Resources
	// Webhooks shows what webhooks did not take. nil: there are none.
	Webhooks Webhooks
	// Account returns what the configuration says of an account. nil: nothing.
	Account func(account string) Account
	// Prompts shows and changes stored prompts. nil: there are none.
	Prompts Prompts
	// Legs ends legs. nil: there are none.
	Legs Legs
	// EventFeed follows all executions of an account. nil: they cannot be followed.
	EventFeed EventFeed
	// Streams is how many event streams may be open at once, 0: DefaultStreams.
	// AccountStreams is an account's share of them, nil: DefaultAccountStreams.
	Streams        int
	AccountStreams func(account string) int
	// Trunks returns the account's trunks with their state. nil: there are none to show.
	Trunks func(account string) []call.TrunkState
	// Numbers returns the account's own numbers. nil: there are none to show.
	Numbers func(account string) []string
	// Check finds what is wrong with a definition, as the account could run it.
	// nil: that it can be read is all that is checked.
	Check func(account string, definition []byte) []flowfile.Problem
	// CheckSpeech is Check that also renders what the flow says, which may take seconds:
	// before it is published, and where somebody asks. nil: Check is asked.
	CheckSpeech func(account string, definition []byte) []flowfile.Problem
	// Publishing is held, of an account, for reading by whoever checks a flow and then
	// publishes it, and for writing while the API looks at what uses a prompt or a
	// resource and then deletes it. nil: nobody but the API publishes.
	Publishing *keyed.RWMutex
	// Components are those that flows are made of. nil: there are none to show.
	Components []flowfile.Component
	// Rate returns how often the account may start interactions. nil: DefaultRate
	// for every account.
	Rate func(account string) Rate
	// ClientRate returns how often a client may start interactions, besides the
	// account's rate. nil: there is no limit of a client's own.
	ClientRate func(client string) Rate
	// FlowFile names the configuration's file that a flow, named in canonical form,
	// comes from; "" if it comes from none. Without it, none does.
	FlowFile func(account, flowID string) string
	// MayStart reports whether a client may start a flow, named in canonical form.
	// nil: all that its account has.
	MayStart func(client, flowID string) bool
	// MaxBody is the largest request body in bytes. 0: 65,536.
	MaxBody int64
	// Ready says why no new work can be taken, nil if it can. nil: always ready.
	Ready func() error
	// Metrics is what /metrics shows; the API adds its own collectors to it. nil:
	// a registry of its own.
	Metrics *prometheus.Registry
	Log     *slog.Logger // nil: discarded
}

// Rate is a token bucket.
type Rate struct {
	PerSecond float64 // 0: no limit
	Burst     int     // 0: PerSecond rounded up
}

// DefaultRate is the original's limit.
var DefaultRate = Rate{PerSecond: 2, Burst: 2}

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
// methods answer for one account, and as if nobody else had any.
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
	// Published returns the version that a start of the flow runs, record.ErrNoFlow
	// or record.ErrNotPublished. The id may be an alias.
	Published(ctx context.Context, account, flowID string) (record.Version, error)
	// FlowVersions returns all versions of a flow, the newest first, or
	// record.ErrNoFlow.
	FlowVersions(ctx context.Context, account, flowID string) ([]record.Version, error)
	// Version returns any version by its id, or record.ErrNoFlow.
	Version(ctx context.Context, id string) (record.Version, error)
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

// filled returns the config with its defaults.
func (c Config) filled() Config {
	if c.Resources == nil {
		c.Resources = noResources{}
	}
	if c.Account == nil {
		c.Account = func(string) Account { return Account{} }
	}
	if c.Webhooks == nil {
		c.Webhooks = noWebhooks{}
	}
	if c.ReportJobs == nil {
		c.ReportJobs = noReportJobs{}
	}
	if c.Prompts == nil {
		c.Prompts = noPrompts{}
	}
	if c.Legs == nil {
		c.Legs = noLegs{}
	}
	if c.EventFeed == nil {
		c.EventFeed = noNews{}
	}
	c.Streams = cmp.Or(c.Streams, DefaultStreams)
	if c.AccountStreams == nil {
		c.AccountStreams = func(string) int { return DefaultAccountStreams }
	}
	if c.Trunks == nil {
		c.Trunks = func(string) []call.TrunkState { return nil }
	}
	if c.Numbers == nil {
		c.Numbers = func(string) []string { return nil }
	}
	if c.Check == nil {
		c.Check = func(_ string, definition []byte) []flowfile.Problem {
			if _, err := flowfile.Parse("", definition); err != nil {
				return flowfile.Problems(err)
			}
			return nil
		}
	}
	if c.CheckSpeech == nil {
		c.CheckSpeech = c.Check
	}
	if c.Publishing == nil {
		c.Publishing = new(keyed.RWMutex)
	}
	if c.Rate == nil {
		c.Rate = func(string) Rate { return DefaultRate }
	}
	if c.ClientRate == nil {
		c.ClientRate = func(string) Rate { return Rate{} }
	}
	if c.FlowFile == nil {
		c.FlowFile = func(string, string) string { return "" }
	}
	if c.MayStart == nil {
		c.MayStart = func(string, string) bool { return true }
	}
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Ready == nil {
		c.Ready = func() error { return nil }
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
