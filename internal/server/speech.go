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

// Speech is the speech engine of this machine, as the checks of flows use it.
type Speech struct {
	Engine  *tts.Espeak // nil: there is none
	Missing error       // why there is none
}

// FindSpeech finds the engine. It renders parallel texts at once at most.
func FindSpeech(ctx context.Context, parallel int) Speech {
	engine, err := tts.NewEspeak(ctx, parallel)
	return Speech{engine, err}
}

// Voice returns the voice that speaks a language in the place of the named one, or that
// the named one is of another language; the error is why no voice speaks it.
func (s Speech) Voice(language, voice string) (near string, err error) {
	if s.Engine == nil {
		return "", s.Missing
	}
	found, err := s.Engine.Voice(context.Background(), language, voice)
	if errors.Is(err, tts.ErrVoice) && voice != "" {
		if near := strict.Nearest(voice, s.Engine.Suggestions(voice)); near != "" && !strings.EqualFold(near, voice) {
			err = fmt.Errorf("%w: did you mean %s?", err, near)
		}
	}
	return cmp.Or(found.Mismatch, found.Substitute), err
}

// Renderer renders texts for checks, until ctx ends; nil if there is no engine.
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

// RenderLimit bounds the rendering of one request, one start or one command. What is
// left is rendered before the first call that needs it.
const RenderLimit = 10 * time.Second

// renderAll renders texts one after the other until ctx ends, so that those of calls
// come between, and returns the error of each.
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
