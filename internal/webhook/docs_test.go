package webhook_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/secret"
)

// TestManualVerifies runs the function that the manual gives to receivers on a
// request as it arrives.
func TestManualVerifies(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../../docs/webhooks.md")
	must(t, err)
	block := regexp.MustCompile("(?s)```bash\n(.*?)```").FindSubmatch(manual)
	if block == nil {
		t.Fatal("the manual holds no shell block")
	}
	w := newWorld(t)
	s := newSink(t)
	h := s.hook("crm")
	h.Previous = "the secret that was before"
	w.dispatch(h)
	w.run(1, 2)
	got := s.wait(3)[0]
	body := filepath.Join(t.TempDir(), "body")
	must(t, os.WriteFile(body, got.body, 0o600))
	verify := func(secret, signature string, now time.Time) bool {
		c := exec.Command("bash", "-c", string(block[1])+`verify "$@"`, "bash", secret, signature, body, fmt.Sprint(now.Unix()))
		return c.Run() == nil
	}
	signature, now := got.header.Get("Ringflow-Signature"), time.Now()
	for name, c := range map[string]struct {
		secret, signature string
		now               time.Time
		want              bool
	}{
		"the secret":          {string(h.Secret), signature, now, true},
		"the previous secret": {string(h.Previous), signature, now, true},
		"another secret":      {"no secret of ours at all", signature, now, false},
		"no signature":        {string(h.Secret), "", now, false},
		"no mac":              {string(h.Secret), strings.Split(signature, ",")[0], now, false},
		"another time":        {string(h.Secret), strings.Replace(signature, "t=", "t=1", 1), now, false},
		"an old one":          {string(h.Secret), signature, now.Add(time.Hour), false},
	} {
		if verify(c.secret, c.signature, c.now) != c.want {
			t.Errorf("%s: verified is not %v for %s", name, c.want, c.signature)
		}
	}
	must(t, os.WriteFile(body, append(got.body, ' '), 0o600))
	if verify(string(h.Secret), signature, now) {
		t.Error("another body is verified")
	}
}

// The command that the manual gives makes a secret of Standard Webhooks.
func TestManualMakesASecret(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../../docs/webhooks.md")
	must(t, err)
	command := regexp.MustCompile("`(printf 'whsec_[^`]*)`").FindSubmatch(manual)
	if command == nil {
		t.Fatal("the manual makes no secret")
	}
	made, err := exec.Command("bash", "-c", string(command[1])).Output()
	must(t, err)
	h := newSink(t).hook("crm")
	if h.Secret = secret.Secret(made); len(made) != 50 || !strings.HasPrefix(string(made), "whsec_") || h.Check() != nil {
		t.Errorf("%d characters: %v", len(made), h.Check())
	}
}

// Every kind of event that the manual names exists, and every one is named.
func TestManualNamesAllEvents(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../../docs/webhooks.md")
	must(t, err)
	s := newSink(t)
	for _, name := range regexp.MustCompile("`([a-z]+_[a-z_]+)`[,.]").FindAllSubmatch(manual, -1) {
		h := s.hook("crm")
		h.Events = []record.EventKind{record.EventKind(name[1])}
		if strings.HasSuffix(string(name[1]), "_secret") {
			continue
		}
		if err := h.Check(); err != nil {
			t.Error(err)
		}
	}
	h := s.hook("crm")
	h.Events = []record.EventKind{"unheard_of"}
	problem := h.Check().Error()
	for _, kind := range strings.Split(problem[strings.Index(problem, "one of ")+len("one of "):], ", ") {
		if !strings.Contains(string(manual), "`"+kind+"`") {
			t.Errorf("the manual does not name %s", kind)
		}
	}
}

var _ http.Handler = (*sink)(nil)
