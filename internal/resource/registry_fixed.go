package resource

import (
	"context"
	"reflect"
)

// SetFixed replaces the resources of the configuration. What differs is applied when it
// returns; of what the configuration no longer has, the resource that was made over
// the API under its name is used again. As at the start, the configuration takes
// precedence over what was made over the API, which stays stored.
func (r *Registry) SetFixed(ctx context.Context, fixed []Fixed) {
	r.changing.Lock()
	defer r.changing.Unlock()
	present := make(map[Key]bool)
	for _, f := range fixed {
		present[f.Key] = true
		r.fix(ctx, f)
	}
	r.mu.RLock()
	var lost []Key
	for k, e := range r.entries {
		if e.fixed && !present[k] {
			lost = append(lost, k)
		}
	}
	r.mu.RUnlock()
	if lost == nil {
		return
	}
	stored := r.stored(ctx)
	for _, k := range lost {
		r.unfix(ctx, k, stored[k])
	}
}

// fix applies a resource of the configuration, unless it already is.
func (r *Registry) fix(ctx context.Context, f Fixed) {
	before := r.entry(f.Key)
	if before != nil && before.fixed && reflect.DeepEqual(before.resolved, f.resolved) {
		return
	}
	if before != nil && !before.fixed {
		r.warnShadowed(f.Key)
	}
	e := &entry{Record: Record{Key: f.Key}, fixed: true, stored: f.stored, resolved: f.resolved}
	r.set(e)
	r.activate(ctx, e)
}

// unfix removes a resource that the configuration no longer has, or applies the stored
// one of its name.
func (r *Registry) unfix(ctx context.Context, k Key, stored *Record) {
	var e *entry
	if stored != nil {
		var err error
		if e, err = r.unseal(ctx, *stored); err != nil {
			r.config.Log.Error("it cannot be used", "account", k.Account, k.Kind, k.Name, "error", err)
		}
	}
	if e == nil {
		r.remove(ctx, k)
		return
	}
	r.activate(ctx, e) // before it is visible: it does not change afterwards
	r.set(e)
}

// stored returns all records. A failure is logged: they are used after the next start.
func (r *Registry) stored(ctx context.Context) map[Key]*Record {
	records, err := r.config.Storage.Records(ctx)
	if err != nil {
		r.config.Log.Error("what was made over the API in the place of what the configuration has lost is used after the next start", "error", err)
	}
	stored := make(map[Key]*Record)
	for i := range records {
		stored[records[i].Key] = &records[i]
	}
	return stored
}
