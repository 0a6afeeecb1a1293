package sip

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// sampler is a slog.Handler that lets each message through once in ten seconds,
// with the number of those that were held back since, so that a flood of garbage
// costs next to nothing and fills no disk. Messages with another "reason" are
// others: that attribute has one of few values, which nobody outside chooses.
type sampler struct {
	next slog.Handler
	seen *sampled
	// floor and ceiling are the lowest level that passes, and the highest that a
	// record keeps.
	floor, ceiling slog.Level
}

type sampled struct {
	mu   sync.Mutex
	last map[sampleKind]*sample
}

// sampleKind is what records have in common of which one in ten seconds passes.
type sampleKind struct{ message, reason string }

type sample struct {
	at   time.Time
	held int
}

const (
	sampleEvery = 10 * time.Second
	sampleKinds = 256 // that are told apart
)

func newSampler(next slog.Handler, floor, ceiling slog.Level) *sampler {
	return &sampler{next: next, seen: &sampled{last: map[sampleKind]*sample{}}, floor: floor, ceiling: ceiling}
}

func (h *sampler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.floor && h.next.Enabled(ctx, min(l, h.ceiling))
}

func (h *sampler) Handle(ctx context.Context, r slog.Record) error {
	kind := sampleKind{message: r.Message}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "reason" {
			kind.reason = a.Value.String()
		}
		return kind.reason == ""
	})
	held, pass := h.seen.admit(kind, time.Now())
	if !pass {
		return nil
	}
	out := r.Clone()
	out.Level = min(r.Level, h.ceiling)
	if held > 0 {
		out.AddAttrs(slog.Int("held_back", held))
	}
	return h.next.Handle(ctx, out)
}

func (h *sampler) WithAttrs(as []slog.Attr) slog.Handler {
	return &sampler{h.next.WithAttrs(as), h.seen, h.floor, h.ceiling}
}

func (h *sampler) WithGroup(name string) slog.Handler {
	return &sampler{h.next.WithGroup(name), h.seen, h.floor, h.ceiling}
}

func (s *sampled) admit(kind sampleKind, now time.Time) (held int, pass bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.last[kind]
	if m == nil {
		if len(s.last) >= sampleKinds {
			clear(s.last)
		}
		m = &sample{}
		s.last[kind] = m
	} else if now.Sub(m.at) < sampleEvery {
		m.held++
		return 0, false
	}
	held = m.held
	m.at, m.held = now, 0
	return held, true
}
