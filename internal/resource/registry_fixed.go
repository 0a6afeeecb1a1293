package resource

import (
	"context"
	"reflect"
)

// SetFixed makes what stands in the configuration anew. What differs is in use
// when it returns, what the configuration has lost is not any more: what was made
// over the API under its name comes back. As at the start, the configuration goes
// before what was made over the API, which is kept and not used.
func (b *Registry) SetFixed(ctx context.Context, fixed []Fixed) {
	b.changing.Lock()
	defer b.changing.Unlock()
	stands := make(map[Key]bool)
	for _, f := range fixed {
		stands[f.Key] = true
		b.fix(ctx, f)
	}
	b.mu.RLock()
	var lost []Key
	for k, e := range b.entries {
		if e.fixed && !stands[k] {
			lost = append(lost, k)
		}
	}
	b.mu.RUnlock()
	if lost == nil {
		return
	}
	kept := b.shelved(ctx)
	for _, k := range lost {
		b.unfix(ctx, k, kept[k])
	}
}

// fix has a resource of the configuration used, unless it is already.
func (b *Registry) fix(ctx context.Context, f Fixed) {
	before := b.entry(f.Key)
	if before != nil && before.fixed && reflect.DeepEqual(before.resolved, f.resolved) {
		return
	}
	if before != nil && !before.fixed {
		b.shadowed(f.Key)
	}
	e := &entry{Record: Record{Key: f.Key}, fixed: true, kept: f.kept, resolved: f.resolved}
	b.mu.Lock()
	b.entries[f.Key] = e
	b.mu.Unlock()
	b.use(ctx, b.kinds[f.Kind], e)
}

// unfix takes what the configuration has lost out of use, or uses what the shelf
// has under its name, which may be nothing.
func (b *Registry) unfix(ctx context.Context, k Key, kept *Record) {
	var e *entry
	if kept != nil {
		var err error
		if e, err = b.unseal(ctx, *kept); err != nil {
			b.config.Log.Error("it cannot be used", "account", k.Account, k.Kind, k.Name, "error", err)
		}
	}
	if e == nil {
		b.mu.Lock()
		delete(b.entries, k)
		b.mu.Unlock()
		b.kinds[k.Kind].unset(ctx, b.config.Consumers, k)
		return
	}
	b.use(ctx, b.kinds[k.Kind], e) // before anybody sees it: it does not change afterwards
	b.mu.Lock()
	b.entries[k] = e
	b.mu.Unlock()
}

// shelved returns what lies on the shelf. What cannot be read is told, and comes
// back at the next start.
func (b *Registry) shelved(ctx context.Context) map[Key]*Record {
	records, err := b.config.Storage.Records(ctx)
	if err != nil {
		b.config.Log.Error("what was made over the API in the place of what the configuration has lost is used after the next start", "error", err)
	}
	kept := make(map[Key]*Record)
	for i := range records {
		kept[records[i].Key] = &records[i]
	}
	return kept
}
