package resource

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/vault"
)

// Precondition refuses a change unless the tag is one that the writer expects; "" is
// that there is nothing. It is asked once nobody else can change it.
type Precondition func(tag string) error

// nameChars are those of a name, as in the configuration.
const nameChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// IsName reports whether a resource may have the name.
func IsName(s string) bool { return s != "" && len(s) <= 64 && strings.Trim(s, nameChars) == "" }

// Put writes a resource, and reports whether there was none before. settings
// points to a value of the type of Kind.Settings. It is in use when Put returns.
// It fails with FieldErrors, ErrFixed, ErrTooMany, record.ErrUnavailable or what
// match returns.
func (b *Registry) Put(ctx context.Context, k Key, settings any, match Precondition) (_ Item, created bool, err error) {
	if !IsName(k.Name) {
		return Item{}, false, FieldErrors{{Name: k.Kind, Description: fmt.Sprintf("%.80q is not a name: letters, digits, - and _, at most 64", k.Name)}}
	}
	understand := func(sources []string) []error { return b.config.CheckSources(k.Account, sources) }
	if b.config.CheckSources == nil {
		understand = nil
	}
	if err := b.kinds[k.Kind].look(settings, understand); err != nil {
		return Item{}, false, err
	}
	b.changing.Lock()
	defer b.changing.Unlock()
	before := b.entry(k)
	if err := changeable(before, match); err != nil {
		return Item{}, false, err
	}
	var old any
	if before != nil {
		old = before.kept
	} else if len(b.Names(k.Account, k.Kind)) >= MaxNames {
		return Item{}, false, ErrTooMany
	}
	item, err := b.replace(ctx, k, before, b.kinds[k.Kind].take(settings, old))
	return item, before == nil, err
}

// changeable refuses changes to what is fixed, and those that nobody expects.
func changeable(e *entry, match Precondition) error {
	if e != nil && e.fixed {
		return ErrFixed
	}
	return match(e.tag())
}

// alter changes what is kept of a resource that there is.
func (b *Registry) alter(ctx context.Context, k Key, match Precondition, change func(kept any) (any, error)) (Item, error) {
	b.changing.Lock()
	defer b.changing.Unlock()
	before := b.entry(k)
	if before == nil {
		return Item{}, ErrNotFound
	}
	if err := changeable(before, match); err != nil {
		return Item{}, err
	}
	kept, err := change(before.kept)
	if err != nil {
		return Item{}, err
	}
	return b.replace(ctx, k, before, kept)
}

// replace checks, writes and uses what is to be kept. The caller holds changing.
func (b *Registry) replace(ctx context.Context, k Key, before *entry, kept any) (Item, error) {
	kind := b.kinds[k.Kind]
	resolved, err := kind.resolve(b.place(k, nil), kept)
	if err != nil {
		return Item{}, err
	}
	changed, err := b.follow(k, resolved)
	if err != nil {
		return Item{}, err
	}
	now := time.UnixMicro(time.Now().UnixMicro()).UTC()
	after := &entry{Record: Record{Key: k, Version: 1, CreatedAt: now, UpdatedAt: now}, resolved: resolved}
	version := int64(0)
	if before != nil {
		version, after.CreatedAt = before.Version, before.CreatedAt
		after.Version = version + 1
	}
	if after.kept, err = b.keep(ctx, after.Record, kind, kept, version); err != nil {
		return Item{}, err
	}
	b.mu.Lock()
	b.entries[k] = after
	for _, e := range changed {
		b.entries[e.Key] = e
	}
	b.mu.Unlock()
	for _, e := range append([]*entry{after}, changed...) {
		if err := b.kinds[e.Kind].set(ctx, b.config.Consumers, e.resolved); err != nil {
			return Item{}, fmt.Errorf("use %s %s: %w", e.Kind, e.Name, err)
		}
	}
	b.config.Log.Info("kept", "account", k.Account, "kind", k.Kind, "name", k.Name, "version", after.Version)
	item := b.item(after)
	item.kept = kept // which may hold what is shown this once
	return item, nil
}

// keep seals and writes what is to be kept, and returns it as it will be read.
func (b *Registry) keep(ctx context.Context, r Record, kind *Kind, kept any, before int64) (any, error) {
	plain, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("write %s %s: %w", r.Kind, r.Name, err)
	}
	if r.Sealed, err = b.config.Vault.Seal(plain, r.about()); err != nil {
		return nil, fmt.Errorf("%w: %w", record.ErrUnavailable, err)
	}
	if err := b.config.Storage.PutRecord(ctx, r, before); err != nil {
		return nil, err
	}
	return kind.read(plain)
}

// follow returns what names a secret, as it will be with the secret's new value.
func (b *Registry) follow(k Key, resolved any) (changed []*entry, err error) {
	var wrong FieldErrors
	for _, e := range b.dependents(k) {
		kind := b.kinds[e.Kind]
		again, err := kind.resolve(b.place(e.Key, map[string]string{k.Name: resolved.(string)}), e.kept)
		if err != nil {
			wrong = append(wrong, flowfile.FieldError{Name: "value", Description: fmt.Sprintf("%s %s cannot work with it: %v", e.Kind, e.Name, err)})
			continue
		}
		renewed := *e
		renewed.resolved = again
		changed = append(changed, &renewed)
	}
	if wrong != nil {
		return nil, wrong
	}
	return changed, nil
}

// Delete removes a resource that no other names. Whether flows do is for the
// caller to know. It fails with ErrNotFound, ErrFixed, a *InUseError,
// record.ErrUnavailable or what match returns.
func (b *Registry) Delete(ctx context.Context, k Key, match Precondition) error {
	b.changing.Lock()
	defer b.changing.Unlock()
	e := b.entry(k)
	if e == nil {
		return ErrNotFound
	}
	if err := changeable(e, match); err != nil {
		return err
	}
	if by := b.usedBy(k); len(by) > 0 {
		return &InUseError{By: by}
	}
	if err := b.config.Storage.DeleteRecord(ctx, k, e.Version); err != nil {
		return err
	}
	b.mu.Lock()
	delete(b.entries, k)
	b.mu.Unlock()
	b.kinds[k.Kind].unset(ctx, b.config.Consumers, k)
	b.config.Log.Info("deleted", "account", k.Account, "kind", k.Kind, "name", k.Name)
	return nil
}

// Discard removes every record that the vault cannot unseal, and returns them.
func Discard(ctx context.Context, s Storage, v *vault.Vault) ([]Key, error) {
	records, err := s.Records(ctx)
	if err != nil {
		return nil, err
	}
	var gone []Key
	for _, r := range records {
		if _, err := v.Unseal(r.Sealed, r.about()); err == nil {
			continue
		}
		if err := s.DeleteRecord(ctx, r.Key, r.Version); err != nil {
			return gone, err
		}
		gone = append(gone, r.Key)
	}
	return gone, nil
}
