package resource

import (
	"cmp"
	"context"
	"errors"

	"ringflow/flowengine/record"
	"ringflow/internal/secret"
	"ringflow/internal/webhook"
)

// ErrNamedSecret: the secret of a webhook is stored under a name, and replaced there.
var ErrNamedSecret = errors.New("its secret is kept under a name: store another one, and name it in secret_name and the old one in previous_secret_name")

type webhookSettings struct {
	URL                string   `json:"url" doc:"The https address to post to. Its query, in which a key may stand, is not shown again."`
	Events             []string `json:"events" doc:"Kinds of events, such as execution_ended, leg_ended and step_left, or all."`
	Flows              []string `json:"flows,omitempty" doc:"Ids of the flows to tell of; without it, all."`
	Private            bool     `json:"private,omitempty" doc:"Loopback, private and link-local addresses and plain http are allowed. Only for accounts whose configuration says private_addresses."`
	SecretName         string   `json:"secret_name,omitempty" doc:"The name of the secret that signs, of 16 characters at least. Without it the webhook has a secret of its own, which is made and shown once when the webhook is created, and signs on beside a named one until it is retired."`
	PreviousSecretName string   `json:"previous_secret_name,omitempty" doc:"The name of a secret that signs as well, while receivers change to the new one."`
}

// storedWebhook is what is stored, sealed.
type storedWebhook struct {
	webhookSettings
	Own         string `json:"own,omitempty"` // secret, unless SecretName
	OwnPrevious string `json:"own_previous,omitempty"`

	fresh bool // Own has just been made, and is shown this once
}

// webhookBody shows a webhook.
type webhookBody struct {
	Metadata
	URL                string   `json:"url" doc:"Without its query."`
	Events             []string `json:"events"`
	Flows              []string `json:"flows" doc:"Empty: all flows."`
	Private            bool     `json:"private"`
	SecretName         string   `json:"secret_name,omitempty" doc:"Where the secret that signs is kept; absent if the webhook has one of its own."`
	PreviousSecretName string   `json:"previous_secret_name,omitempty"`
	PreviousSecret     bool     `json:"previous_secret" doc:"Whether the secret before signs as well."`
	Secret             string   `json:"secret,omitempty" doc:"The webhook's own secret, only in the answer to the request that made it."`
}

func webhookKind() *Kind {
	return &Kind{
		Name: "webhook", Plural: "webhooks", Doc: "webhooks: addresses that events are posted to",
		Settings: webhookSettings{}, Shown: webhookBody{}, merge: mergeWebhook, read: read[storedWebhook],
		apply: func(ctx context.Context, consumers Consumers, resolved any) error {
			return consumers.Webhooks.Set(ctx, resolved.(webhook.Hook))
		},
		remove: func(ctx context.Context, consumers Consumers, k Key) {
			consumers.Webhooks.Remove(ctx, webhook.ID{Account: k.Account, Name: k.Name})
		},
	}
}

// mergeWebhook returns the settings with the webhook's own secret, which is made if it
// needs one and has none.
func mergeWebhook(settings any, before contents) contents {
	k := storedWebhook{webhookSettings: *settings.(*webhookSettings)}
	old, _ := before.(storedWebhook)
	switch {
	case k.SecretName != "" && k.PreviousSecretName == "": // its own signs until it is retired
		k.OwnPrevious = cmp.Or(old.Own, old.OwnPrevious)
	case k.SecretName != "":
	case old.Own != "":
		k.Own, k.OwnPrevious = old.Own, old.OwnPrevious
	default:
		k.Own, k.fresh = webhook.NewSecret(), true
	}
	return k
}

func (k storedWebhook) secretNames() []string { return []string{k.SecretName, k.PreviousSecretName} }

// resolve checks by the rules of webhook.Hook, as the configuration does.
func (k storedWebhook) resolve(env environment) (any, error) {
	h := webhook.Hook{ID: webhook.ID{Account: env.Account, Name: env.Name}, URL: k.URL, Flows: k.Flows, Private: k.Private,
		Secret: secret.Secret(k.Own), Previous: secret.Secret(k.OwnPrevious)}
	if k.Private && !env.registry.config.Private(env.Account) {
		return h, errPrivate
	}
	for _, e := range k.Events {
		h.Events = append(h.Events, record.EventKind(e))
	}
	for _, s := range []struct {
		field, name string
		into        *secret.Secret
	}{{"secret_name", k.SecretName, &h.Secret}, {"previous_secret_name", k.PreviousSecretName, &h.Previous}} {
		if s.name == "" {
			continue
		}
		value, err := env.secretNamed(s.field, s.name)
		if err != nil {
			return h, err
		}
		*s.into = secret.Secret(value)
	}
	return h, renamed(h.Check(), map[string]string{"secret": "secret_name", "previous_secret": "previous_secret_name"})
}

func (k storedWebhook) show(m Metadata) any {
	address := webhook.Hook{URL: k.URL}
	b := webhookBody{Metadata: m, URL: address.Address(), Events: k.Events, Flows: append([]string{}, k.Flows...), Private: k.Private,
		SecretName: k.SecretName, PreviousSecretName: k.PreviousSecretName, PreviousSecret: k.OwnPrevious != "" || k.PreviousSecretName != ""}
	if k.fresh {
		b.Secret = k.Own
	}
	return b
}

// FixedWebhook is a webhook of the configuration.
func FixedWebhook(h webhook.Hook) Fixed {
	k := storedWebhook{webhookSettings: webhookSettings{URL: h.URL, Flows: h.Flows, Private: h.Private}}
	for _, e := range h.Events {
		k.Events = append(k.Events, string(e))
	}
	if h.Previous != "" {
		k.OwnPrevious = "***"
	}
	return Fixed{Key: Key{h.Account, "webhook", h.Name}, stored: k, resolved: h}
}

// RotateSecret makes a new secret for a webhook that has one of its own. The previous
// one signs as well, until RetireSecret.
func (r *Registry) RotateSecret(ctx context.Context, account, name string, match Precondition) (Item, error) {
	return r.update(ctx, Key{account, "webhook", name}, match, func(before contents) (contents, error) {
		k := before.(storedWebhook)
		if k.SecretName != "" {
			return nil, ErrNamedSecret
		}
		k.Own, k.OwnPrevious, k.fresh = webhook.NewSecret(), k.Own, true
		return k, nil
	})
}

// RetireSecret removes the previous secret.
func (r *Registry) RetireSecret(ctx context.Context, account, name string, match Precondition) (Item, error) {
	return r.update(ctx, Key{account, "webhook", name}, match, func(before contents) (contents, error) {
		k := before.(storedWebhook)
		k.OwnPrevious, k.PreviousSecretName = "", ""
		return k, nil
	})
}
