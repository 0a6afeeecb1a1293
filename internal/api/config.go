package api

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"ringflow/flowengine"
	"ringflow/internal/auth"
)

// Config is what the API works with. Fields without a remark are required.
type Config struct {
	Issuer     Issuer
	Flows      Flows
	Executions Executions
	// Rate returns how often the account may start interactions. nil: DefaultRate
	// for every account.
	Rate func(account string) Rate
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

// DefaultMaxBody is the largest request body in bytes where no other is set.
const DefaultMaxBody = 65_536

// Issuer issues and verifies tokens. It is satisfied by auth.Issuer.
type Issuer interface {
	Token(ctx context.Context, r auth.Request) (auth.Token, error)
	Verify(ctx context.Context, bearer string) (auth.Principal, error)
}

// Flows starts interactions. It is satisfied by flowengine.Engine.
type Flows interface {
	Start(ctx context.Context, t flowengine.Trigger) (flowengine.Execution, error)
}

// Executions shows what became of them. It is satisfied by store.Store.
type Executions interface {
	// History returns flowengine.ErrNoExecution if the account has none of this id.
	History(ctx context.Context, account string, id flowengine.ExecutionID) (flowengine.History, error)
	// Repeated returns what the account started under the key in the last
	// flowengine.OnceLife, flowengine.ErrNoExecution if nothing.
	Repeated(ctx context.Context, account, key string) (flowengine.Execution, error)
}

// filled returns the config with its defaults.
func (c Config) filled() Config {
	if c.Rate == nil {
		c.Rate = func(string) Rate { return DefaultRate }
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
