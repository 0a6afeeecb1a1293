package webhook_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ringflow/flowengine/record"
	"ringflow/internal/secret"
	"ringflow/internal/webhook"
)

// refused waits until the hook has met the failure often enough to be called
// down, and returns the log.
func refused(w *world) string {
	eventually(w.t, "the hook counts as down", func() bool { return strings.Contains(w.log.String(), "takes no events") })
	return w.log.String()
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		to     func(here, otherHost string) string
		taken  bool
		says   string
	}{
		"same host, posted again": {307, func(here, _ string) string { return here + "/moved" }, true, ""},
		"for good":                {308, func(here, _ string) string { return here + "/moved" }, true, ""},
		"as a GET":                {302, func(here, _ string) string { return here + "/moved" }, false, "would not post again"},
		"another host":            {307, func(_, otherHost string) string { return otherHost }, false, "redirects to another host"},
		"another scheme":          {307, func(here, _ string) string { return strings.Replace(here, "http", "ftp", 1) }, false, "redirects to another host"},
		"for ever":                {307, func(here, _ string) string { return here + "/in" }, false, "redirects more than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s, other := newWorld(t), newSink(t), newSink(t)
			s.answer(func(r *http.Request, _ webhook.Envelope) int {
				if r.URL.Path == "/moved" {
					return 200
				}
				return c.status
			})
			h := s.hook("crm")
			to := c.to(s.server.URL, other.server.URL)
			h.URL = s.server.URL + "/in?to=" + url.QueryEscape(to)
			w.dispatch(h)
			w.run(1, 0)
			if c.taken {
				w.empty(h.ID)
				if r := s.wait(1)[0]; r.header.Get(webhook.HeaderSignature) == "" {
					t.Error("what was redirected has lost its signature")
				}
			} else if log := refused(w); !strings.Contains(log, c.says) {
				t.Errorf("the log does not say %q:\n%s", c.says, log)
			}
			if n := len(other.requests()); n != 0 {
				t.Errorf("another host was sent %d requests", n)
			}
		})
	}
}

// A hook that is not private reaches no address of this machine, whatever its
// name resolves to.
func TestPrivateAddressesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the request arrived") }))
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	h := newSink(t).hook("crm")
	h.Private, h.URL = false, "https://localhost:"+port+"/"
	w.dispatch(h)
	w.run(1, 0)
	if log := refused(w); !strings.Contains(log, "is no public address") {
		t.Errorf("the log says\n%s", log)
	}
}

// An answer of any size is taken for what its status says.
func TestLongAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	arrived := make(chan bool, 100)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		arrived <- true
		for range 1 << 10 {
			if _, err := rw.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	h := newSink(t).hook("crm")
	h.URL = server.URL
	w.dispatch(h)
	w.run(1, 4)
	w.empty(h.ID)
	if len(arrived) != 5 {
		t.Errorf("%d requests for 5 events", len(arrived))
	}
}

// No log, error, dead letter or print shows a secret, nor the query of a URL.
func TestSecretsAreNotTold(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newSink(t)
	s.server.Close() // nobody listens
	h := s.hook("crm")
	h.Previous = "the secret that was before"
	w.dispatch(h)
	w.run(1, 2)
	text := refused(w) + fmt.Sprintf("%v %+v %#v", h, h, h) + h.Address()
	for _, mistake := range []func(*webhook.Hook){
		func(h *webhook.Hook) { h.URL = "ftp://" + h.URL[7:] },
		func(h *webhook.Hook) { h.URL = "https://user:hidden-in-the-query@x/" },
		func(h *webhook.Hook) { h.URL = ":hidden-in-the-query" },
		func(h *webhook.Hook) { h.Secret = "hidden" },
		func(h *webhook.Hook) { h.Previous = "hidden" },
		func(h *webhook.Hook) { h.Events = nil },
		func(h *webhook.Hook) { h.Events = []record.EventKind{"leg_lost"} },
		func(h *webhook.Hook) { h.Private = false },
	} {
		bad := h
		mistake(&bad)
		err := bad.Check()
		if err == nil || !strings.Contains(err.Error(), "webhook crm") {
			t.Errorf("%+v is taken: %v", bad, err)
			continue
		}
		if err := webhook.New(webhook.Config{}).Set(t.Context(), bad); err == nil {
			t.Errorf("Set takes %+v", bad)
		}
		text += err.Error()
	}
	// Printing a hook with its URL is the one thing that shows the query.
	text = strings.ReplaceAll(text, h.URL, "")
	for _, secret := range []string{string(h.Secret), string(h.Previous), "hidden"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is told:\n%s", secret, text)
		}
	}
	if strings.Contains(w.log.String(), "hidden") {
		t.Errorf("the log shows the query:\n%s", w.log)
	}
}

// Each attempt is signed for its own moment, under both secrets.
func TestSignature(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), newSink(t)
	h := s.hook("crm")
	h.Previous = "the secret that was before"
	w.dispatch(h)
	w.run(1, 0)
	r := s.wait(1)[0]
	fields := strings.Split(r.header.Get(webhook.HeaderSignature), ",")
	if len(fields) != 3 || !strings.HasPrefix(fields[0], "t=") {
		t.Fatalf("the signature is %q", fields)
	}
	for i, secret := range []secret.Secret{h.Secret, h.Previous} {
		id, mac, _ := strings.Cut(fields[i+1], "=")
		if want := macOf(secret, fields[0][2:]+"."+string(r.body)); mac != want || id != macOf(secret, "key id")[:8] || id != webhook.KeyID(secret) {
			t.Errorf("signature %d is %s, want %s", i+1, fields[i+1], want)
		}
	}
}
