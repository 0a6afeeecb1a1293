package sip

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// sampler is a slog.Handler that lets each message through once in ten seconds,
// with the number of those that were held back since. It drops the attribute
// "data", in which sipgo prints whole datagrams, so that a flood of garbage
// costs next to nothing and fills no disk.
type sampler struct {
	next slog.Handler
	seen *sampled
}

type sampled struct {
	mu   sync.Mutex
	last map[string]*sample
}

type sample struct {
	at   time.Time
	held int
}

const (
	sampleEvery = 10 * time.Second
	sampleKinds = 256 // distinct messages that are told apart
)

func newSampler(next slog.Handler) *sampler {
	return &sampler{next: next, seen: &sampled{last: map[string]*sample{}}}
}

// Enabled refuses what is below a warning: sipgo tells every step at lower levels.
func (h *sampler) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.next.Enabled(ctx, l)
}

func (h *sampler) Handle(ctx context.Context, r slog.Record) error {
	held, pass := h.seen.admit(r.Message, time.Now())
	if !pass {
		return nil
	}
	out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != "data" {
			out.AddAttrs(a)
		}
		return true
	})
	if held > 0 {
		out.AddAttrs(slog.Int("held_back", held))
	}
	return h.next.Handle(ctx, out)
}

func (h *sampler) WithAttrs(as []slog.Attr) slog.Handler {
	return &sampler{next: h.next.WithAttrs(as), seen: h.seen}
}

func (h *sampler) WithGroup(name string) slog.Handler {
	return &sampler{next: h.next.WithGroup(name), seen: h.seen}
}

func (s *sampled) admit(message string, now time.Time) (held int, pass bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.last[message]
	if m == nil {
		if len(s.last) >= sampleKinds {
			clear(s.last)
		}
		m = &sample{}
		s.last[message] = m
	} else if now.Sub(m.at) < sampleEvery {
		m.held++
		return 0, false
	}
	held = m.held
	m.at, m.held = now, 0
	return held, true
}
