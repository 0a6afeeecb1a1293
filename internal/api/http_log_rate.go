package api

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// The bounds of what is logged of refusals within logWindow: so many lines of a
// kind, and so many without a client altogether.
const (
	logWindow            = 10 * time.Second
	linesOfKind          = 10
	linesUnauthenticated = 50
	maxKinds             = 4096
	longestLogged        = 200 // bytes of what a client chooses
)

// logKind is the kind of a line. client is "" where none is authenticated; clients
// cannot choose the rest freely.
type logKind struct {
	client, what string
	status       int
}

// logRate suppresses lines of a kind beyond a rate, so that refused requests fill no
// disk. The next line of the kind says how many were suppressed. The zero value is ready, and its methods may be called by several
// goroutines.
type logRate struct {
	mu              sync.Mutex // guards what follows
	began           time.Time  // the window
	kinds           map[logKind]*logCount
	unauthenticated int // lines without a client in the window
}

type logCount struct {
	passed int // in the window
	held   int // since the last that passed
}

// write logs a line of the kind, unless it is suppressed.
func (l *logRate) write(log *slog.Logger, level slog.Level, k logKind, text string, attributes ...any) {
	held, pass := l.allow(k, time.Now())
	if !pass {
		return
	}
	if held > 0 {
		attributes = append(attributes, "held_back", held)
	}
	log.Log(context.Background(), level, text, attributes...)
}

// allow reports whether a line is logged, and how many were suppressed before it.
func (l *logRate) allow(k logKind, now time.Time) (held int, pass bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kinds == nil {
		l.kinds = make(map[logKind]*logCount)
	}
	if now.Sub(l.began) >= logWindow {
		l.began, l.unauthenticated = now, 0
		for k, c := range l.kinds {
			if c.passed = 0; c.held == 0 {
				delete(l.kinds, k)
			}
		}
	}
	c := l.kinds[k]
	if c == nil {
		if len(l.kinds) >= maxKinds {
			clear(l.kinds)
		}
		c = new(logCount)
		l.kinds[k] = c
	}
	stranger := k.client == ""
	if c.passed >= linesOfKind || stranger && l.unauthenticated >= linesUnauthenticated {
		c.held++
		return 0, false
	}
	if stranger {
		l.unauthenticated++
	}
	held = c.held
	c.passed, c.held = c.passed+1, 0
	return held, true
}

// truncated shortens a text of a client for the log.
func truncated(s string) string { return s[:min(len(s), longestLogged)] }
