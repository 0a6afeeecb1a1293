package webhook_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"ringflow/internal/secret"
	"ringflow/internal/webhook"
)

// receiver verifies as a receiver does that has the secret.
func receiver(t *testing.T, secret secret.Secret) *standardwebhooks.Webhook {
	t.Helper()
	r, err := standardwebhooks.NewWebhook(string(secret))
	must(t, err)
	return r
}

// The library of Standard Webhooks takes what is posted, at the first attempt and at
// a later one, which has the same id, and nothing that somebody has changed.
func TestStandardWebhooksVerify(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newSink(t)
	h := s.hook("crm")
	h.Secret = secret.Secret(webhook.NewSecret())
	refused := make(map[string]bool)
	s.answer(func(r *http.Request, _ webhook.Envelope) int {
		if id := r.Header.Get("webhook-id"); !refused[id] { // the letters of one execution come one by one
			refused[id] = true
			return http.StatusServiceUnavailable
		}
		return http.StatusNoContent
	})
	w.dispatch(h)
	w.run(1, 2)
	s.wait(3)
	verifier, bodies := receiver(t, h.Secret), make(map[string]string)
	attempts := make(map[string]int)
	for _, r := range s.requests() {
		if err := verifier.Verify(r.body, r.header); err != nil {
			t.Errorf("%s is refused: %v", r.body, err)
		}
		id := r.header.Get("Webhook-Id")
		attempts[id]++
		if before, again := bodies[id]; again && before != string(r.body) {
			t.Errorf("%s names two events", id)
		}
		bodies[id] = string(r.body)
		if strings.Contains(id, ".") || r.header.Get("Ringflow-Signature") == "" {
			t.Errorf("the header is %v", r.header)
		}
		if stamp, ours := r.header.Get("Webhook-Timestamp"), r.header.Get("Ringflow-Signature"); !strings.HasPrefix(ours, "t="+stamp+",") {
			t.Errorf("two times of one attempt: %s and %s", stamp, ours)
		}
	}
	for id, n := range attempts {
		if n != 2 {
			t.Errorf("%s was tried %d times", id, n)
		}
	}
	if len(attempts) != 3 {
		t.Errorf("%d ids for 3 events", len(attempts))
	}
	good := s.requests()[0]
	for name, change := range map[string]func(http.Header) []byte{
		"another body": func(http.Header) []byte { return append(good.body, ' ') },
		"another id":   func(h http.Header) []byte { h.Set("webhook-id", "x"); return good.body },
		"another time": func(h http.Header) []byte {
			h.Set("webhook-timestamp", strconv.FormatInt(time.Now().Unix()-9, 10))
			return good.body
		},
	} {
		header := good.header.Clone()
		body := change(header)
		if err := verifier.Verify(body, header); !errors.Is(err, standardwebhooks.ErrNoMatchingSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := receiver(t, secret.Secret(webhook.NewSecret())).Verify(good.body, good.header); err == nil {
		t.Error("another secret verifies")
	}
}

// While a secret is replaced there is a signature under each, whatever form the two
// have.
func TestStandardWebhooksWhileASecretIsReplaced(t *testing.T) {
	t.Parallel()
	const text = "a secret from before, as text"
	key := []byte("a key of 24 bytes or more")
	for _, c := range []struct {
		name             string
		secret, previous secret.Secret
		signatures       int
	}{
		{"both are keys", secret.Secret(webhook.NewSecret()), secret.Secret("whsec_" + base64.StdEncoding.EncodeToString(key)), 2},
		{"the one before is text", secret.Secret(webhook.NewSecret()), text, 2},
		{"the one before is of an older release", secret.Secret(webhook.NewSecret()), "rf_whsec_nVbQjGkPlnFVoE2PPAkNNhnJ4Us5ehZ3C54X5ShNqYc", 2},
		{"retired", secret.Secret(webhook.NewSecret()), "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, s := newWorld(t), newSink(t)
			h := s.hook("crm")
			h.Secret, h.Previous = c.secret, c.previous
			w.dispatch(h)
			w.run(1, 0)
			got := s.wait(1)[0]
			if all := strings.Fields(got.header.Get("Webhook-Signature")); len(all) != c.signatures {
				t.Errorf("signatures: %v", all)
			}
			for _, s := range []secret.Secret{c.secret, c.previous} {
				if s == "" {
					continue
				}
				verifier := receiver(t, "whsec_"+secret.Secret(base64.StdEncoding.EncodeToString([]byte(s)))) // as the manual says of text
				if strings.HasPrefix(string(s), "whsec_") {
					verifier = receiver(t, s)
				}
				if err := verifier.Verify(got.body, got.header); err != nil {
					t.Errorf("%.9s…: %v", s, err)
				}
			}
		})
	}
}

// A secret that a library would not take is refused where it is configured.
func TestStandardSecretsAreChecked(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	for text, ok := range map[string]bool{
		webhook.NewSecret(): true,
		"whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 64)):                   true,
		"whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 65)):                   false,
		"whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 23)):                   false,
		"whsec_" + base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("ÿ", 20))): false,
		"whsec_this is no base64 at all":                                                 false,
	} {
		for _, field := range []string{"secret", "previous_secret"} {
			h := s.hook("crm")
			if field == "secret" {
				h.Secret = secret.Secret(text)
			} else {
				h.Previous = secret.Secret(text)
			}
			err := h.Check()
			if ok != (err == nil) {
				t.Errorf("%s %s: %v", field, text, err)
			}
			if err != nil && (!strings.Contains(err.Error(), field+": after whsec_ a key of 24 to 64 bytes is needed, in base64") || strings.Contains(err.Error(), text)) {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
}
