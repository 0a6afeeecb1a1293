package webhook

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/secret"
)

// ID names a hook.
type ID struct{ Account, Name string }

// Hook is an address that an account's events are posted to.
type Hook struct {
	ID
	// URL is https, or http if Private.
	URL string
	// Events are the kinds to post; All is every kind.
	Events []record.EventKind
	// Flows are the ids of the flows whose events are posted. None: all of them.
	Flows []string
	// Secret signs; Previous, if there is one, signs too, while receivers change
	// from one to the other.
	Secret, Previous secret.Secret
	// Private allows loopback, private and link-local addresses, and plain http.
	Private bool
}

// All in Hook.Events is every kind.
const All record.EventKind = "all"

// minSecret is the least length of a secret in bytes.
const minSecret = 16

// kinds are all kinds of events.
var kinds = []record.EventKind{
	record.ExecutionAccepted, record.ExecutionStarted, record.StepEntered, record.StepLeft, record.VariableSet,
	record.ChannelAwaited, record.LegDialling, record.LegRinging, record.LegEarlyMedia, record.LegAnswered, record.LegUnheard, record.LegEnded,
	record.LegsJoined, record.LegsParted, record.AudioStarted, record.AudioEnded, record.KeyPressed,
	record.ExecutionEnded, All,
}

// Wants reports whether events of the kind in executions of the flow are posted to the
// hook.
func (h *Hook) Wants(flowID string, kind record.EventKind) bool {
	follows := len(h.Flows) == 0 || slices.ContainsFunc(h.Flows, func(f string) bool {
		return flowfile.CanonicalFlowID(f) == flowfile.CanonicalFlowID(flowID)
	})
	return follows && (slices.Contains(h.Events, All) || slices.Contains(h.Events, kind))
}

// Check says what is wrong with the hook: the error wraps a
// flowfile.FieldError, and never holds a secret.
func (h *Hook) Check() error {
	if err := h.check(); err != nil {
		return fmt.Errorf("webhook %s: %w", h.Name, err)
	}
	return nil
}

func (h *Hook) check() error {
	u, err := url.Parse(h.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fieldError("url", "it is no address such as https://crm.example.com/calls, without user and password")
	}
	if u.Scheme != "https" && !(h.Private && u.Scheme == "http") {
		return fieldError("url", "it must begin with https, or with http if private is true")
	}
	if len(h.Events) == 0 {
		return fieldError("events", "there is none: name at least one kind, or all")
	}
	for _, e := range h.Events {
		if !slices.Contains(kinds, e) {
			return fieldError("events", "%q is not one of %s", e, kindList())
		}
	}
	for _, s := range []struct {
		field    string
		value    secret.Secret
		required bool
	}{{"secret", h.Secret, true}, {"previous_secret", h.Previous, false}} {
		if len(s.value) < minSecret && (s.required || s.value != "") {
			return fieldError(s.field, "at least %d characters are needed", minSecret)
		}
		if _, ok := standardKey(s.value); !ok {
			return fieldError(s.field, "after %s a key of %d to %d bytes is needed, in base64 (Standard Webhooks): openssl rand -base64 32", standardPrefix, minStandardKey, maxStandardKey)
		}
	}
	return nil
}

func fieldError(field, format string, args ...any) error {
	return flowfile.FieldError{Name: field, Description: fmt.Sprintf(format, args...)}
}

func kindList() string {
	var out []string
	for _, k := range kinds {
		out = append(out, string(k))
	}
	return strings.Join(out, ", ")
}

// Address is the URL without its query, in which a key may stand.
func (h *Hook) Address() string {
	address, _, _ := strings.Cut(h.URL, "?")
	return address
}
