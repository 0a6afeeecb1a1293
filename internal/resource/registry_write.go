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

// Precondition refuses a change unless the client expects the tag; "" is that of a
// resource that does not exist. It is called when no other change can come between.
type Precondition func(tag string) error

// IsName reports whether a resource may have the name.
func IsName(s string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return s != "" && len(s) <= 64 && strings.Trim(s, allowed) == ""
}

// Put writes a resource, and reports whether there was none before. settings
// points to a value of the type of Kind.Settings. It is in use when Put returns.
// It fails with FieldErrors, ErrFixed, ErrTooMany, record.ErrUnavailable or what
// match returns.
func (r *Registry) Put(ctx context.Context, k Key, settings any, match Precondition) (_ Item, created bool, err error) {
	if !IsName(k.Name) {
		return Item{}, false, FieldErrors{{Name: k.Kind, Description: fmt.Sprintf("%.80q is not a name: letters, digits, - and _, at most 64", k.Name)}}
	}
	kind := r.kinds[k.Kind]
	if kind.check != nil && r.config.CheckSources != nil {
		checkSources := func(sources []string) []error { return r.config.CheckSources(k.Account, sources) }
		if err := kind.check(settings, checkSources); err != nil {
			return Item{}, false, err
		}
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	before := r.entry(k)
	if err := checkChange(before, match); err != nil {
		return Item{}, false, err
	}
	var old contents
	if before != nil {
		old = before.stored
	} else if len(r.Names(k.Account, k.Kind)) >= MaxNames {
		return Item{}, false, ErrTooMany
	}
	stored, _ := settings.(contents)
	if kind.merge != nil {
		stored = kind.merge(settings, old)
	}
	item, err := r.replace(ctx, k, before, stored)
	return item, before == nil, err
}

// checkChange refuses changes of fixed resources, and those against the precondition.
func checkChange(e *entry, match Precondition) error {
	if e != nil && e.fixed {
		return ErrFixed
	}
	return match(e.tag())
}

// update changes what is stored of an existing resource.
func (r *Registry) update(ctx context.Context, k Key, match Precondition, change func(before contents) (contents, error)) (Item, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	before := r.entry(k)
	if before == nil {
		return Item{}, ErrNotFound
	}
	if err := checkChange(before, match); err != nil {
		return Item{}, err
	}
	stored, err := change(before.stored)
	if err != nil {
		return Item{}, err
	}
	return r.replace(ctx, k, before, stored)
}

// replace checks, stores and applies a resource. The caller holds changing.
func (r *Registry) replace(ctx context.Context, k Key, before *entry, stored contents) (Item, error) {
	resolved, err := stored.resolve(environment{k, r, nil})
	if err != nil {
		return Item{}, err
	}
	changed, err := r.resolveDependents(k, resolved)
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
	if after.stored, err = r.store(ctx, after.Record, stored, version); err != nil {
		return Item{}, err
	}
	changed = append([]*entry{after}, changed...)
	r.set(changed...)
	for _, e := range changed {
		if err := r.apply(ctx, e); err != nil {
			return Item{}, fmt.Errorf("use %s %s: %w", e.Kind, e.Name, err)
		}
	}
	r.config.Log.Info("kept", "account", k.Account, "kind", k.Kind, "name", k.Name, "version", after.Version)
	item := r.item(after)
	item.stored = stored // which may hold what is shown this once
	return item, nil
}

// store seals and stores a resource, and returns it as it will be read.
func (r *Registry) store(ctx context.Context, rec Record, stored contents, before int64) (contents, error) {
	plain, err := json.Marshal(stored)
	if err != nil {
		return nil, fmt.Errorf("write %s %s: %w", rec.Kind, rec.Name, err)
	}
	if rec.Sealed, err = r.config.Vault.Seal(plain, rec.about()); err != nil {
		return nil, fmt.Errorf("%w: %w", record.ErrUnavailable, err)
	}
	if err := r.config.Storage.PutRecord(ctx, rec, before); err != nil {
		return nil, err
	}
	return r.kinds[rec.Kind].read(plain)
}

// resolveDependents returns the entries that name a secret, resolved with its new value.
func (r *Registry) resolveDependents(k Key, resolved any) (changed []*entry, err error) {
	var wrong FieldErrors
	for _, e := range r.dependents(k) {
		again, err := e.stored.resolve(environment{e.Key, r, map[string]string{k.Name: resolved.(string)}})
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

// Delete removes a resource that no other names. The caller checks that no flow does. It
// fails with ErrNotFound, ErrFixed, a *InUseError, record.ErrUnavailable or what match
// returns.
func (r *Registry) Delete(ctx context.Context, k Key, match Precondition) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	e := r.entry(k)
	if e == nil {
		return ErrNotFound
	}
	if err := checkChange(e, match); err != nil {
		return err
	}
	if by := r.usedBy(k); len(by) > 0 {
		return &InUseError{By: by}
	}
	if err := r.config.Storage.DeleteRecord(ctx, k, e.Version); err != nil {
		return err
	}
	r.remove(ctx, k)
	r.config.Log.Info("deleted", "account", k.Account, "kind", k.Kind, "name", k.Name)
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
