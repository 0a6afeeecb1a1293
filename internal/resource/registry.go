// Package resource manages what accounts write while the server runs: connections,
// secrets, functions and webhooks. A change is checked by the rules of the
// configuration, sealed, stored, and in use when it returns; resources of the
// configuration are listed beside it and cannot be changed.
//
// A kind of resource is one file and one line in Kinds: what is written and shown,
// as structs whose tags the API's document is made of, the rules, and the component
// that uses it. The package does not know HTTP, SQL, or how a flow runs.
//
// Read it in this order: storage.go (what is stored), kind.go (what a kind is made
// of), registry.go, registry_write.go and registry_fixed.go (all resources and their
// changes), then the kinds: kind_secret.go, kind_connection.go, kind_function.go,
// kind_webhook.go.
package resource

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/vault"
)

// Config configures a Registry.
type Config struct {
	Storage   Storage
	Vault     *vault.Vault
	Consumers Consumers
	// Accounts are all accounts. Records of others are ignored.
	Accounts []string
	// Fixed are the resources of the configuration.
	Fixed []Fixed
	// Private tells whether the account may reach private addresses; nil: none may.
	Private func(account string) bool
	// CheckSources reports what is wrong with sources of functions of an account, one
	// error each; nil: they are not checked.
	CheckSources func(account string, sources []string) []error
	Log          *slog.Logger // nil: discarded
}

// Fixed is a resource of the configuration: FixedConnection or FixedWebhook.
type Fixed struct {
	Key
	stored   contents
	resolved any
}

// Registry holds all resources of all accounts, and applies every change to its
// consumers. Its methods may be called by several goroutines.
type Registry struct {
	config Config
	kinds  map[string]*Kind

	changing sync.Mutex // held during a change, over storage

	mu      sync.RWMutex // guards entries; an entry itself does not change
	entries map[Key]*entry
}

// entry is a resource in use.
type entry struct {
	Record   // without Sealed; of a fixed one only the key
	fixed    bool
	stored   contents
	resolved any // nil: it cannot be used as it is, the log says why
}

// tag differs between any two versions of an entry.
func (e *entry) tag() string {
	if e == nil || e.fixed {
		return ""
	}
	return strconv.FormatInt(e.CreatedAt.UnixMicro(), 36) + "." + strconv.FormatInt(e.Version, 36)
}

// Open loads what is stored and applies it. It fails if a record is sealed under a key
// that the vault does not hold, and the error says what to do.
func Open(ctx context.Context, c Config) (*Registry, error) {
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Private == nil {
		c.Private = func(string) bool { return false }
	}
	r := &Registry{config: c, kinds: map[string]*Kind{}, entries: map[Key]*entry{}}
	for _, k := range Kinds() {
		r.kinds[k.Name] = k
	}
	for _, f := range c.Fixed {
		r.entries[f.Key] = &entry{Record: Record{Key: f.Key}, fixed: true, stored: f.stored, resolved: f.resolved}
	}
	records, err := c.Storage.Records(ctx)
	if err != nil {
		return nil, err
	}
	for _, rec := range records {
		if err := r.load(ctx, rec); err != nil {
			return nil, err
		}
	}
	for _, k := range Kinds() {
		for _, key := range r.sorted() {
			if key.Kind == k.Name {
				r.activate(ctx, r.entries[key])
			}
		}
	}
	return r, nil
}

func (r *Registry) sorted() []Key {
	return slices.SortedFunc(maps.Keys(r.entries), func(x, y Key) int {
		return strings.Compare(x.about(), y.about())
	})
}

// load adds an entry for a record.
func (r *Registry) load(ctx context.Context, rec Record) error {
	if r.kinds[rec.Kind] == nil || !slices.Contains(r.config.Accounts, rec.Account) {
		return nil
	}
	if r.entries[rec.Key] != nil {
		r.warnShadowed(rec.Key)
		return nil
	}
	e, err := r.unseal(ctx, rec)
	if err == nil {
		r.entries[rec.Key] = e
	}
	return err
}

// warnShadowed logs that what was made over the API is not used.
func (r *Registry) warnShadowed(k Key) {
	r.config.Log.Warn("it stands in the configuration too, which holds; the one that was made over the API is kept and not used", "account", k.Account, k.Kind, k.Name)
}

// unseal unseals a record, and seals it again if it was sealed under an old key.
func (r *Registry) unseal(ctx context.Context, rec Record) (*entry, error) {
	log := r.config.Log.With("account", rec.Account, rec.Kind, rec.Name)
	plain, err := r.config.Vault.Unseal(rec.Sealed, rec.about())
	if err != nil {
		return nil, r.unsealError(rec.Key, err)
	}
	if r.config.Vault.Stale(rec.Sealed) {
		again := rec
		if again.Sealed, err = r.config.Vault.Seal(plain, rec.about()); err == nil {
			err = r.config.Storage.PutRecord(ctx, again, rec.Version)
		}
		if err != nil {
			log.Warn("it is not sealed under the new key yet: leave the old one in the file", "error", err)
		}
	}
	stored, err := r.kinds[rec.Kind].read(plain)
	if err != nil {
		return nil, fmt.Errorf("read %s %s of account %s: %w", rec.Kind, rec.Name, rec.Account, err)
	}
	rec.Sealed = nil
	return &entry{Record: rec, stored: stored}, nil
}

// unsealError says what to do about a record that cannot be unsealed.
func (r *Registry) unsealError(k Key, err error) error {
	what := "does not hold the key that sealed it"
	switch {
	case errors.Is(err, vault.ErrDamaged):
		what = "holds the key, but it is damaged"
	case !r.config.Vault.Exists():
		what = "does not exist"
	}
	return fmt.Errorf("unseal %s %s of account %s: the secrets key %s %s: put back the file that belongs to this database; "+
		"if it is lost for good, `ringflow secret discard` removes what nobody can read any more", k.Kind, k.Name, k.Account, r.config.Vault.Path(), what)
}

// activate resolves an entry and applies it. An entry that cannot be used is listed and
// may be replaced.
func (r *Registry) activate(ctx context.Context, e *entry) {
	var err error
	resolved := e.resolved
	if !e.fixed {
		resolved, err = e.stored.resolve(environment{e.Key, r, nil})
	}
	if err == nil {
		e.resolved = resolved
		err = r.apply(ctx, e)
	}
	if err != nil {
		r.config.Log.Error("it cannot be used", "account", e.Account, e.Kind, e.Name, "error", err)
	}
}

// apply hands a resource to the component that uses it.
func (r *Registry) apply(ctx context.Context, e *entry) error {
	if apply := r.kinds[e.Kind].apply; apply != nil {
		return apply(ctx, r.config.Consumers, e.resolved)
	}
	return nil
}

// set puts entries in the place of those of their keys.
func (r *Registry) set(entries ...*entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range entries {
		r.entries[e.Key] = e
	}
}

// remove removes an entry, also from the component that uses it.
func (r *Registry) remove(ctx context.Context, k Key) {
	r.mu.Lock()
	delete(r.entries, k)
	r.mu.Unlock()
	if remove := r.kinds[k.Kind].remove; remove != nil {
		remove(ctx, r.config.Consumers, k)
	}
}

func (r *Registry) entry(k Key) *entry {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.entries[k]
}

// Names returns the names of the account's resources of a kind, sorted.
func (r *Registry) Names(account, kind string) []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var names []string
	for k := range r.entries {
		if k.Account == account && k.Kind == kind {
			names = append(names, k.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Function returns the function of the account, see flowengine.EngineConfig.
func (r *Registry) Function(account, name string) (flowfile.Function, bool) {
	e := r.entry(Key{account, "function", name})
	if e == nil || e.resolved == nil {
		return flowfile.Function{}, false
	}
	return e.resolved.(flowfile.Function), true
}

// Item is a resource to be shown.
type Item struct {
	Key
	Fixed bool
	// Tag differs after each change; "" of a fixed resource.
	Tag string
	// UsedBy are the resources that name it, as paths under /v1.
	UsedBy []string

	created, updated time.Time
	stored           contents
}

// Show returns a value of the type of Kind.Shown. flows are the flows that use it, as
// paths under /v1.
func (i Item) Show(flows []string) any {
	f := Metadata{Name: i.Name, Source: "configuration", UsedBy: append(append([]string{}, flows...), i.UsedBy...)}
	if !i.Fixed {
		f.Source, f.CreatedAt, f.UpdatedAt = "api", &i.created, &i.updated
	}
	return i.stored.show(f)
}

func (r *Registry) item(e *entry) Item {
	return Item{Key: e.Key, Fixed: e.fixed, Tag: e.tag(), UsedBy: r.usedBy(e.Key), created: e.CreatedAt, updated: e.UpdatedAt, stored: e.stored}
}

// usedBy returns the resources that name a secret.
func (r *Registry) usedBy(k Key) []string {
	var paths []string
	for _, e := range r.dependents(k) {
		paths = append(paths, r.kinds[e.Kind].Plural+"/"+e.Name)
	}
	return paths
}

// dependents are the entries that name a secret, sorted.
func (r *Registry) dependents(k Key) []*entry {
	if k.Kind != "secret" {
		return nil
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	var out []*entry
	for _, key := range r.sorted() {
		if e := r.entries[key]; key.Account == k.Account && slices.Contains(e.stored.secretNames(), k.Name) {
			out = append(out, e)
		}
	}
	return out
}

// Get returns a resource, or ErrNotFound.
func (r *Registry) Get(k Key) (Item, error) {
	e := r.entry(k)
	if e == nil {
		return Item{}, ErrNotFound
	}
	return r.item(e), nil
}

// List returns the account's resources of a kind by name, those after the name
// after, at most limit, and whether there are more.
func (r *Registry) List(account, kind, after string, limit int) (items []Item, more bool) {
	for _, name := range r.Names(account, kind) {
		if name <= after {
			continue
		}
		if len(items) == limit {
			return items, true
		}
		if item, err := r.Get(Key{account, kind, name}); err == nil { // unless it was just deleted
			items = append(items, item)
		}
	}
	return items, false
}
