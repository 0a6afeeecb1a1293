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

// Kind is a kind of resource, made by definition.kind. Its values are untyped: settings
// is a *W, stored a K, resolved an R, shown an S of the definition.
type Kind struct {
	Name   string // of one, such as connection
	Plural string
	Doc    string // what they are, after "the account's"
	// Settings and Shown are samples of what is written and shown, whose json, doc and
	// enum tags describe them.
	Settings, Shown any
	// References has the environment of a check report the names that a flow uses; nil:
	// flows do not name such resources.
	References func(env *flowfile.Environment, used func(name string))

	check       func(settings any, checkSources func(sources []string) []error) error
	merge       func(settings, before any) any
	read        func(text []byte) (stored any, err error)
	secretNames func(stored any) []string
	resolve     func(e environment, stored any) (resolved any, err error)
	apply       func(ctx context.Context, c Consumers, resolved any) error
	remove      func(ctx context.Context, c Consumers, k Key)
	show        func(m Metadata, stored any) any
}

// definition is a kind in its own types: W is written, K stored, R used, S shown.
type definition[W, K, R, S any] struct {
	Kind
	// Check finds what takes long to find. nil: nothing does.
	Check func(w W, checkSources func(sources []string) []error) error
	// Merge returns what is stored; before is nil for a new resource. nil: W is K.
	Merge func(w W, before *K) K
	// SecretNames returns the secrets that it names. nil: none.
	SecretNames func(K) []string
	// Resolve returns what is used, or what is wrong with what is stored.
	Resolve func(environment, K) (R, error)
	// Apply and Remove hand a change to the component that uses it. nil: none does.
	Apply  func(context.Context, Consumers, R) error
	Remove func(context.Context, Consumers, Key)
	Show   func(Metadata, K) S
}

func (d definition[W, K, R, S]) kind() *Kind {
	k := d.Kind
	k.Settings, k.Shown = *new(W), *new(S)
	k.check = func(settings any, checkSources func([]string) []error) error {
		if d.Check == nil || checkSources == nil {
			return nil
		}
		return d.Check(*settings.(*W), checkSources)
	}
	k.merge = func(settings, before any) any {
		if d.Merge == nil {
			return *settings.(*W)
		}
		if b, is := before.(K); is {
			return d.Merge(*settings.(*W), &b)
		}
		return d.Merge(*settings.(*W), nil)
	}
	k.read = func(text []byte) (any, error) {
		var stored K
		err := json.Unmarshal(text, &stored)
		return stored, err
	}
	k.secretNames = func(stored any) []string {
		if d.SecretNames == nil {
			return nil
		}
		return d.SecretNames(stored.(K))
	}
	k.resolve = func(e environment, stored any) (any, error) { return d.Resolve(e, stored.(K)) }
	k.apply = func(ctx context.Context, c Consumers, resolved any) error {
		if d.Apply == nil {
			return nil
		}
		return d.Apply(ctx, c, resolved.(R))
	}
	k.remove = func(ctx context.Context, c Consumers, key Key) {
		if d.Remove != nil {
			d.Remove(ctx, c, key)
		}
	}
	k.show = func(m Metadata, stored any) any { return d.Show(m, stored.(K)) }
	return &k
}

// Consumers are the components that use resources. Every change is applied to them.
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

// environment is what a resource is resolved with.
type environment struct {
	Key
	// secret returns the value of a secret of the account.
	secret func(name string) (string, bool)
	// secrets lists their names, for a suggestion.
	secrets func() []string
	// private says that the account may reach private addresses.
	private bool
}

// Metadata is shown of every resource.
type Metadata struct {
	Name      string     `json:"name"`
	Source    string     `json:"source" enum:"api,configuration" doc:"Where it stands. What stands in the configuration cannot be changed here."`
	CreatedAt *time.Time `json:"created_at" doc:"null: it stands in the configuration."`
	UpdatedAt *time.Time `json:"updated_at" doc:"null: it stands in the configuration."`
	UsedBy    []string   `json:"used_by" doc:"What names it, as paths under /v1, such as flows/play, flows/play/draft or connections/crm. A name that a flow makes up from variables is not known before it runs."`
}

// FieldErrors say what is wrong with the settings of a resource.
type FieldErrors []flowfile.FieldError

// Error implements error.
func (m FieldErrors) Error() string {
	var s []string
	for _, f := range m {
		s = append(s, f.Error())
	}
	return strings.Join(s, ", ")
}

// InUseError refuses to delete a resource that others name.
type InUseError struct{ By []string }

// Error implements error.
func (e *InUseError) Error() string { return "it is used by " + strings.Join(e.By, ", ") }
