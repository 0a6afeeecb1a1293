package resource

import (
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

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/internal/vault"
)

// Config is what a Registry works with.
type Config struct {
	Storage   Storage
	Vault     *vault.Vault
	Consumers Consumers
	// Accounts are those that there are. Records of others are left alone.
	Accounts []string
	// Fixed is what stands in the configuration.
	Fixed []Fixed
	// Private tells whether the account may reach private addresses; nil: none may.
	Private func(account string) bool
	// CheckSources reports what is wrong with sources of functions of an account, one
	// error each; nil: they are not looked at.
	CheckSources func(account string, sources []string) []error
	Log          *slog.Logger // nil: discarded
}

// Fixed is a resource of the configuration: FixedConnection or FixedWebhook.
type Fixed struct {
	Key
	kept, resolved any
}

// Registry holds all resources of all accounts, and tells those who work with them
// of every change. Its methods may be called by several goroutines.
type Registry struct {
	config Config
	kinds  map[string]*Kind

	changing sync.Mutex // held by whoever changes something, over the disk

	mu      sync.RWMutex // guards entries; an entry itself does not change
	entries map[Key]*entry
}

var _ flowengine.Library = (*Registry)(nil)

// entry is a resource in use.
type entry struct {
	Record   // without Sealed; of a fixed one only the key
	fixed    bool
	kept     any
	resolved any // nil: it cannot be used as it is, the log says why
}

// tag tells versions of an entry apart, for ever.
func (e *entry) tag() string {
	if e == nil || e.fixed {
		return ""
	}
	return strconv.FormatInt(e.CreatedAt.UnixMicro(), 36) + "." + strconv.FormatInt(e.Version, 36)
}

// Open reads what lies on the shelf and has it used. It fails if something there
// is sealed under a key that is not at hand, and says what to do.
func Open(ctx context.Context, c Config) (*Registry, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Private == nil {
		c.Private = func(string) bool { return false }
	}
	b := &Registry{config: c, kinds: map[string]*Kind{}, entries: map[Key]*entry{}}
	for _, k := range Kinds() {
		b.kinds[k.Name] = k
	}
	for _, f := range c.Fixed {
		b.entries[f.Key] = &entry{Record: Record{Key: f.Key}, fixed: true, kept: f.kept, resolved: f.resolved}
	}
	records, err := c.Storage.Records(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		if err := b.load(ctx, r); err != nil {
			return nil, err
		}
	}
	for _, k := range Kinds() {
		for _, key := range b.sorted() {
			if key.Kind == k.Name {
				b.use(ctx, k, b.entries[key])
			}
		}
	}
	return b, nil
}

func (b *Registry) sorted() []Key {
	return slices.SortedFunc(maps.Keys(b.entries), func(x, y Key) int {
		return strings.Compare(x.about(), y.about())
	})
}

// load reads a record and enters it.
func (b *Registry) load(ctx context.Context, r Record) error {
	if b.kinds[r.Kind] == nil || !slices.Contains(b.config.Accounts, r.Account) {
		return nil
	}
	if b.entries[r.Key] != nil {
		b.shadowed(r.Key)
		return nil
	}
	e, err := b.unseal(ctx, r)
	if err == nil {
		b.entries[r.Key] = e
	}
	return err
}

// shadowed says that what was made over the API is not used.
func (b *Registry) shadowed(k Key) {
	b.config.Log.Warn("it stands in the configuration too, which holds; the one that was made over the API is kept and not used", "account", k.Account, k.Kind, k.Name)
}

// unseal unseals a record, and seals it anew if that was done under an old key.
func (b *Registry) unseal(ctx context.Context, r Record) (*entry, error) {
	log := b.config.Log.With("account", r.Account, r.Kind, r.Name)
	plain, err := b.config.Vault.Unseal(r.Sealed, r.about())
	if err != nil {
		return nil, b.unreadable(r.Key, err)
	}
	if b.config.Vault.Stale(r.Sealed) {
		again := r
		if again.Sealed, err = b.config.Vault.Seal(plain, r.about()); err == nil {
			err = b.config.Storage.PutRecord(ctx, again, r.Version)
		}
		if err != nil {
			log.Warn("it is not sealed under the new key yet: leave the old one in the file", "error", err)
		}
	}
	kept, err := b.kinds[r.Kind].read(plain)
	if err != nil {
		return nil, fmt.Errorf("read %s %s of account %s: %w", r.Kind, r.Name, r.Account, err)
	}
	r.Sealed = nil
	return &entry{Record: r, kept: kept}, nil
}

// unreadable says what to do about a record that cannot be unsealed.
func (b *Registry) unreadable(k Key, err error) error {
	what := "does not hold the key that sealed it"
	switch {
	case errors.Is(err, vault.ErrDamaged):
		what = "holds the key, but it is damaged"
	case !b.config.Vault.Exists():
		what = "does not exist"
	}
	return fmt.Errorf("unseal %s %s of account %s: the secrets key %s %s: put back the file that belongs to this database; "+
		"if it is lost for good, `ringflow secret discard` removes what nobody can read any more", k.Kind, k.Name, k.Account, b.config.Vault.Path(), what)
}

// use resolves an entry and tells those who work with it. What cannot be used is
// listed and may be written anew.
func (b *Registry) use(ctx context.Context, kind *Kind, e *entry) {
	log := b.config.Log.With("account", e.Account, e.Kind, e.Name)
	if !e.fixed {
		resolved, err := kind.resolve(b.place(e.Key, nil), e.kept)
		if err != nil {
			log.Error("it cannot be used", "error", err)
			return
		}
		e.resolved = resolved
	}
	if err := kind.set(ctx, b.config.Consumers, e.resolved); err != nil {
		log.Error("it cannot be used", "error", err)
	}
}

// place is where a resource works; secrets under the names in instead hold those
// values.
func (b *Registry) place(k Key, instead map[string]string) place {
	return place{Key: k, private: b.config.Private(k.Account),
		secret: func(name string) (string, bool) {
			if value, given := instead[name]; given {
				return value, true
			}
			if e := b.entry(Key{k.Account, "secret", name}); e != nil && e.resolved != nil {
				return e.resolved.(string), true
			}
			return "", false
		},
		secrets: func() []string { return b.Names(k.Account, "secret") },
	}
}

func (b *Registry) entry(k Key) *entry {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.entries[k]
}

// Names returns the names of the account's resources of a kind, sorted.
func (b *Registry) Names(account, kind string) []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var names []string
	for k := range b.entries {
		if k.Account == account && k.Kind == kind {
			names = append(names, k.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Function implements flowengine.Library.
func (b *Registry) Function(account, name string) (flowfile.Function, bool) {
	e := b.entry(Key{account, "function", name})
	if e == nil || e.resolved == nil {
		return flowfile.Function{}, false
	}
	return e.resolved.(flowfile.Function), true
}

// Item is a resource as it is shown.
type Item struct {
	Key
	Fixed bool
	// Tag is another one after each change, "" of what is fixed.
	Tag string
	// UsedBy are the resources that name it, as paths under /v1.
	UsedBy []string

	created, updated time.Time
	kind             *Kind
	kept             any
}

// Show returns what is shown of it: a value of the type of Kind.Shown. flows are
// the flows that use it, as paths under /v1.
func (i Item) Show(flows []string) any {
	f := Metadata{Name: i.Name, Source: "configuration", UsedBy: append(append([]string{}, flows...), i.UsedBy...)}
	if !i.Fixed {
		f.Source, f.CreatedAt, f.UpdatedAt = "api", &i.created, &i.updated
	}
	return i.kind.show(f, i.kept)
}

// Page returns a value of the type of Kind.List.
func (k *Kind) Page(items []any, next *string) any { return k.list(items, next) }

func (b *Registry) item(e *entry) Item {
	return Item{Key: e.Key, Fixed: e.fixed, Tag: e.tag(), UsedBy: b.usedBy(e.Key), created: e.CreatedAt, updated: e.UpdatedAt, kind: b.kinds[e.Kind], kept: e.kept}
}

// usedBy returns the resources that name a secret.
func (b *Registry) usedBy(k Key) []string {
	var paths []string
	for _, e := range b.dependents(k) {
		paths = append(paths, b.kinds[e.Kind].Plural+"/"+e.Name)
	}
	return paths
}

// dependents are the entries that name a secret, sorted.
func (b *Registry) dependents(k Key) []*entry {
	if k.Kind != "secret" {
		return nil
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	var out []*entry
	for _, key := range b.sorted() {
		if e := b.entries[key]; key.Account == k.Account && slices.Contains(b.kinds[key.Kind].names(e.kept), k.Name) {
			out = append(out, e)
		}
	}
	return out
}

// Get returns a resource, or ErrNotFound.
func (b *Registry) Get(k Key) (Item, error) {
	e := b.entry(k)
	if e == nil {
		return Item{}, ErrNotFound
	}
	return b.item(e), nil
}

// List returns the account's resources of a kind by name, those after the name
// after, at most limit, and whether there are more.
func (b *Registry) List(account, kind, after string, limit int) (items []Item, more bool) {
	for _, name := range b.Names(account, kind) {
		if name <= after {
			continue
		}
		if len(items) == limit {
			return items, true
		}
		if item, err := b.Get(Key{account, kind, name}); err == nil { // it may just have been deleted
			items = append(items, item)
		}
	}
	return items, false
}
