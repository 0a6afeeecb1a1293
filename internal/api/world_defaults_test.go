package api_test

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/api"
	"ringflow/internal/call"
	"ringflow/internal/keyed"
	"ringflow/internal/prompt"
	"ringflow/internal/resource"
	"ringflow/internal/trace"
	"ringflow/internal/webhook"
	"ringflow/numbers"
)

// withDefaults returns the config with what a test does not set: nothing is stored,
// nothing is limited.
func withDefaults(c api.Config) api.Config {
	if c.Resources == nil {
		c.Resources = noResources{}
	}
	if c.Account == nil {
		c.Account = func(string) api.Account { return api.Account{} }
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
	if c.Traces == nil {
		c.Traces = (*trace.Recorder)(nil)
	}
	if c.Legs == nil {
		c.Legs = noLegs{}
	}
	if c.EventFeed == nil {
		c.EventFeed = noEventFeed{}
	}
	if c.AccountStreams == nil {
		c.AccountStreams = func(string) int { return 100 }
	}
	if c.Trunks == nil {
		c.Trunks = func(string) []call.TrunkState { return nil }
	}
	if c.Choices == nil {
		c.Choices = func(_, _, to string) ([]call.TrunkChoice, error) {
			_, err := numbers.Parse(to, "")
			return nil, err
		}
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
		c.Rate = func(string) api.Rate { return api.Rate{PerSecond: 2, Burst: 2} }
	}
	if c.ClientRate == nil {
		c.ClientRate = func(string) api.Rate { return api.Rate{} }
	}
	if c.FlowFile == nil {
		c.FlowFile = func(string, string) string { return "" }
	}
	if c.MayStart == nil {
		c.MayStart = func(string, string) bool { return true }
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	return c
}

// noLegs is an API without legs.
type noLegs struct{}

func (noLegs) HangUp(string, record.ExecutionID, string) int { return 0 }

// noEventFeed is an API that nobody can follow.
type noEventFeed struct{}

func (noEventFeed) CursorAfter(context.Context, string, string) (record.Cursor, error) {
	return record.Cursor{}, record.ErrUnavailable
}
func (noEventFeed) OldestCursor(context.Context) (record.Cursor, error) {
	return record.Cursor{}, record.ErrUnavailable
}
func (noEventFeed) Events(context.Context, string, string, record.Cursor) ([]record.FeedEvent, record.Cursor, error) {
	return nil, record.Cursor{}, record.ErrUnavailable
}
func (noEventFeed) EventsOfAccounts(context.Context, record.Cursor, func(string) bool) ([]record.FeedEvent, record.Cursor, error) {
	return nil, record.Cursor{}, record.ErrUnavailable
}
func (noEventFeed) WatchAll() (<-chan struct{}, func()) { return nil, func() {} }

// noPrompts is what an API without prompts shows.
type noPrompts struct{}

func (noPrompts) List(string) []prompt.Info { return nil }
func (noPrompts) Create(string, string, []byte) (prompt.Info, error) {
	return prompt.Info{}, record.ErrUnavailable
}
func (noPrompts) Replace(string, string, []byte) (prompt.Info, error) {
	return prompt.Info{}, prompt.ErrNotFound
}
func (noPrompts) Delete(string, string) error { return prompt.ErrNotFound }

// noReportJobs is an API that cannot keep any.
type noReportJobs struct{}

func (noReportJobs) AddReportJob(context.Context, record.ReportJob) error {
	return fmt.Errorf("report jobs are not kept: %w", record.ErrUnavailable)
}
func (noReportJobs) ReportJob(context.Context, string, string) (record.ReportJob, error) {
	return record.ReportJob{}, record.ErrNoReportJob
}
func (noReportJobs) ReportJobs(context.Context, string, int, int) ([]record.ReportJob, int, error) {
	return nil, 0, nil
}
func (noReportJobs) DeleteReportJob(context.Context, string, string) error {
	return record.ErrNoReportJob
}

// noResources is what an API without resources shows.
type noResources struct{}

func (noResources) List(string, string, string, int) ([]resource.Item, bool) { return nil, false }
func (noResources) Get(resource.Key) (resource.Item, error) {
	return resource.Item{}, resource.ErrNotFound
}
func (noResources) Put(context.Context, resource.Key, any, resource.Precondition) (resource.Item, bool, error) {
	return resource.Item{}, false, record.ErrUnavailable
}
func (noResources) Delete(context.Context, resource.Key, resource.Precondition) error {
	return resource.ErrNotFound
}
func (noResources) RotateSecret(context.Context, string, string, resource.Precondition) (resource.Item, error) {
	return resource.Item{}, resource.ErrNotFound
}
func (noResources) RetireSecret(context.Context, string, string, resource.Precondition) (resource.Item, error) {
	return resource.Item{}, resource.ErrNotFound
}

// noWebhooks is what an API without webhooks shows.
type noWebhooks struct{}

func (noWebhooks) DeadLetters(context.Context, webhook.ID, string, int) ([]webhook.DeadLetter, string, error) {
	return nil, "", webhook.ErrNoHook
}
func (noWebhooks) Redeliver(context.Context, webhook.ID, string) (int, error) {
	return 0, webhook.ErrNoHook
}
