package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/strict"
	"ringflow/tts"
)

// Speech is the engine that speaks on this machine, which every check of a flow asks:
// at the start, over the API and on the command line.
type Speech struct {
	Engine      tts.Synthesizer            // nil: there is none
	Missing     error                      // why
	suggestions func(name string) []string // of voices that may have been meant
}

// FindSpeech finds the engine. Not more than parallel texts are spoken at once.
func FindSpeech(ctx context.Context, parallel int) Speech {
	engine, lacking := tts.NewEspeak(ctx, parallel)
	if lacking != nil {
		return Speech{Missing: lacking}
	}
	return Speech{Engine: engine, suggestions: engine.Suggestions}
}

// Voice says why nothing speaks a language with a voice, or what speaks in its place, or
// that the voice speaks another language.
func (s Speech) Voice(language, voice string) (near string, err error) {
	if s.Engine == nil {
		return "", s.Missing
	}
	found, err := s.Engine.Voice(context.Background(), language, voice)
	if errors.Is(err, tts.ErrVoice) && voice != "" {
		if near := strict.Nearest(voice, s.suggestions(voice)); near != "" && !strings.EqualFold(near, voice) {
			err = fmt.Errorf("%w: did you mean %s?", err, near)
		}
	}
	return cmp.Or(found.Mismatch, found.Substitute), err
}

// Renderer is what checks ask until ctx ends, nil if there is no engine.
func (s Speech) Renderer(ctx context.Context) func(texts []flowfile.Speech) []error {
	if s.Engine == nil {
		return nil
	}
	return func(texts []flowfile.Speech) []error {
		return renderAll(ctx, texts, func(ctx context.Context, text flowfile.Speech) error {
			_, err := s.Engine.Synthesize(ctx, tts.Speech(text))
			return err
		})
	}
}

// RenderLimit bounds how long texts are rendered for one request, one start or one
// command. What is not rendered by then is rendered before the first call that needs it.
const RenderLimit = 10 * time.Second

// renderAll renders texts until ctx ends, one after the other, so that those of calls
// come between. It returns why it failed, of each in its place.
func renderAll(ctx context.Context, texts []flowfile.Speech, render func(context.Context, flowfile.Speech) error) []error {
	errs := make([]error, len(texts))
	for i, text := range texts {
		err := render(ctx, text)
		if ctx.Err() != nil {
			break
		}
		errs[i] = err
	}
	return errs
}
