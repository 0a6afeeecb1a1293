package resource_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
	"ringflow/internal/connection"
	"ringflow/internal/resource"
	"ringflow/internal/store"
	"ringflow/internal/store/storetest"
	"ringflow/internal/vault"
	"ringflow/internal/webhook"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is a record with a book on it, and those whom the book tells.
type world struct {
	t        *testing.T
	dir      string
	store    *store.Store
	registry *resource.Registry
	log      bytes.Buffer
	fixed    []resource.Fixed
	// understand is the book's; nil: functions are not looked at.
	understand func(account string, sources []string) []error

	mu          sync.Mutex
	connections map[string]connection.Connection // by account and name
	hooks       map[webhook.ID]webhook.Hook
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: storetest.Folder(t)}
	must(t, w.open())
	t.Cleanup(func() { w.store.Close() })
	return w
}

// open opens record and book, as a server does that starts.
func (w *world) open() (err error) {
	w.connections, w.hooks = map[string]connection.Connection{}, map[webhook.ID]webhook.Hook{}
	if w.store, err = store.Open(w.dir, nil); err != nil {
		return err
	}
	v, err := vault.Open(w.key())
	if err != nil {
		return err
	}
	w.registry, err = resource.Open(w.t.Context(), resource.Config{
		Storage: w.store, Vault: v, Accounts: []string{"acme", "other"}, Fixed: w.fixed,
		Consumers:    resource.Consumers{Connections: (*connector)(w), Webhooks: (*hooker)(w)},
		Private:      func(account string) bool { return account == "other" },
		CheckSources: w.understand,
		Log:          slog.New(slog.NewTextHandler(&w.log, nil)),
	})
	return err
}

func (w *world) key() string { return filepath.Join(w.dir, "secrets.key") }

func (w *world) reopen() {
	w.t.Helper()
	must(w.t, w.store.Close())
	must(w.t, w.open())
}

type connector world

func (c *connector) Set(conn connection.Connection) error {
	if err := conn.Check(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connections[conn.Account+"/"+conn.Name] = conn
	return nil
}

func (c *connector) Remove(account, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.connections, account+"/"+name)
}

type hooker world

func (h *hooker) Set(_ context.Context, hook webhook.Hook) error {
	if err := hook.Check(); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hooks[hook.ID] = hook
	return nil
}

func (h *hooker) Remove(_ context.Context, id webhook.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.hooks, id)
}

func (w *world) token(account, name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.connections[account+"/"+name].Auth.Secret)
}

// settings returns a value of the type that the kind takes, with fields set by
// their names in Go.
func settings(kind string, fields map[string]any) any {
	for _, k := range resource.Kinds() {
		if k.Name != kind {
			continue
		}
		v := reflect.New(reflect.TypeOf(k.Settings))
		for path, value := range fields {
			f := v.Elem()
			for name := range strings.SplitSeq(path, ".") {
				f = f.FieldByName(name)
			}
			f.Set(reflect.ValueOf(value))
		}
		return v.Interface()
	}
	panic(kind)
}

func any1(string) error { return nil }

func (w *world) put(account, kind, name string, fields map[string]any) error {
	_, _, err := w.registry.Put(w.t.Context(), resource.Key{Account: account, Kind: kind, Name: name}, settings(kind, fields), any1)
	return err
}

// crm is a connection with a token.
var crm = map[string]any{"Base": "https://crm.example.com", "Auth.Kind": "bearer", "Auth.SecretName": "token"}

// A connection follows its secret, also over a restart; accounts do not share
// what has the same name.
func TestAConnectionFollowsItsSecret(t *testing.T) {
	w := newWorld(t)
	if err := w.put("acme", "connection", "crm", crm); err == nil || !strings.Contains(err.Error(), "no secret is stored under this name") {
		t.Errorf("without its secret: %v", err)
	}
	must(t, w.put("other", "secret", "token", map[string]any{"Value": "theirs"}))
	if err := w.put("acme", "connection", "crm", crm); err == nil {
		t.Error("the secret of another account is taken")
	}
	must(t, w.put("acme", "secret", "token", map[string]any{"Value": "one"}))
	must(t, w.put("acme", "connection", "crm", crm))
	must(t, w.put("other", "connection", "crm", crm))
	must(t, w.put("acme", "secret", "token", map[string]any{"Value": "two"}))
	for range 2 {
		if a, o := w.token("acme", "crm"), w.token("other", "crm"); a != "two" || o != "theirs" {
			t.Errorf("the tokens are %q and %q", a, o)
		}
		w.reopen()
	}
	secret, connection := resource.Key{Account: "acme", Kind: "secret", Name: "token"}, resource.Key{Account: "acme", Kind: "connection", Name: "crm"}
	var used *resource.InUseError
	if err := w.registry.Delete(t.Context(), secret, any1); !errors.As(err, &used) || used.By[0] != "connections/crm" {
		t.Errorf("a secret in use is deleted: %v", err)
	}
	must(t, w.registry.Delete(t.Context(), connection, any1))
	must(t, w.registry.Delete(t.Context(), secret, any1))
	if w.token("acme", "crm") != "" || w.token("other", "crm") != "theirs" {
		t.Error("the deleted connection is used, or another's is not")
	}
}

// Only an account that may reaches private addresses.
func TestPrivateAddresses(t *testing.T) {
	w := newWorld(t)
	private := map[string]any{"Base": "http://127.0.0.1:1", "Private": true}
	if err := w.put("acme", "connection", "local", private); err == nil || !strings.Contains(err.Error(), "private: the account may reach public addresses only") {
		t.Errorf("acme: %v", err)
	}
	must(t, w.put("other", "connection", "local", private))
}

// What stands in the configuration goes before what was made over the API, which
// is kept and comes back.
func TestTheConfigurationGoesFirst(t *testing.T) {
	w := newWorld(t)
	must(t, w.put("acme", "connection", "crm", map[string]any{"Base": "https://made.example.com"}))
	w.fixed = []resource.Fixed{resource.FixedConnection(connection.Connection{Account: "acme", Name: "crm", Base: "https://fixed.example.com"})}
	w.reopen()
	if got := w.connections["acme/crm"].Base; got != "https://fixed.example.com" || !strings.Contains(w.log.String(), "it stands in the configuration too") {
		t.Errorf("used is %s, and the log says %s", got, &w.log)
	}
	if err := w.put("acme", "connection", "crm", map[string]any{"Base": "https://x.example.com"}); !errors.Is(err, resource.ErrFixed) {
		t.Errorf("written over: %v", err)
	}
	w.fixed = nil
	w.reopen()
	if got := w.connections["acme/crm"].Base; got != "https://made.example.com" {
		t.Errorf("then used is %s", got)
	}
}

// A record in the place of another, or changed on the disk, is refused.
func TestRecordsThatWereMoved(t *testing.T) {
	w := newWorld(t)
	must(t, w.put("acme", "secret", "a", map[string]any{"Value": "one"}))
	must(t, w.put("acme", "secret", "b", map[string]any{"Value": "two"}))
	records, err := w.store.Records(t.Context())
	must(t, err)
	moved := records[0]
	moved.Name = "b"
	must(t, w.store.PutRecord(t.Context(), moved, 1))
	must(t, w.store.Close())
	if err := w.open(); err == nil || !strings.Contains(err.Error(), "unseal secret b of account acme") || !strings.Contains(err.Error(), "it is damaged") {
		t.Errorf("opened: %v", err)
	}
}

// With a new key on top of the file everything is sealed anew at the next start.
func TestTheKeyIsReplaced(t *testing.T) {
	w := newWorld(t)
	for n := range 5 {
		must(t, w.put("acme", "secret", fmt.Sprint("s", n), map[string]any{"Value": "x"}))
	}
	key, err := os.ReadFile(w.key())
	must(t, err)
	fresh := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)) + "\n"
	must(t, os.WriteFile(w.key(), append([]byte(fresh), key...), 0o600))
	before, err := w.registry.Get(resource.Key{Account: "acme", Kind: "secret", Name: "s3"})
	must(t, err)
	w.reopen()
	must(t, os.WriteFile(w.key(), []byte(fresh), 0o600))
	w.reopen()
	if after, err := w.registry.Get(resource.Key{Account: "acme", Kind: "secret", Name: "s3"}); err != nil || after.Tag != before.Tag {
		t.Errorf("a new seal is a new version: %+v, %v", after, err)
	}
	must(t, os.WriteFile(w.key(), key, 0o600))
	must(t, w.store.Close())
	if err := w.open(); err == nil || !strings.Contains(err.Error(), "does not hold the key that sealed it") {
		t.Errorf("under the old key alone: %v", err)
	}
	v, err := vault.Open(w.key())
	must(t, err)
	gone, err := resource.Discard(t.Context(), w.store, v)
	if err != nil || len(gone) != 5 {
		t.Errorf("discarded %v, %v", gone, err)
	}
	w.reopen()
}

// Readers, writers and steps may meet.
func TestManyAtOnce(t *testing.T) {
	w := newWorld(t)
	must(t, w.put("acme", "secret", "token", map[string]any{"Value": "0"}))
	must(t, w.put("acme", "connection", "crm", crm))
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for i := range 10 {
				name := fmt.Sprint("f", n)
				if err := w.put("acme", "function", name, map[string]any{"Body": "return {}"}); err != nil {
					t.Error(err)
				}
				if err := w.put("acme", "secret", "token", map[string]any{"Value": fmt.Sprint(n, i)}); err != nil {
					t.Error(err)
				}
				w.registry.Function("acme", name)
				items, _ := w.registry.List("acme", "secret", "", 10)
				for _, item := range items {
					item.Show(nil)
				}
				if err := w.registry.Delete(t.Context(), resource.Key{Account: "acme", Kind: "function", Name: name}, any1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	last := w.token("acme", "crm")
	w.reopen()
	if again := w.token("acme", "crm"); again != last {
		t.Errorf("used was %q, on the disk is %q", last, again)
	}
}

func TestAnAccountIsFull(t *testing.T) {
	w := newWorld(t)
	for n := range resource.MaxNames {
		w.fixed = append(w.fixed, resource.FixedConnection(connection.Connection{Account: "acme", Name: fmt.Sprint("c", n), Base: "https://x.example.com"}))
	}
	w.reopen()
	if err := w.put("acme", "connection", "more", map[string]any{"Base": "https://x.example.com"}); !errors.Is(err, resource.ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
	must(t, w.put("other", "connection", "more", map[string]any{"Base": "https://x.example.com"}))
	after, n := "", 0
	for more := true; more; {
		var items []resource.Item
		items, more = w.registry.List("acme", "connection", after, 99)
		n += len(items)
		after = items[len(items)-1].Name
	}
	if n != resource.MaxNames {
		t.Errorf("the pages hold %d", n)
	}
}

// A function that nobody had time to look at is neither right nor wrong.
func TestAFunctionThatWasNotLookedAt(t *testing.T) {
	w := &world{t: t, dir: storetest.Folder(t)}
	busy := errors.New("the server is busy")
	w.understand = func(account string, sources []string) []error {
		if account == "other" {
			return []error{&flowengine.ScriptError{Message: "wrong"}}
		}
		return []error{busy}
	}
	must(t, w.open())
	t.Cleanup(func() { w.store.Close() })
	function := map[string]any{"Body": "return {}"}
	if err := w.put("acme", "function", "f", function); !errors.Is(err, record.ErrUnavailable) || !errors.Is(err, busy) {
		t.Errorf("one that was not looked at: %v", err)
	}
	if wrong := (resource.FieldErrors)(nil); !errors.As(w.put("other", "function", "f", function), &wrong) || wrong[0].Name != "body" {
		t.Errorf("one that is wrong: %v", wrong)
	}
	if names := w.registry.Names("acme", "function"); len(names) != 0 {
		t.Errorf("there are %v", names)
	}
}
