package auth_test

import (
	"cmp"
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"ringflow/internal/auth"
)

// memory keeps tokens as a database would; fail makes it refuse.
type memory struct {
	mu     sync.Mutex
	tokens map[auth.TokenHash]auth.TokenRecord
	used   map[string]bool
	reads  int
	fail   error // of what is written, and read
	full   error // of what is written
	unread error // of AssertionUsed
}

func newMemory() *memory {
	return &memory{tokens: map[auth.TokenHash]auth.TokenRecord{}, used: map[string]bool{}}
}

func (m *memory) AddToken(_ context.Context, t auth.TokenRecord) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := cmp.Or(m.fail, m.full); err != nil {
		return err
	}
	m.tokens[t.Hash] = t
	return nil
}

func (m *memory) Token(_ context.Context, h auth.TokenHash) (auth.TokenRecord, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	if m.fail != nil {
		return auth.TokenRecord{}, m.fail
	}
	t, known := m.tokens[h]
	if !known {
		return auth.TokenRecord{}, auth.ErrNoToken
	}
	return t, nil
}

// UseAssertion lets other goroutines run before it returns, as a disk does.
func (m *memory) UseAssertion(_ context.Context, client, id string, _ time.Time) (bool, error) {
	defer func() {
		for range rand.IntN(20) {
			runtime.Gosched()
		}
	}()
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := cmp.Or(m.fail, m.full); err != nil {
		return false, err
	}
	key := client + "\x00" + id
	first := !m.used[key]
	m.used[key] = true
	return first, nil
}

func (m *memory) AssertionUsed(_ context.Context, client, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.used[client+"\x00"+id], m.unread
}
