package prompt

import "sync"

// keyedMutex lets those who want the same thing have it one after the other, and
// nobody wait for those who want another. The zero value is ready; any goroutine
// may use it.
type keyedMutex[K comparable] struct {
	mu sync.Mutex // guards what follows
	of map[K]*turn
}

type turn struct {
	taken  chan struct{} // holds one while somebody has it
	wanted int           // by how many, whoever has it included
}

// take waits for the turn of a thing and returns what gives it back.
func (t *keyedMutex[K]) take(thing K) (done func()) {
	t.mu.Lock()
	mine := t.of[thing]
	if mine == nil {
		if t.of == nil {
			t.of = map[K]*turn{}
		}
		mine = &turn{taken: make(chan struct{}, 1)}
		t.of[thing] = mine
	}
	mine.wanted++
	t.mu.Unlock()
	mine.taken <- struct{}{}
	return func() {
		<-mine.taken
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine.wanted--; mine.wanted == 0 {
			delete(t.of, thing)
		}
	}
}
