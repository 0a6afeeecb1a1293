package api_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/api"
	"ringflow/internal/prompt"
	"ringflow/media"
)

// between does something at the last moment before a draft is changed or a
// version published.
type between struct {
	api.Versions
	once atomic.Pointer[func()]
}

func (b *between) comes(f func()) { b.once.Store(&f) }

func (b *between) now() {
	if f := b.once.Swap(nil); f != nil {
		(*f)()
	}
}

func (b *between) SaveDraft(ctx context.Context, account, flowID string, definition []byte, match func([]byte) error) (record.Version, error) {
	b.now()
	return b.Versions.SaveDraft(ctx, account, flowID, definition, match)
}

func (b *between) DiscardDraft(ctx context.Context, account, flowID string, match func([]byte) error) error {
	b.now()
	return b.Versions.DiscardDraft(ctx, account, flowID, match)
}

func (b *between) Publish(ctx context.Context, account, flowID string, definition []byte) (record.Version, error) {
	b.now()
	return b.Versions.Publish(ctx, account, flowID, definition)
}

// What somebody else saves while a change of the draft is on its way is not lost.
func TestNothingComesBetweenATagAndTheDraft(t *testing.T) {
	var other *between
	w := newWorld(t, func(c *api.Config) { other = &between{Versions: c.Versions}; c.Versions = other })
	const draft = "/v1/flows/new-one/draft"
	save := func(text string, header ...string) string {
		t.Helper()
		answer := w.do("PUT", draft, "acceptance", file+text, header...)
		if answer.Code != http.StatusOK {
			t.Fatalf("save %q: %d %s", text, answer.Code, answer.Body)
		}
		return answer.Header().Get("ETag")
	}
	for _, c := range []struct{ method, header, tag, body string }{
		{"DELETE", "If-Match", "", ""},
		{"PUT", "If-Match", "", file + "# mine\n"},
		{"PUT", "If-None-Match", "*", file + "# mine\n"},
	} {
		tag := save("# first\n")
		if c.tag != "" {
			if answer := w.do("DELETE", draft, "acceptance", ""); answer.Code != http.StatusNoContent {
				t.Fatalf("discard: %d", answer.Code)
			}
			tag = c.tag
		}
		theirs := ""
		other.comes(func() { theirs = save("# theirs\n") })
		if answer := w.do(c.method, draft, "acceptance", c.body, c.header, tag); answer.Code != http.StatusPreconditionFailed {
			t.Errorf("%s with %s over another's change: %d %s", c.method, c.header, answer.Code, answer.Body)
		}
		if now := w.do("GET", draft, "acceptance", "").Header().Get("ETag"); now != theirs {
			t.Errorf("%s with %s: the draft is not what was saved between: %q, want %q", c.method, c.header, now, theirs)
		}
	}
	for _, c := range []struct {
		method string
		code   int
	}{{"PUT", http.StatusOK}, {"DELETE", http.StatusNoContent}} {
		save("# first\n")
		other.comes(func() { save("# theirs\n") })
		if answer := w.do(c.method, draft, "acceptance", file, "If-Match", "*"); answer.Code != c.code {
			t.Errorf("%s of any: %d %s", c.method, answer.Code, answer.Body)
		}
	}
}

// rolled has one version, which names the prompt hello and the connection crm,
// and remembers whether it was published.
type rolled struct {
	api.Versions
	mu        sync.Mutex
	published bool
}

func (r *rolled) version() record.Version {
	v := version()
	v.Status = record.Archived
	v.Definition = []byte("name: Play it\ntrigger: {component: api_request}\nstart: a\nsteps:\n" +
		"  a: {component: play_audio, with: {file: hello}, exits: {ok: b}}\n" +
		"  b: {component: execute_action, with: {connection: crm, method: GET, path: /x}}\n")
	return v
}

func (r *rolled) Version(context.Context, string) (record.Version, error) {
	return r.version(), nil
}

func (r *rolled) Flows(context.Context, string) ([]record.Version, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.published {
		return nil, nil
	}
	return []record.Version{r.version()}, nil
}

func (r *rolled) Publish(_ context.Context, _, _ string, definition []byte) (record.Version, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.published = true
	v := r.version()
	v.Definition, v.Status = definition, record.Published
	return v, nil
}

// What a flow needs is not deleted after the flow was looked at and before it is
// published.
func TestNothingIsDeletedWhileAFlowIsPublished(t *testing.T) {
	for _, path := range []string{"/v1/prompts/hello", "/v1/connections/crm"} {
		t.Run(path, func(t *testing.T) {
			library := prompt.NewLibrary(nil, errors.New("no speech"))
			if err := library.LoadUploads(t.TempDir(), []string{"acme"}); err != nil {
				t.Fatal(err)
			}
			var other *between
			w := newWorld(t, func(c *api.Config) {
				other = &between{Versions: &rolled{Versions: c.Versions}}
				c.Prompts, c.Versions = library, other
			})
			if answer := w.do("POST", "/v1/prompts?name=hello", "everything", string(media.EncodeWAV(media.Tone(-10, time.Second, 440)))); answer.Code != http.StatusCreated {
				t.Fatalf("upload: %d %s", answer.Code, answer.Body)
			}
			if answer := w.do("PUT", "/v1/connections/crm", "everything", `{"base": "https://crm.example.com"}`); answer.Code != http.StatusCreated {
				t.Fatalf("connect: %d %s", answer.Code, answer.Body)
			}
			deleted := make(chan int, 1)
			other.comes(func() {
				go func() { deleted <- w.do("DELETE", path, "everything", "").Code }()
				select { // it waits for the publication, or is through at once
				case code := <-deleted:
					deleted <- code
				case <-time.After(100 * time.Millisecond):
				}
			})
			if answer := w.do("POST", "/v1/flows/play/versions/version-1/publish", "everything", ""); answer.Code != http.StatusOK {
				t.Fatalf("publish: %d %s", answer.Code, answer.Body)
			}
			if code := <-deleted; code != http.StatusConflict {
				t.Errorf("what the flow uses was deleted: %d", code)
			}
		})
	}
}

// What takes long for one account keeps no other waiting, such as a flow whose check
// has no end.
func TestOneAccountsChecksKeepNoOtherWaiting(t *testing.T) {
	checking, release := make(chan struct{}), make(chan struct{})
	w := newWorld(t, func(c *api.Config) {
		c.Check = func(account string, _ []byte) []flowfile.Problem {
			if account == "acme" {
				close(checking)
				<-release
			}
			return nil
		}
	})
	w.drafts["acme f"] = record.Version{ID: "draft-1", FlowID: "f", Account: "acme", Number: 1, Status: record.Draft, Definition: []byte("name: F\n")}
	var slow sync.WaitGroup
	slow.Go(func() {
		if answer := w.do("POST", "/v1/flows/f/publish", "acceptance", ""); answer.Code != http.StatusOK {
			t.Errorf("the publication: %d %s", answer.Code, answer.Body)
		}
	})
	<-checking
	slow.Go(func() { // waits for the publication
		if answer := w.do("DELETE", "/v1/secrets/none", "keeper", ""); answer.Code != http.StatusNotFound {
			t.Errorf("the account's own change: %d %s", answer.Code, answer.Body)
		}
	})
	code := make(chan int, 1)
	slow.Go(func() { code <- w.do("DELETE", "/v1/secrets/none", "foreign-keeper", "").Code })
	select {
	case got := <-code:
		if got != http.StatusNotFound {
			t.Errorf("another account's change: %d", got)
		}
	case <-time.After(20 * time.Second):
		t.Error("another account's change waits")
	}
	close(release)
	slow.Wait()
}
