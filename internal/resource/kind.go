package resource

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/connection"
	"ringflow/internal/webhook"
)

// Kind is a kind of resource. Its samples are of the types that are written and
// shown, whose json, doc and enum tags describe them.
type Kind struct {
	Name   string // of one, such as connection
	Plural string
	Doc    string // what they are, after "the account's"
	// Settings is what is written, Shown what is shown, List a page of those.
	Settings, Shown, List any
	// References has the environment of a check note the names that a flow uses; nil:
	// flows do not name such resources.
	References func(env *flowfile.Environment, used func(name string))

	behaviour
}

// Consumers are those who work with resources. They are told of every change.
type Consumers struct {
	Connections Connections
	Webhooks    Webhooks
}

// Connections is satisfied by connection.Client.
type Connections interface {
	Set(c connection.Connection) error
	Remove(account, name string)
}

// Webhooks is satisfied by webhook.Dispatcher.
type Webhooks interface {
	Set(ctx context.Context, h webhook.Hook) error
	Remove(ctx context.Context, id webhook.ID)
}

// place is where a resource is to work: what it may be resolved with.
type place struct {
	Key
	// secret returns the value of a secret of the account.
	secret func(name string) (string, bool)
	// secrets lists their names, for a suggestion.
	secrets func() []string
	// private tells whether the account may reach private addresses.
	private bool
}

// behaviour is what a kind does, untyped.
type behaviour interface {
	// look finds what is wrong with what was written and takes long to find.
	look(settings any, understand func(sources []string) []error) error
	// take makes of what was written what is kept; before is nil if there was none.
	take(settings, before any) any
	// read reads what was kept.
	read(text []byte) (any, error)
	// names returns the secrets that it names.
	names(kept any) []string
	// resolve makes of what is kept what works, or says what is wrong with it.
	resolve(p place, kept any) (any, error)
	set(ctx context.Context, u Consumers, resolved any) error
	unset(ctx context.Context, u Consumers, k Key)
	show(f Metadata, kept any) any
	list(items []any, next *string) any
}

// define is a behaviour in the kind's own types: what is written, what is kept,
// what works, what is shown.
type define[W, K, R, S any] struct {
	Look    func(w W, understand func(sources []string) []error) error // nil: nothing takes long
	Take    func(w W, before *K) K
	Names   func(K) []string // nil: it names no secret
	Resolve func(place, K) (R, error)
	Set     func(context.Context, Consumers, R) error // nil: nobody is told
	Unset   func(context.Context, Consumers, Key)
	Show    func(Metadata, K) S
	List    func(items []S, next *string) any
}

func (d define[W, K, R, S]) look(settings any, understand func(sources []string) []error) error {
	if d.Look == nil || understand == nil {
		return nil
	}
	return d.Look(*settings.(*W), understand)
}

func (d define[W, K, R, S]) take(settings, before any) any {
	var b *K
	if before != nil {
		k := before.(K)
		b = &k
	}
	return d.Take(*settings.(*W), b)
}

func (d define[W, K, R, S]) read(text []byte) (any, error) {
	var k K
	err := json.Unmarshal(text, &k)
	return k, err
}

func (d define[W, K, R, S]) names(kept any) []string {
	if d.Names == nil {
		return nil
	}
	return d.Names(kept.(K))
}

func (d define[W, K, R, S]) resolve(p place, kept any) (any, error) { return d.Resolve(p, kept.(K)) }

func (d define[W, K, R, S]) set(ctx context.Context, u Consumers, resolved any) error {
	if d.Set == nil {
		return nil
	}
	return d.Set(ctx, u, resolved.(R))
}

func (d define[W, K, R, S]) unset(ctx context.Context, u Consumers, k Key) {
	if d.Unset != nil {
		d.Unset(ctx, u, k)
	}
}

func (d define[W, K, R, S]) show(f Metadata, kept any) any { return d.Show(f, kept.(K)) }

func (d define[W, K, R, S]) list(items []any, next *string) any {
	typed := []S{}
	for _, i := range items {
		typed = append(typed, i.(S))
	}
	return d.List(typed, next)
}

// Metadata are what is shown of every resource.
type Metadata struct {
	Name      string     `json:"name"`
	Source    string     `json:"source" enum:"api,configuration" doc:"Where it stands. What stands in the configuration cannot be changed here."`
	CreatedAt *time.Time `json:"created_at" doc:"null: it stands in the configuration."`
	UpdatedAt *time.Time `json:"updated_at" doc:"null: it stands in the configuration."`
	UsedBy    []string   `json:"used_by" doc:"What names it, as paths under /v1, such as flows/play, flows/play/draft or connections/crm. A name that a flow makes up from variables is not known before it runs."`
}

// FieldErrors are what is wrong with what was written.
type FieldErrors []flowfile.FieldError

// Error implements error.
func (m FieldErrors) Error() string {
	var s []string
	for _, f := range m {
		s = append(s, f.Error())
	}
	return strings.Join(s, ", ")
}

// InUseError says what names a resource that is to be deleted.
type InUseError struct{ By []string }

// Error implements error.
func (e *InUseError) Error() string { return "it is used by " + strings.Join(e.By, ", ") }
