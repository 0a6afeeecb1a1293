package tts

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"ringflow/internal/fairshare"
	"ringflow/media"
)

// Cache keeps prompts by engine, voice and text: in memory up to a number of bytes, on disk
// up to another, the least recently used removed first. Any goroutine may use it. A speech
// that an account asks for several times at once is rendered once. Prompts are shared by
// all accounts, and so is the engine.
type Cache struct {
	engine Synthesizer
	disk   *diskCache
	limit  int

	ctx  context.Context // of all renderings; ends with Close
	stop context.CancelFunc
	wg   sync.WaitGroup

	capacity *fairshare.Semaphore // a unit for each rendering

	mu         sync.Mutex // guards the fields below
	renderings map[renderingKey]*rendering
	byKey      map[string]*list.Element
	order      *list.List // of *entry, the most recently used first
	size       int
}

// renderingKey is a speech that is rendered for an account. Other accounts do not wait for
// it: it may be queued behind many of its own.
type renderingKey struct{ account, key string }

// rendering is one speech that is rendered; prompt and err are set before done closes.
type rendering struct {
	done   chan struct{}
	prompt *media.Prompt
	err    error

	// Waiting callers, and whether the engine renders; guarded by the cache's mu.
	waiting int
	started bool
	// wanted ends with errAbandoned if the last caller leaves before started.
	wanted  context.Context
	abandon context.CancelCauseFunc
}

// errAbandoned: no caller waits for the speech any more.
var errAbandoned = errors.New("nobody waits for the speech")

type entry struct {
	key    string
	prompt *media.Prompt
	size   int
}

// NewCache keeps what engine renders under dir, which it creates: up to limit bytes in
// memory, and eight times as many on disk. capacity bounds the renderings at a time.
func NewCache(engine Synthesizer, dir string, limit int, capacity *fairshare.Semaphore) (*Cache, error) {
	disk, err := openDiskCache(dir, 8*int64(limit))
	if err != nil {
		return nil, fmt.Errorf("open the speech cache: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Cache{
		engine: engine, disk: disk, limit: limit, ctx: ctx, stop: stop,
		renderings: map[renderingKey]*rendering{}, capacity: capacity,
		byKey: map[string]*list.Element{}, order: list.New(),
	}, nil
}

// Close ends the renderings and waits for them. Prompt must not be called after it.
func (c *Cache) Close() {
	c.stop()
	c.wg.Wait()
}

// Prompt returns the speech as a prompt, rendered if it is not kept. A call ends with its
// ctx; the rendering goes on for the others and, once started, for the next call. One that
// no call waits for is dropped before it starts.
func (c *Cache) Prompt(ctx context.Context, account string, s Speech) (*media.Prompt, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	voice, err := c.engine.Voice(ctx, s.Language, s.Voice)
	if err != nil {
		return nil, err
	}
	key := c.key(voice, s.Text)
	if p := c.lookUp(key); p != nil {
		return p, nil
	}
	of := renderingKey{account, key}
	f := c.join(of, s)
	select {
	case <-f.done:
		return f.prompt, f.err
	case <-ctx.Done():
		c.removeWaiter(of, f)
		return nil, ctx.Err()
	}
}

// join returns the rendering of a speech, and starts one if there is none.
func (c *Cache) join(of renderingKey, s Speech) *rendering {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, ok := c.renderings[of]; ok {
		f.waiting++
		return f
	}
	f := &rendering{done: make(chan struct{}), waiting: 1}
	f.wanted, f.abandon = context.WithCancelCause(c.ctx)
	c.renderings[of] = f
	c.wg.Go(func() {
		f.prompt, f.err = c.render(c.ctx, f, of, s)
		f.abandon(nil)
		c.mu.Lock()
		if c.renderings[of] == f {
			delete(c.renderings, of)
		}
		c.mu.Unlock()
		close(f.done)
	})
	return f
}

// removeWaiter counts a call out.
func (c *Cache) removeWaiter(of renderingKey, f *rendering) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting--; f.waiting == 0 && !f.started && c.renderings[of] == f {
		delete(c.renderings, of)
		f.abandon(errAbandoned)
	}
}

func (c *Cache) key(v Voice, text string) string {
	sum := sha256.New()
	for _, part := range []string{c.engine.Name(), v.ID, text} {
		fmt.Fprintf(sum, "%d:%s,", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// render reads the speech from disk, or has the engine render it. A damaged file is
// rendered again; a disk error costs only the next restart.
func (c *Cache) render(ctx context.Context, f *rendering, of renderingKey, s Speech) (*media.Prompt, error) {
	name := of.key + ".wav"
	if data, err := c.disk.read(name); err == nil {
		if pcm, err := media.DecodePCM(data); err == nil {
			return c.add(of.key, media.NewPrompt(pcm)), nil
		}
	}
	release, err := c.capacity.Acquire(f.wanted, of.account)
	if err != nil {
		return nil, err
	}
	defer release()
	c.mu.Lock()
	f.started = f.wanted.Err() == nil
	c.mu.Unlock()
	if !f.started { // its last caller has just gone
		return nil, context.Cause(f.wanted)
	}
	if p := c.lookUp(of.key); p != nil { // another account was first
		return p, nil
	}
	pcm, err := c.engine.Synthesize(ctx, s)
	if err != nil {
		return nil, err
	}
	_ = c.disk.write(name, media.EncodeWAV(pcm))
	return c.add(of.key, media.NewPrompt(pcm)), nil
}

func (c *Cache) lookUp(key string) *media.Prompt {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*entry).prompt
}

func (c *Cache) add(key string, p *media.Prompt) *media.Prompt {
	const bytesPerSample = 2 // each sample is held as one byte of µ-law and one of A-law
	size := int(p.Duration().Seconds()*8000) * bytesPerSample
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		return e.Value.(*entry).prompt
	}
	c.byKey[key] = c.order.PushFront(&entry{key, p, size})
	c.size += size
	for c.size > c.limit && c.order.Len() > 1 {
		oldest := c.order.Remove(c.order.Back()).(*entry)
		delete(c.byKey, oldest.key)
		c.size -= oldest.size
	}
	return p
}
