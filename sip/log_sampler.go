package sip

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// sampler is a slog.Handler that passes each message once in ten seconds, with the number
// of those held back since, so that a flood of garbage costs next to nothing and fills no
// disk. Records with another "reason" are sampled apart: that attribute has one of few
// values, none of which a far end chooses.
type sampler struct {
	slog.Handler
	mu   *sync.Mutex // guards last; both are shared with the samplers made of this one
	last map[sampleKind]sample
}

// sampleKind is what records have in common of which one in ten seconds passes.
type sampleKind struct{ message, reason string }

type sample struct {
	at   time.Time
	held int
}

const (
	sampleEvery = 10 * time.Second
	sampleKinds = 256 // that are sampled apart
)

func newSampler(next slog.Handler) *sampler {
	return &sampler{next, new(sync.Mutex), map[sampleKind]sample{}}
}

func (h *sampler) Handle(ctx context.Context, r slog.Record) error {
	kind := sampleKind{message: r.Message}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "reason" {
			kind.reason = a.Value.String()
		}
		return kind.reason == ""
	})
	held, pass := h.allow(kind, time.Now())
	if !pass {
		return nil
	}
	if held > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("held_back", held))
	}
	return h.Handler.Handle(ctx, r)
}

func (h *sampler) WithAttrs(as []slog.Attr) slog.Handler {
	return &sampler{h.Handler.WithAttrs(as), h.mu, h.last}
}

func (h *sampler) WithGroup(name string) slog.Handler {
	return &sampler{h.Handler.WithGroup(name), h.mu, h.last}
}

func (h *sampler) allow(kind sampleKind, now time.Time) (held int, pass bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m, known := h.last[kind]
	switch {
	case known && now.Sub(m.at) < sampleEvery:
		h.last[kind] = sample{m.at, m.held + 1}
		return 0, false
	case !known && len(h.last) >= sampleKinds:
		clear(h.last)
	}
	h.last[kind] = sample{at: now}
	return m.held, true
}
