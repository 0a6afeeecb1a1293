package prompt_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/fairshare"
	"ringflow/internal/prompt"
	"ringflow/media"
	"ringflow/tts"
)

// tone is a WAV file of so long.
func tone(d time.Duration) []byte { return media.EncodeWAV(media.Tone(-10, d, 440)) }

func has(l *prompt.Library, account, name string) bool {
	_, ok := l.Find(account, name)
	return ok
}

func fault(l *prompt.Library, account, name string) error {
	p, _ := l.Find(account, name)
	return p.Fault
}

func openLibrary(t *testing.T, fixed, uploads string) *prompt.Library {
	t.Helper()
	l := prompt.NewLibrary(nil, errors.New("no speech"))
	folder, err := prompt.ReadFolder(fixed)
	if err != nil {
		t.Fatal(err)
	}
	l.SetFolder("acme", folder)
	if err := l.LoadUploads(uploads, []string{"acme", "other"}); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestUploadedPrompts(t *testing.T) {
	fixed, uploads := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(fixed, "fixed.wav"), tone(time.Second), 0o600); err != nil {
		t.Fatal(err)
	}
	l := openLibrary(t, fixed, uploads)
	made, err := l.Create("acme", "hello", tone(2*time.Second))
	if err != nil || made.Name != "hello" || made.Duration != 2*time.Second || made.ReadOnly || made.Bytes != len(tone(2*time.Second)) {
		t.Fatalf("%+v, %v", made, err)
	}
	if has(l, "other", "hello") {
		t.Error("another account has it too")
	}
	var bad *prompt.AudioError
	if _, err := l.Replace("acme", "hello", []byte("no sound")); !errors.As(err, &bad) {
		t.Errorf("no sound: %v", err)
	}
	if _, err := l.Create("acme", "large", make([]byte, prompt.MaxBytes+1)); !errors.As(err, &bad) {
		t.Errorf("too large: %v", err)
	}
	for what, c := range map[string]struct{ got, want error }{
		"create twice":  {second(l.Create("acme", "hello", tone(time.Second))), prompt.ErrExists},
		"create fixed":  {second(l.Create("acme", "fixed.wav", tone(time.Second))), prompt.ErrExists},
		"replace fixed": {second(l.Replace("acme", "fixed.wav", tone(time.Second))), prompt.ErrReadOnly},
		"delete fixed":  {l.Delete("acme", "fixed.wav"), prompt.ErrReadOnly},
		"replace none":  {second(l.Replace("other", "hello", tone(time.Second))), prompt.ErrNotFound},
		"delete none":   {l.Delete("other", "hello"), prompt.ErrNotFound},
		"empty name":    {second(l.Create("acme", "", tone(time.Second))), prompt.ErrName},
		"leaves folder": {second(l.Create("acme", "../x", tone(time.Second))), prompt.ErrName},
		"hidden":        {second(l.Create("acme", ".half-1", tone(time.Second))), prompt.ErrName},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}
	if _, err := l.Replace("acme", "hello", tone(3*time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Create("acme", "bye", tone(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := l.Delete("acme", "bye"); err != nil {
		t.Fatal(err)
	}

	// A restart finds what was there, and nothing that was half written.
	left := filepath.Join(uploads, "acme", ".half-7")
	if err := os.WriteFile(left, []byte("RIFF"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := openLibrary(t, fixed, uploads)
	var names []string
	for _, p := range again.List("acme") {
		names = append(names, p.Name)
		if p.Name == "hello" && (p.Duration != 3*time.Second || p.ReadOnly) {
			t.Errorf("after a restart: %+v", p)
		}
	}
	if !slices.Equal(names, []string{"fixed.wav", "hello"}) {
		t.Errorf("after a restart: %v", names)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a file is still there: %v", err)
	}
}

func second(_ prompt.Info, err error) error { return err }

// A file without sound is no prompt, wherever it comes from. What an older version
// took stays, so that the new one starts: it can be seen and replaced.
func TestAPromptWithoutSound(t *testing.T) {
	fixed, uploads := t.TempDir(), t.TempDir()
	silent, halfSample := tone(0), append(tone(0), 1)
	l := openLibrary(t, fixed, uploads)
	for _, file := range [][]byte{silent, halfSample, []byte("ID3\x03\x00\x00\x00\x00\x00\x00")} {
		var bad *prompt.AudioError
		if _, err := l.Create("acme", "hello", file); !errors.As(err, &bad) || !errors.Is(err, media.ErrNoSamples) || has(l, "acme", "hello") {
			t.Errorf("%d bytes: %v", len(file), err)
		}
	}
	if _, err := l.Create("acme", "hello", media.EncodeWAV(make([]int16, 8000))); err != nil {
		t.Errorf("a second of silence: %v", err)
	}
	if _, err := l.Replace("acme", "hello", halfSample); !errors.Is(err, media.ErrNoSamples) || l.List("acme")[0].Duration != time.Second {
		t.Errorf("in the place of another: %v", err)
	}
	if err := os.WriteFile(filepath.Join(uploads, "acme", "old"), halfSample, 0o600); err != nil {
		t.Fatal(err)
	}
	again := openLibrary(t, fixed, uploads)
	if p := again.List("acme"); len(p) != 2 || p[1].Name != "old" || p[1].Duration != 0 || p[1].ReadOnly {
		t.Errorf("after a restart: %+v", p)
	}
	if _, err := again.Replace("acme", "old", tone(time.Second)); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(fixed, "nothing.wav"), halfSample, 0o600); err != nil {
		t.Fatal(err)
	}
	folder, err := prompt.ReadFolder(fixed)
	if faults := folder.Faults(); err != nil || len(faults) != 1 || !errors.Is(faults[0], media.ErrNoSamples) || !strings.Contains(faults[0].Error(), "nothing.wav") {
		t.Errorf("in a folder of the configuration: %v, %v", faults, err)
	}
}

// A file that cannot be played is in nobody's way: it is told by name, it is refused to
// who would play it, and what was uploaded can be replaced and deleted.
func TestAFileThatCannotBePlayedIsAPromptWithAFault(t *testing.T) {
	fixed, uploads := t.TempDir(), t.TempDir()
	write := func(dir, name string, data []byte) {
		t.Helper()
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(fixed, "bad.mp3", []byte("this is no sound"))
	write(fixed, "empty.wav", nil)
	write(fixed, "good.wav", tone(time.Second))
	write(fixed, "large.wav", make([]byte, prompt.MaxBytes+1))
	if err := os.Symlink("nowhere", filepath.Join(fixed, "lost.wav")); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(uploads, "acme")
	write(own, "replaced", []byte("neither"))
	write(own, "deleted", []byte("neither"))
	l := openLibrary(t, fixed, uploads)
	folder, err := prompt.ReadFolder(fixed)
	if err != nil {
		t.Fatal(err)
	}
	var changes []string
	for _, fault := range folder.Faults() {
		name, _, _ := strings.Cut(fault.Error(), " ")
		if changes = append(changes, name); strings.Contains(fault.Error(), fixed) {
			t.Errorf("where the files of the server lie is told: %v", fault)
		}
	}
	if want := []string{"bad.mp3", "empty.wav", "large.wav", "lost.wav"}; !slices.Equal(changes, want) {
		t.Errorf("told of %q, want %q", changes, want)
	}
	for _, p := range l.List("acme") {
		_, err := l.Resolve(t.Context(), "acme", flowfile.Audio{File: p.Name})
		if bad := p.Name != "good.wav"; (p.Fault != nil) != bad || (fault(l, "acme", p.Name) != nil) != bad || (err != nil) != bad || errors.Is(err, prompt.ErrNotFound) {
			t.Errorf("%+v, %v", p, err)
		}
		if would, _ := l.FindWith("acme", p.Name, prompt.Folder{}); (would.Fault != nil) != (p.Fault != nil && !p.ReadOnly) {
			t.Errorf("without the folder, %s is %v", p.Name, would)
		}
	}
	if _, err := l.Create("acme", "replaced", tone(time.Second)); !errors.Is(err, prompt.ErrExists) {
		t.Errorf("created beside the one with a fault: %v", err)
	}
	if p, err := l.Replace("acme", "replaced", tone(time.Second)); err != nil || p.Fault != nil || fault(l, "acme", "replaced") != nil {
		t.Errorf("%+v, %v", p, err)
	}
	if err := l.Delete("acme", "deleted"); err != nil || has(l, "acme", "deleted") {
		t.Error(err)
	}
	write(fixed, "bad.mp3", tone(time.Second))
	if folder, err = prompt.ReadFolder(fixed); err != nil {
		t.Fatal(err)
	}
	if l.SetFolder("acme", folder); fault(l, "acme", "bad.mp3") != nil {
		t.Error("a file that was mended is still refused")
	}
}

// Of many who create a prompt of one name, one does; those who look meanwhile
// find a whole one or none.
func TestPromptsChangeUnderTheirReaders(t *testing.T) {
	l := openLibrary(t, t.TempDir(), t.TempDir())
	var wg sync.WaitGroup
	made := make(chan error, 8)
	for range cap(made) {
		wg.Go(func() { made <- second(l.Create("acme", "hello", tone(time.Second))) })
		wg.Go(func() {
			for _, p := range l.List("acme") {
				if p.Duration < time.Second {
					t.Errorf("half a prompt: %+v", p)
				}
			}
		})
		wg.Go(func() { _, _ = l.Replace("acme", "hello", tone(2*time.Second)) })
	}
	wg.Wait()
	close(made)
	created := 0
	for err := range made {
		if err == nil {
			created++
		} else if !errors.Is(err, prompt.ErrExists) {
			t.Error(err)
		}
	}
	if created != 1 {
		t.Errorf("it was created %d times", created)
	}
}

// A change that cannot be written to the disk changes nothing.
func TestPromptOnABrokenDisk(t *testing.T) {
	uploads := t.TempDir()
	l := openLibrary(t, t.TempDir(), uploads)
	if err := os.RemoveAll(uploads); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Create("acme", "hello", tone(time.Second)); !errors.Is(err, record.ErrUnavailable) || has(l, "acme", "hello") {
		t.Errorf("stored nowhere: %v", err)
	}
}

// A folder of the configuration that is read again replaces what it brought
// before, and nothing else.
func TestAFolderThatIsReadAgain(t *testing.T) {
	fixed, uploads := t.TempDir(), t.TempDir()
	write := func(name string, d time.Duration) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(fixed, name), tone(d), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("goes.wav", time.Second)
	write("stays.wav", time.Second)
	write("changes.wav", time.Second)
	l := openLibrary(t, fixed, uploads)
	for _, name := range []string{"uploaded", "taken.wav"} {
		if _, err := l.Create("acme", name, tone(3*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(fixed, "goes.wav")); err != nil {
		t.Fatal(err)
	}
	write("changes.wav", 2*time.Second)
	write("taken.wav", 2*time.Second)
	folder, err := prompt.ReadFolder(fixed)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]time.Duration{"stays.wav": time.Second, "changes.wav": 2 * time.Second, "uploaded": 3 * time.Second, "taken.wav": 2 * time.Second}
	for _, name := range []string{"goes.wav", "stays.wav", "changes.wav", "uploaded", "taken.wav", "never"} {
		_, there := want[name]
		if _, would := l.FindWith("acme", name, folder); would != there {
			t.Errorf("%s would be there: %t", name, !there)
		}
	}
	l.SetFolder("acme", folder)
	prompts := l.List("acme")
	for _, p := range prompts {
		if p.Duration != want[p.Name] || p.ReadOnly != (p.Name != "uploaded") {
			t.Errorf("%+v", p)
		}
	}
	if len(prompts) != len(want) {
		t.Errorf("%d prompts: %+v", len(prompts), prompts)
	}
}

// toneEngine speaks every text as a tone of 1 kHz, a tenth of a second a letter, in
// every voice but "nobody".
type toneEngine struct{}

func (toneEngine) Name() string { return "tone" }
func (toneEngine) Voice(_ context.Context, language, voice string) (tts.Voice, error) {
	if voice == "nobody" {
		return tts.Voice{}, tts.ErrVoice
	}
	return tts.Voice{ID: language + " " + voice, Name: voice}, nil
}
func (toneEngine) Synthesize(_ context.Context, s tts.Speech) ([]int16, error) {
	return media.Tone(-10, time.Duration(len(s.Text))*100*time.Millisecond, 1000), nil
}

// What is prepared is all that can be known before a call: whether a prompt is there,
// and whether a text can be spoken.
func TestPreparingFindsWhatCannotBePlayed(t *testing.T) {
	cache, err := tts.NewCache(toneEngine{}, t.TempDir(), 1<<20, fairshare.New(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	l := prompt.NewLibrary(cache, nil)
	if err := l.LoadUploads(t.TempDir(), []string{"acme"}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Create("acme", "there.wav", tone(time.Second)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		audio flowfile.Audio
		want  error
	}{
		{flowfile.Audio{File: "there.wav"}, nil},
		{flowfile.Audio{File: "lost.wav"}, prompt.ErrNotFound},
		{flowfile.Audio{}, prompt.ErrNotFound},
		{flowfile.Audio{Speech: &flowfile.Speech{Text: "a"}}, nil},
		{flowfile.Audio{Speech: &flowfile.Speech{Text: "a", Voice: "nobody"}}, tts.ErrVoice},
		{flowfile.Audio{Speech: &flowfile.Speech{Text: strings.Repeat("a", tts.MaxText+1)}}, tts.ErrText},
	} {
		if _, err := l.Resolve(t.Context(), "acme", c.audio); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%+v: %v, want %v", c.audio, err, c.want)
		}
	}
}
