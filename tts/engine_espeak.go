package tts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"ringflow/media"
)

// Espeak is the engine espeak-ng, which needs no network and no licence. Each speech is one
// process; at most cap(slots) run at once.
type Espeak struct {
	path    string
	version string
	voices  espeakVoices
	slots   chan struct{}

	mu     sync.Mutex       // guards tried
	trials map[string]error // by the voice's file: whether it has spoken
}

const (
	// maxSpeakTime bounds one process.
	maxSpeakTime = 2 * time.Minute
	// maxTrialTime bounds the process that tries a voice.
	maxTrialTime = 20 * time.Second
)

// NewEspeak finds espeak-ng on the PATH, or returns ErrNoEngine. At most parallel processes
// run at once, at least 1.
func NewEspeak(ctx context.Context, parallel int) (*Espeak, error) {
	path, err := exec.LookPath("espeak-ng")
	if err != nil {
		return nil, fmt.Errorf("%w: espeak-ng is not on the PATH (Debian: apt-get install espeak-ng)", ErrNoEngine)
	}
	var tables [4]string
	for i, of := range []string{"--version", "--voices", "--voices=mb", "--voices=variant"} {
		out, err := exec.CommandContext(ctx, path, of).Output()
		if err != nil {
			return nil, fmt.Errorf("ask espeak-ng for its %s: %w", strings.TrimLeft(of, "-"), err)
		}
		tables[i] = string(out)
	}
	version, _, _ := strings.Cut(tables[0], "Data at:")
	return &Espeak{
		path: path, version: strings.TrimSpace(version),
		voices: readEspeakVoices(tables[1], tables[2], tables[3]), slots: make(chan struct{}, max(parallel, 1)),
		trials: map[string]error{},
	}, nil
}

// Suggestions returns names of voices that name may be a misspelling of: languages, voices
// of other products or, behind a +, variants. Sorted.
func (e *Espeak) Suggestions(name string) (out []string) {
	if base, _, varied := strings.Cut(name, "+"); varied {
		for _, variant := range e.voices.variants {
			out = append(out, base+"+"+variant)
		}
	} else {
		for known := range pollyVoices {
			out = append(out, strings.ToUpper(known[:1])+known[1:])
		}
		out = slices.AppendSeq(out, maps.Keys(e.voices.byTag))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Voice implements Synthesizer. It tries a voice once, without its variant: espeak-ng lists
// voices whose files are not installed.
func (e *Espeak) Voice(ctx context.Context, language, voice string) (Voice, error) {
	chosen, err := e.voices.choose(language, voice)
	if err != nil {
		return Voice{}, err
	}
	file, _, _ := strings.Cut(chosen.ID, "+")
	e.mu.Lock()
	err, tried := e.trials[file]
	e.mu.Unlock()
	if tried {
		return chosen, err
	}
	limit, cancel := context.WithTimeout(ctx, maxTrialTime)
	defer cancel()
	_, err = e.speak(limit, file, "a")
	switch exit := (*exec.ExitError)(nil); {
	case limit.Err() != nil:
		return chosen, fmt.Errorf("try the voice %s: %w", chosen.Name, limit.Err())
	case errors.As(err, &exit) && exit.Exited(), errors.Is(err, media.ErrAudio):
		err = fmt.Errorf("%w: %s does not speak here: %w", ErrVoice, chosen.Name, err)
	case err != nil: // not started, or killed: that says nothing of the voice
		return chosen, fmt.Errorf("try the voice %s: %w", chosen.Name, err)
	}
	e.mu.Lock()
	e.trials[file] = err
	e.mu.Unlock()
	return chosen, err
}

// Name implements Synthesizer.
func (e *Espeak) Name() string { return e.version }

// Synthesize implements Synthesizer.
func (e *Espeak) Synthesize(ctx context.Context, s Speech) ([]int16, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	voice, err := e.Voice(ctx, s.Language, s.Voice)
	if err != nil {
		return nil, err
	}
	return e.speak(ctx, voice.ID, s.Text)
}

// phonemeBrackets replaces the brackets around phonemes by others, of the same pause.
var phonemeBrackets = strings.NewReplacer("[", "(", "]", ")")

// speak renders a text with a voice of the list. The text is standard input, so that it is
// no option.
func (e *Espeak) speak(ctx context.Context, voice, text string) ([]int16, error) {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	timed, cancel := context.WithTimeoutCause(ctx, maxSpeakTime, fmt.Errorf("espeak-ng has not spoken after %s", maxSpeakTime))
	defer cancel()
	cmd := exec.CommandContext(timed, e.path, "--stdin", "--stdout", "-b", "1", "-v", voice)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // not in the terminal's group: a Ctrl-C that drains the server does not end it
	var wav, complaint bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(phonemeBrackets.Replace(text)), &wav, &complaint
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case timed.Err() != nil:
		return nil, context.Cause(timed)
	case err != nil && complaint.Len() > 0:
		return nil, fmt.Errorf("run espeak-ng: %w: %.200s", err, complaint.String())
	case err != nil:
		return nil, fmt.Errorf("run espeak-ng: %w", err)
	}
	pcm, err := media.DecodePCM(wav.Bytes())
	if err != nil {
		return nil, fmt.Errorf("read what espeak-ng spoke: %w", err)
	}
	return pcm, nil
}
