package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/internal/webhook"
)

const goodWebhook = `    webhooks:
      - name: crm
        url: https://crm.example.com/calls
        events: [execution_ended, leg_ended]
        flows: [play]
        secret_file: new.secret
        previous_secret: the secret before it
`

func TestWebhooksAreConfigured(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "new.secret"), []byte("the secret of today\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(text string) ([]webhook.Hook, error) {
		c, err := Parse(filepath.Join(dir, "x.yaml"), []byte(goodConfig+text))
		if err != nil {
			t.Fatal(err)
		}
		return c.EventWebhooks()
	}
	hooks, err := read(goodWebhook)
	if err != nil || len(hooks) != 1 {
		t.Fatalf("read %+v, %v", hooks, err)
	}
	h := hooks[0]
	if h.ID != (webhook.ID{Account: "acme", Name: "crm"}) || h.Secret != "the secret of today" || h.Previous != "the secret before it" ||
		!h.Wants("play", "leg_ended") || h.Wants("play", "step_left") || h.Wants("other", "leg_ended") || h.Private {
		t.Errorf("read %+v", h)
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"name":        {"name: crm", "name: a b", `x.yaml:21: accounts[0].webhooks[0]: name: "a b" is not a name`},
		"plain http":  {"https://", "http://", "url: it must begin with https"},
		"kind":        {"[execution_ended, leg_ended]", "[leg_lost]", `"leg_lost" is not one of execution_accepted, `},
		"no kind":     {"[execution_ended, leg_ended]", "[]", "name at least one kind, or all"},
		"short":       {"secret_file: new.secret", "secret: tooshort", "secret: at least 16 characters are needed"},
		"no secret":   {"        secret_file: new.secret\n", "", "secret: at least 16 characters are needed"},
		"both":        {"secret_file: new.secret", "secret: tooshort\n        secret_file: new.secret", "give one of secret and secret_file"},
		"no file":     {"new.secret", "old.secret", "secret_file: open"},
		"same name":   {goodWebhook, goodWebhook + strings.TrimPrefix(goodWebhook, "    webhooks:\n"), "another webhook named crm"},
		"credentials": {"https://", "https://user:pass@", "without user and password"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(goodWebhook, c.from, c.to, 1)
			if text == goodWebhook {
				t.Fatal("the case changes nothing")
			}
			_, err := read(text)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "tooshort") {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}
