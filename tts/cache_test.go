package tts_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringflow/internal/fairshare"
	"ringflow/media"
	"ringflow/tts"
)

// counting speaks a tone as long as the text, and counts how often. It waits
// for gate, if there is one, unless its context ends.
type counting struct {
	name  string
	spoke atomic.Int32
	gate  chan struct{}
	err   error
}

func (c *counting) Name() string { return c.name }
func (c *counting) Voice(_ context.Context, language, voice string) (tts.Voice, error) {
	return tts.Voice{ID: strings.ToLower(strings.ReplaceAll(language, "_", "-")) + " " + voice}, nil
}
func (c *counting) Synthesize(ctx context.Context, s tts.Speech) ([]int16, error) {
	c.spoke.Add(1)
	if c.gate != nil {
		select {
		case <-c.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return media.Tone(-6, time.Duration(len(s.Text))*time.Second, 440), c.err
}

func newCache(t *testing.T, e tts.Synthesizer, dir string, limit int) *tts.Cache {
	c, err := tts.NewCache(e, dir, limit, fairshare.New(runtime.NumCPU(), runtime.NumCPU()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func prompt(t *testing.T, c *tts.Cache, s tts.Speech) *media.Prompt {
	p, err := c.Prompt(t.Context(), "acme", s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheSameSpeechIsSpokenOnce(t *testing.T) {
	e := &counting{gate: make(chan struct{})}
	c := newCache(t, e, t.TempDir(), 1<<20)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { _, _ = c.Prompt(t.Context(), "acme", tts.Speech{Text: "abc"}) })
	}
	close(e.gate)
	all.Wait()
	if p := prompt(t, c, tts.Speech{Text: "abc"}); p.Duration() != 3*time.Second {
		t.Errorf("it lasts %v", p.Duration())
	}
	if n := e.spoke.Load(); n != 1 {
		t.Errorf("it was spoken %d times", n)
	}
}

func TestWhatDiffersIsSpokenApart(t *testing.T) {
	e := &counting{}
	c := newCache(t, e, t.TempDir(), 1<<20)
	for _, s := range []tts.Speech{
		{Text: "a"}, {Text: "a", Language: "de"}, {Text: "a", Voice: "de"}, {Text: "ade"}, {Text: "a", Language: "d", Voice: "e"},
	} {
		prompt(t, c, s)
	}
	if n := e.spoke.Load(); n != 5 {
		t.Errorf("five speeches were spoken %d times", n)
	}
}

func TestARestartRendersNothing(t *testing.T) {
	dir, e := t.TempDir(), &counting{name: "one"}
	prompt(t, newCache(t, e, dir, 1<<20), tts.Speech{Text: "ab"})
	if p := prompt(t, newCache(t, e, dir, 1<<20), tts.Speech{Text: "ab"}); p.Duration() != 2*time.Second || e.spoke.Load() != 1 {
		t.Errorf("after a restart: %v, spoken %d times", p.Duration(), e.spoke.Load())
	}
	other := &counting{name: "two"}
	prompt(t, newCache(t, other, dir, 1<<20), tts.Speech{Text: "ab"})
	if other.spoke.Load() != 1 {
		t.Error("one engine's speech was taken for another's")
	}
}

func TestADamagedFileIsRenderedAgain(t *testing.T) {
	dir, e := t.TempDir(), &counting{}
	prompt(t, newCache(t, e, dir, 1<<20), tts.Speech{Text: "a"})
	files, err := filepath.Glob(filepath.Join(dir, "*.wav"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the cache holds %v, %v", files, err)
	}
	if err := os.WriteFile(files[0], []byte("RIFF"), 0o644); err != nil {
		t.Fatal(err)
	}
	if p := prompt(t, newCache(t, e, dir, 1<<20), tts.Speech{Text: "a"}); p.Duration() != time.Second || e.spoke.Load() != 2 {
		t.Errorf("%v, spoken %d times", p.Duration(), e.spoke.Load())
	}
}

func TestMemoryIsBounded(t *testing.T) {
	e := &counting{}
	c := newCache(t, e, t.TempDir(), 3*16000) // three seconds
	for _, text := range []string{"a", "b", "c", "d", "a"} {
		prompt(t, c, tts.Speech{Text: text})
	}
	if n := e.spoke.Load(); n != 4 { // the fifth came from the disk
		t.Errorf("spoken %d times", n)
	}
}

// A limit of one second in memory is one of eight on disk, of 16,044 bytes each
// as a WAV file.
func TestTheDiskIsBounded(t *testing.T) {
	dir, e := t.TempDir(), &counting{}
	if err := os.WriteFile(filepath.Join(dir, ".part-123"), []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := newCache(t, e, dir, 16044)
	for i := range 30 {
		prompt(t, c, tts.Speech{Text: string(rune('a' + i%26)), Voice: string(rune('a' + i/26))})
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 8 || len(entries) < 6 {
		t.Errorf("the folder holds %d files, %v, want 6 to 8", len(entries), err)
	}
	before := e.spoke.Load()
	prompt(t, newCache(t, e, dir, 16044), tts.Speech{Text: "d", Voice: "b"})
	if e.spoke.Load() != before {
		t.Error("what was spoken last was not kept")
	}
}

func TestFailureIsNotCached(t *testing.T) {
	e := &counting{err: errors.New("out of breath")}
	c := newCache(t, e, t.TempDir(), 1<<20)
	if _, err := c.Prompt(t.Context(), "acme", tts.Speech{Text: "a"}); !errors.Is(err, e.err) {
		t.Errorf("the error is %v", err)
	}
	e.err = nil
	prompt(t, c, tts.Speech{Text: "a"})
}

func TestACallMayStopWaiting(t *testing.T) {
	e := &counting{gate: make(chan struct{})}
	c := newCache(t, e, t.TempDir(), 1<<20)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Prompt(ctx, "acme", tts.Speech{Text: "a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(e.gate)
	prompt(t, c, tts.Speech{Text: "a"})
	if e.spoke.Load() != 1 {
		t.Error("the rendering was lost with the one who left")
	}
}

func TestCloseEndsWhatIsBeingSpoken(t *testing.T) {
	e := &counting{gate: make(chan struct{})}
	c, err := tts.NewCache(e, t.TempDir(), 1<<20, fairshare.New(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = c.Prompt(ctx, "acme", tts.Speech{Text: "a"})
	c.Close() // returns only when the engine has been left
}

// What nobody waits for any more is not spoken before what somebody does: a
// backlog of those who have hung up would leave everybody on the line in silence.
func TestASpeechWithoutACallIsNotRendered(t *testing.T) {
	e := &counting{gate: make(chan struct{})}
	c := newCache(t, e, t.TempDir(), 1<<20)
	var stay, canceled sync.WaitGroup
	ask := func(group *sync.WaitGroup, ctx context.Context, text string, want error) {
		group.Go(func() {
			if _, err := c.Prompt(ctx, "acme", tts.Speech{Text: text}); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", text, err, want)
			}
		})
	}
	for i := range runtime.NumCPU() {
		ask(&stay, t.Context(), fmt.Sprint("first ", i), nil)
	}
	for e.spoke.Load() < int32(runtime.NumCPU()) {
		runtime.Gosched()
	}
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	for i := range 50 {
		ask(&canceled, gone, fmt.Sprint("gone ", i), context.Canceled)
		ask(&canceled, gone, "shared", context.Canceled)
	}
	ask(&stay, t.Context(), "shared", nil)
	canceled.Wait()
	close(e.gate)
	stay.Wait()
	c.Close()
	if n := int(e.spoke.Load()); n != runtime.NumCPU()+1 {
		t.Errorf("%d were spoken, and %d waited", n, runtime.NumCPU()+1)
	}
}

// gated speaks what begins with "slow" when its gate opens, and all else at once.
type gated struct{ counting }

func (e *gated) Synthesize(ctx context.Context, s tts.Speech) ([]int16, error) {
	if !strings.HasPrefix(s.Text, "slow") {
		return media.Tone(-6, time.Second, 440), nil
	}
	return e.counting.Synthesize(ctx, s)
}

// However much one account has to say, another does not wait for it, not even for
// what the first has asked for too.
func TestOneAccountDoesNotUseAllCapacity(t *testing.T) {
	e := &gated{counting{gate: make(chan struct{})}}
	c, err := tts.NewCache(e, t.TempDir(), 1<<20, fairshare.New(2, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if _, err := c.Prompt(t.Context(), "a", tts.Speech{Text: fmt.Sprint("slow ", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	for e.spoke.Load() == 0 {
		runtime.Gosched()
	}
	all.Go(func() { _, _ = c.Prompt(t.Context(), "a", tts.Speech{Text: "hello"}) })
	for _, text := range []string{"hello", "good bye"} {
		if _, err := c.Prompt(t.Context(), "b", tts.Speech{Text: text}); err != nil {
			t.Error(err)
		}
	}
	if n := e.spoke.Load(); n != 1 {
		t.Errorf("%d of the other account's were begun", n)
	}
	close(e.gate)
	all.Wait()
}
