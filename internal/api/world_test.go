package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/api"
	"ringflow/internal/auth"
	"ringflow/internal/resource"
)

// world is everything behind the API, in memory.
type world struct {
	t       testing.TB
	handler http.Handler
	issuer  *auth.Issuer
	log     *lockedBuffer
	changed chan struct{}
	ready   error

	mu       sync.Mutex
	startErr error
	started  []flowengine.Trigger
	once     map[string]record.Execution
	journal  []record.Event // of execution-1
	over     bool           // execution-1 has ended
	blind    bool
	after    []int            // what HistoryAfter was asked for
	waiting  record.Execution // execution-3, if it has a time
	drafts   map[string]record.Version
	filter   record.Filter
	limit    int
	eachErr  error                                        // ends Each after the last execution
	each     func(yield func(record.History) error) error // in place of Each
	keepErr  error
	tokens   map[auth.TokenHash]auth.TokenRecord
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var unlimited = func(string) api.Rate { return api.Rate{} }

func newWorld(t testing.TB, change func(*api.Config)) *world {
	w := &world{t: t, log: new(lockedBuffer), changed: make(chan struct{}, 1), tokens: map[auth.TokenHash]auth.TokenRecord{}, once: map[string]record.Execution{}, drafts: map[string]record.Version{}}
	client := func(id, account string, scopes ...string) auth.Client {
		return auth.Client{ID: id, Account: account, Scopes: scopes, Secrets: []*auth.SecretHash{auth.HashOf(id + "-secret")}}
	}
	list := auth.ClientList{}
	for _, c := range []auth.Client{
		client("acceptance", "acme", auth.ScopeStart, auth.ScopeFlowsRead, auth.ScopeFlows),
		client("starter", "acme", auth.ScopeStart),
		client("reader", "acme", auth.ScopeFlowsRead),
		client("nothing", "acme"),
		client("prompts-reader", "acme", "prompts:read"),
		client("prompts-writer", "acme", "prompts:write"),
		client("prompts-remover", "acme", "prompts:delete"),
		client("reporter", "acme", "data-reports:read", "data-reports:write"),
		client("other-reporter", "other", "data-reports:read", "data-reports:write"),
		client("stranger", "other", auth.ScopeStart, auth.ScopeFlowsRead),
		client("everything", "acme", auth.Scopes()...),
		client("keeper", "acme", auth.ScopeFlows, auth.ScopeResourcesRead, auth.ScopeResources),
		client("foreign-keeper", "other", auth.ScopeResources, auth.ScopeFlowsRead),
	} {
		list[c.ID] = c
	}
	w.issuer = auth.NewIssuer(auth.IssuerConfig{Clients: list, Tokens: w})
	config := api.Config{
		Issuer: w.issuer, Flows: w, Executions: w, Versions: w, ReportJobs: &jobs{}, Resources: openRegistry(t, &resourceMemory{records: map[resource.Key]resource.Record{}}), Rate: unlimited,
		Numbers: func(account string) []string {
			if account == "acme" {
				return []string{"+12025550100"}
			}
			return nil
		},
		Components: components.All(),
		Ready:      func() error { return w.ready }, Log: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	if change != nil {
		change(&config)
	}
	w.handler = api.New(withDefaults(config))
	return w
}

// token returns an access token of the client.
func (w *world) token(client string) string {
	w.t.Helper()
	token, err := w.issuer.Token(context.Background(), auth.Request{
		GrantType: "client_credentials", Basic: &auth.Basic{User: client, Password: client + "-secret"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return token.Access
}

// do sends a request as the client; without one, without a token.
func (w *world) do(method, path, client, body string, header ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if client != "" {
		r.Header.Set("Authorization", "Bearer "+w.token(client))
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	conforms(w.t, w.handler, r.Method, r.URL.EscapedPath(), answer)
	return answer
}

// Start implements api.Flows: it knows the flows installation-help, draft and
// 0f3c9a52d1b84e6fa7c2583be9d01746 of acme.
func (w *world) Start(_ context.Context, t flowengine.Trigger) (record.Execution, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.startErr != nil {
		return record.Execution{}, w.startErr
	}
	switch {
	case t.Account != "acme":
		return record.Execution{}, record.ErrNoFlow
	case t.FlowID == "draft":
		return record.Execution{}, record.ErrNotPublished
	case t.FlowID == "panic":
		panic("secret panic")
	case t.FlowID != "installation-help" && t.FlowID != "0f3c9a52d1b84e6fa7c2583be9d01746":
		return record.Execution{}, record.ErrNoFlow
	case t.NonText["contact_1"] != "":
		return record.Execution{}, &flowengine.ArgumentError{Fields: []flowfile.FieldError{{Name: "contact_1", Description: "must be text, is " + t.NonText["contact_1"]}}}
	}
	x := record.Execution{ID: "execution-1", InteractionID: "interaction-1", VersionID: "version-1", IdempotencyKey: t.IdempotencyKey}
	if t.IdempotencyKey.Key != "" {
		if first, used := w.once[t.Account+" "+t.IdempotencyKey.Key]; used {
			return record.Execution{}, fmt.Errorf("accept: %w", &record.RepeatedError{First: first})
		}
		x.ID = record.ExecutionID(fmt.Sprintf("keyed-%d", len(w.once)))
		w.once[t.Account+" "+t.IdempotencyKey.Key] = x
	}
	w.started = append(w.started, t)
	return x, nil
}

// Repeated implements api.Executions. It is blind when a test wants two
// triggers to race.
func (w *world) Repeated(_ context.Context, account, key string) (record.Execution, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if x, used := w.once[account+" "+key]; used && !w.blind {
		return x, nil
	}
	return record.Execution{}, record.ErrNoExecution
}

// History implements api.Executions: acme has execution-1, which is running,
// and execution-2, which has finished.
func (w *world) History(_ context.Context, account string, id record.ExecutionID) (record.History, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if waits := w.waiting; account == "acme" && id == "execution-3" && !waits.StartAt.IsZero() {
		waits.ID = id
		return record.History{Execution: waits, Status: record.StatusAccepted}, nil
	}
	if account != "acme" || id != "execution-1" && id != "execution-2" {
		return record.History{}, record.ErrNoExecution
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("CET", 3600))
	h := record.History{
		Execution: record.Execution{ID: id, InteractionID: "interaction-1", Account: account, FlowID: "play", VersionID: "version-1", AcceptedAt: at},
		Status:    record.StatusRunning, StartedAt: at,
		Events: []record.Event{
			{Seq: 1, At: at, Kind: record.StepEntered, Step: "call", Component: "make_outbound_call"},
		},
	}
	if id == "execution-1" {
		h.Events = append(h.Events, w.journal...)
		if w.over {
			h.Status, h.FinishedAt = record.StatusFinished, at.Add(time.Second)
		}
		return h, nil
	}
	leg := &record.LegEvent{ID: "1", Party: "contact", From: "+12025550100", To: "+12025550143"}
	gone := *leg
	gone.EndedBy, gone.Audio = "contact", audio()
	h.Status, h.FinishedAt, h.Variables = record.StatusFinished, at.Add(2*time.Second), map[string]string{"digits": "12"}
	for ms, e := range []record.Event{
		100:  {Kind: record.LegDialling, Leg: leg},
		300:  {Kind: record.LegRinging, Leg: leg},
		1400: {Kind: record.LegEnded, Leg: &gone},
		1500: {Kind: record.StepLeft, Step: "call", Component: "make_outbound_call", Exit: flowfile.ExitBusy, SIP: &record.SIPResult{Code: 486, Reason: "Busy Here", Cause: 17, Trunk: "main"}},
		2000: {Kind: record.StepEntered, Step: "hang_up", Component: "end_flow"},
		2001: {Kind: record.StepLeft, Step: "hang_up", Component: "end_flow", Exit: flowfile.ExitError, Detail: "the contact hung up", Error: "broken"},
	} {
		if e.Kind != "" {
			e.Seq, e.At = len(h.Events)+1, at.Add(time.Duration(ms)*time.Millisecond)
			h.Events = append(h.Events, e)
		}
	}
	return h, nil
}

// HistoryAfter implements api.Executions.
func (w *world) HistoryAfter(ctx context.Context, account string, id record.ExecutionID, seq int) (record.History, error) {
	h, err := w.History(ctx, account, id)
	h.Events = slices.DeleteFunc(h.Events, func(e record.Event) bool { return e.Seq <= seq })
	w.mu.Lock()
	defer w.mu.Unlock()
	w.after = append(w.after, seq)
	return h, err
}

// happen adds to the journal of execution-1 and tells those who watch.
func (w *world) happen(over bool, events ...record.Event) {
	w.mu.Lock()
	w.journal, w.over = append(w.journal, events...), over
	w.mu.Unlock()
	w.changed <- struct{}{}
}

// ArgumentWarnings implements api.Flows: every flow declares contact_1 and contact_2, telephone
// numbers.
func (w *world) ArgumentWarnings(_ context.Context, _ record.Execution, t flowengine.Trigger) (all []flowfile.FieldError, _ error) {
	for _, names := range []map[string]string{t.Arguments, t.NonText} {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			switch {
			case name != "contact_1" && name != "contact_2":
				all = append(all, flowfile.FieldError{Name: name, Description: "the flow declares no such argument, and does not use it"})
			case t.Unquoted[name] != "":
				all = append(all, flowfile.FieldError{Name: name, Description: "is " + t.Unquoted[name] + " in JSON"})
			}
		}
	}
	return all, nil
}

// Cancel implements api.Flows.
func (w *world) Cancel(_ context.Context, account string, id record.ExecutionID) error {
	if account != "acme" || id != "execution-1" {
		return record.ErrNoExecution
	}
	return nil
}

// List implements api.Executions: execution-2 on the first page, execution-1 on
// the second.
func (w *world) List(ctx context.Context, account string, f record.Filter, cursor string, limit int) ([]record.History, string, error) {
	if cursor != "" && cursor != "c" {
		return nil, "", record.ErrBadCursor
	}
	w.filter, w.limit = f, limit
	id, next := record.ExecutionID("execution-2"), "c"
	if !w.waiting.StartAt.IsZero() {
		id = "execution-3"
	}
	if cursor == "c" {
		id, next = "execution-1", ""
	}
	h, err := w.History(ctx, account, id)
	if err != nil {
		return nil, "", nil
	}
	return []record.History{h}, next, nil
}

// Each implements api.Executions.
func (w *world) Each(ctx context.Context, account string, f record.Filter, yield func(record.History) error) error {
	w.filter = f
	if w.each != nil {
		return w.each(yield)
	}
	for _, id := range []record.ExecutionID{"execution-1", "execution-2"} {
		if h, err := w.History(ctx, account, id); err == nil {
			if err := yield(h); err != nil {
				return err
			}
		}
	}
	return w.eachErr
}

// Watch implements api.Executions.
func (w *world) Watch(record.ExecutionID) (<-chan struct{}, func()) {
	return w.changed, func() {}
}

// audio is what became of the sound of execution-2's leg.
func audio() *record.LegAudio {
	mos := 4.33
	return &record.LegAudio{Codec: "PCMA", PacketsSent: 70, Reception: record.ReceptionMeasured, Quality: &record.AudioQuality{
		Received: 104, Lost: 1, Duplicated: 5, OutOfOrder: 2, Late: 0, Short: 3, LossPercent: 1, JitterMS: 1.5, JitterMaxMS: 7.25, MOS: &mos,
	}}
}

// version is the one version of the one flow of acme.
func version() record.Version {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return record.Version{ID: "version-1", FlowID: "play", Account: "acme", Number: 1, Status: record.Published, CreatedAt: at, PublishedAt: at,
		Definition: []byte("name: Play it\ntrigger: {component: api_request}\nstart: call\nsteps:\n  call: {component: make_outbound_call, title: Call them}\n  hang_up: {component: end_flow}\n")}
}

// Flows implements api.Versions.
func (w *world) Flows(_ context.Context, account string) ([]record.Version, error) {
	if account != "acme" {
		return nil, nil
	}
	return []record.Version{version()}, nil
}

// FlowID implements api.Versions: play is called legacy, too, and gone was deleted.
func (w *world) FlowID(_ context.Context, account, name string) (string, error) {
	if _, drafted := w.drafts[account+" "+name]; drafted {
		return name, nil
	}
	id := map[string]string{"play": "play", "legacy": "play", "gone": "gone", "installation-help": "installation-help"}[name]
	if account != "acme" || id == "" {
		return "", record.ErrNoFlow
	}
	return id, nil
}

// FlowNames implements api.Versions.
func (w *world) FlowNames(_ context.Context, account string, _ int) ([]string, error) {
	if account != "acme" {
		return nil, nil
	}
	return []string{"installation-help", "legacy", "play"}, nil
}

// FlowsAfter implements api.Versions.
func (w *world) FlowsAfter(ctx context.Context, account, after string, limit int) (page []record.FlowState, more bool, _ error) {
	all := map[string]record.FlowState{}
	drafts, _ := w.Drafts(ctx, account)
	for _, v := range drafts {
		all[v.FlowID] = record.FlowState{FlowID: v.FlowID, Draft: &v}
	}
	published, _ := w.Flows(ctx, account)
	for _, v := range published {
		all[v.FlowID] = record.FlowState{FlowID: v.FlowID, Draft: all[v.FlowID].Draft, Published: &v}
	}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if id > after && len(page) == limit {
			return page, true, nil
		} else if id > after {
			page = append(page, all[id])
		}
	}
	return page, false, nil
}

// VersionsBefore implements api.Versions.
func (w *world) VersionsBefore(ctx context.Context, account, flowID string, before, limit int) ([]record.Version, bool, error) {
	found, err := w.FlowVersions(ctx, account, flowID)
	found = slices.DeleteFunc(found, func(v record.Version) bool { return v.Number >= before })
	if len(found) > limit {
		return found[:limit], true, nil
	}
	return found, false, err
}

// Drafts implements api.Versions.
func (w *world) Drafts(_ context.Context, account string) (out []record.Version, _ error) {
	for _, v := range w.drafts {
		if v.Account == account {
			out = append(out, v)
		}
	}
	return out, nil
}

// FlowVersions implements api.Versions.
func (w *world) FlowVersions(_ context.Context, account, flowID string) ([]record.Version, error) {
	if v, drafted := w.drafts[account+" "+flowID]; drafted && flowID != "play" {
		return []record.Version{v}, nil
	}
	if account != "acme" || flowID != "play" {
		return nil, record.ErrNoFlow
	}
	return []record.Version{version()}, nil
}

// Version implements api.Versions.
func (w *world) Version(_ context.Context, id string) (record.Version, error) {
	for _, v := range w.drafts {
		if v.ID == id {
			return v, nil
		}
	}
	if id != "version-1" {
		return record.Version{}, record.ErrNoFlow
	}
	return version(), nil
}

// Draft implements api.Versions.
func (w *world) Draft(_ context.Context, account, flowID string) (record.Version, error) {
	v, there := w.drafts[account+" "+flowID]
	if !there {
		return v, record.ErrNoDraft
	}
	return v, nil
}

// SaveDraft implements api.Versions.
func (w *world) SaveDraft(_ context.Context, account, flowID string, definition []byte, match func([]byte) error) (record.Version, error) {
	v := w.drafts[account+" "+flowID]
	if match != nil {
		if err := match(v.Definition); err != nil {
			return v, fmt.Errorf("save draft: %w", err)
		}
	}
	v = record.Version{ID: "draft-1", FlowID: flowID, Account: account, Number: 2, Status: record.Draft, Definition: definition}
	w.drafts[account+" "+flowID] = v
	return v, nil
}

// PublishDraft implements api.Versions.
func (w *world) PublishDraft(_ context.Context, account, flowID string, expect []byte) (record.Version, error) {
	v := w.drafts[account+" "+flowID]
	if string(expect) != string(v.Definition) {
		return v, record.ErrChanged
	}
	delete(w.drafts, account+" "+flowID)
	v.Status = record.Published
	return v, nil
}

// DiscardDraft implements api.Versions.
func (w *world) DiscardDraft(_ context.Context, account, flowID string, match func([]byte) error) error {
	v, there := w.drafts[account+" "+flowID]
	if !there {
		return record.ErrNoDraft
	}
	if err := match(v.Definition); err != nil {
		return fmt.Errorf("discard draft: %w", err)
	}
	delete(w.drafts, account+" "+flowID)
	return nil
}

// Publish implements api.Versions.
func (w *world) Publish(_ context.Context, account, flowID string, definition []byte) (record.Version, error) {
	return record.Version{ID: "version-2", FlowID: flowID, Account: account, Number: 2, Status: record.Published, Definition: definition}, nil
}

// Published implements api.Versions: play is called legacy, too.
func (w *world) Published(_ context.Context, account, flowID string) (record.Version, error) {
	if _, drafted := w.drafts[account+" "+flowID]; drafted && flowID != "play" {
		return record.Version{}, record.ErrNotPublished
	}
	if account != "acme" || flowID != "play" && flowID != "legacy" {
		return record.Version{}, record.ErrNoFlow
	}
	return version(), nil
}

// DeleteFlow implements api.Versions: play runs, and drafts are deleted.
func (w *world) DeleteFlow(_ context.Context, account, flowID string) error {
	key := account + " " + flowID
	if _, drafted := w.drafts[key]; !drafted && key != "acme play" {
		return record.ErrNoFlow
	} else if !drafted {
		return fmt.Errorf("delete flow: %w", &record.InUseError{Executions: 12, Named: []record.ExecutionID{"execution-1", "execution-2"}})
	}
	delete(w.drafts, key)
	return nil
}

func (w *world) Unpublish(_ context.Context, account, flowID string) (record.Version, error) {
	if flowID != "installation-help" || account != "acme" {
		return record.Version{}, record.ErrNoFlow
	}
	return record.Version{ID: "version-1", FlowID: flowID, Account: account, Number: 1, Status: record.Archived}, nil
}

func (w *world) AddToken(_ context.Context, t auth.TokenRecord) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.keepErr != nil {
		return w.keepErr
	}
	w.tokens[t.Hash] = t
	return nil
}

func (w *world) Token(_ context.Context, h auth.TokenHash) (auth.TokenRecord, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, known := w.tokens[h]
	switch {
	case w.keepErr != nil:
		return t, w.keepErr
	case !known:
		return t, auth.ErrNoToken
	}
	return t, nil
}

func (w *world) UseAssertion(context.Context, string, string, time.Time) (bool, error) {
	return false, errors.ErrUnsupported
}

func (w *world) AssertionUsed(context.Context, string, string) (bool, error) {
	return false, errors.ErrUnsupported
}
