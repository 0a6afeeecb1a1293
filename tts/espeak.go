package tts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"ringflow/media"
)

// Espeak is the espeak-ng program, the engine that needs no network and no
// licence. Each utterance is one process; at most cap(slots) run at once.
type Espeak struct {
	path    string
	version string
	voices  map[string]bool // languages, in lower case
	slots   chan struct{}
}

// longestSpeaking bounds one process: it takes a place from others.
const longestSpeaking = 2 * time.Minute

// NewEspeak finds espeak-ng on the PATH, ErrNoEngine if it is not there.
// Not more than parallel processes speak at once (at least 1).
func NewEspeak(ctx context.Context, parallel int) (*Espeak, error) {
	path, err := exec.LookPath("espeak-ng")
	if err != nil {
		return nil, fmt.Errorf("%w: espeak-ng is not on the PATH (Debian: apt-get install espeak-ng)", ErrNoEngine)
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("ask espeak-ng for its version: %w", err)
	}
	version, _, _ := strings.Cut(string(out), "Data at:")
	list, err := exec.CommandContext(ctx, path, "--voices").Output()
	if err != nil {
		return nil, fmt.Errorf("ask espeak-ng for its voices: %w", err)
	}
	return &Espeak{
		path: path, version: strings.TrimSpace(version),
		voices: languages(string(list)), slots: make(chan struct{}, max(parallel, 1)),
	}, nil
}

// languages reads the table that espeak-ng prints: the language is the second
// word of each line, further ones stand in brackets at its end: (en-uk 2)(en 2).
func languages(table string) map[string]bool {
	found := map[string]bool{}
	for line := range strings.Lines(table) {
		words := strings.Fields(line)
		if len(words) < 2 || words[1] == "Language" {
			continue
		}
		found[strings.ToLower(words[1])] = true
		for _, w := range words[2:] {
			if more, ok := strings.CutPrefix(w, "("); ok {
				found[strings.ToLower(more)] = true
			}
		}
	}
	return found
}

// Speaks implements Synthesizer.
func (e *Espeak) Speaks(language string) bool {
	return language == "" || e.voices[strings.ToLower(language)]
}

// Name implements Synthesizer.
func (e *Espeak) Name() string { return e.version }

// Synthesize implements Synthesizer. The text goes in by standard input, so no
// text can be taken for an option.
func (e *Espeak) Synthesize(ctx context.Context, s Speech) ([]int16, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	voice := s.Voice
	if voice == "" {
		voice = strings.ToLower(s.Language)
	}
	if voice == "" {
		voice = "en-us"
	}
	timed, cancel := context.WithTimeoutCause(ctx, longestSpeaking, fmt.Errorf("espeak-ng has not spoken after %s", longestSpeaking))
	defer cancel()
	cmd := exec.CommandContext(timed, e.path, "--stdin", "--stdout", "-b", "1", "-v", voice)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C that drains the server is none of its business
	var wav, complaint bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(s.Text), &wav, &complaint
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case timed.Err() != nil:
		return nil, context.Cause(timed)
	case strings.Contains(complaint.String(), "voice"):
		return nil, fmt.Errorf("%w: %q (espeak-ng --voices lists them)", ErrVoice, voice)
	case err != nil:
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("run espeak-ng: %w: %.200s", err, complaint.String())
		}
		return nil, fmt.Errorf("run espeak-ng: %w", err)
	}
	pcm, err := media.DecodePCM(wav.Bytes())
	if err != nil {
		return nil, fmt.Errorf("read what espeak-ng spoke: %w", err)
	}
	return pcm, nil
}
