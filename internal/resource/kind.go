package resource

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/connection"
	"ringflow/internal/strict"
	"ringflow/internal/webhook"
)

// Kind is a kind of resource.
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

	// check finds what takes long to find in what is written, a pointer to the type of
	// Settings. nil: nothing does.
	check func(settings any, checkSources func(sources []string) []error) error
	// merge returns what is stored; before is nil for a new resource. nil: the settings.
	merge func(settings any, before contents) contents
	// read reads what is stored.
	read func(text []byte) (contents, error)
	// apply and remove hand a change to the component that uses it. nil: none does.
	apply  func(ctx context.Context, c Consumers, resolved any) error
	remove func(ctx context.Context, c Consumers, k Key)
}

// contents are what is stored of a resource. They are immutable.
type contents interface {
	// secretNames returns the secrets that they name.
	secretNames() []string
	// resolve returns what is used, or what is wrong with what is stored.
	resolve(env environment) (resolved any, err error)
	// show returns a value of the type of Kind.Shown.
	show(m Metadata) any
}

func read[C contents](text []byte) (contents, error) {
	var c C
	err := json.Unmarshal(text, &c)
	return c, err
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
	registry *Registry
	// secrets have values that are about to be stored, by name.
	secrets map[string]string
}

// secretNamed returns the secret that a field names. The error does not repeat the
// name, which may be the secret itself.
func (env environment) secretNamed(field, name string) (string, error) {
	if value, changing := env.secrets[name]; changing {
		return value, nil
	}
	if e := env.registry.entry(Key{env.Account, "secret", name}); e != nil && e.resolved != nil {
		return e.resolved.(string), nil
	}
	what := "no secret is stored under this name: write it first (PUT /v1/secrets/NAME)"
	if near := strict.Nearest(name, env.registry.Names(env.Account, "secret")); near != "" {
		what = "no secret is stored under this name: did you mean " + near + "?"
	}
	return "", FieldErrors{{Name: field, Description: what}}
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

// Kinds lists the kinds of resources, in the order in which they are loaded: secrets
// before those that name them.
func Kinds() []*Kind {
	return []*Kind{secretKind(), connectionKind(), functionKind(), webhookKind()}
}
