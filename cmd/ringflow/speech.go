package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ringflow/flowengine"
	"ringflow/tts"
)

// speech is the engine that speaks on this machine, which every check of a flow asks:
// at the start, over the API and on the command line.
type speech struct {
	engine    tts.Synthesizer            // nil: there is none
	lacking   error                      // why
	spellings func(name string) []string // of voices that may have been meant
}

// findSpeech finds the engine. Not more than parallel texts are spoken at once.
func findSpeech(ctx context.Context, parallel int) speech {
	engine, lacking := tts.NewEspeak(ctx, parallel)
	if lacking != nil {
		return speech{lacking: lacking}
	}
	return speech{engine: engine, spellings: engine.Suggestions}
}

// voice says why nothing speaks a language with a voice, or what speaks in its place, or
// that the voice speaks another language.
func (s speech) voice(language, voice string) (near string, err error) {
	if s.engine == nil {
		return "", s.lacking
	}
	found, err := s.engine.Voice(context.Background(), language, voice)
	if errors.Is(err, tts.ErrVoice) && voice != "" {
		if near := flowengine.Nearest(voice, s.spellings(voice)); near != "" && !strings.EqualFold(near, voice) {
			err = fmt.Errorf("%w: did you mean %s?", err, near)
		}
	}
	return cmp.Or(found.Mismatch, found.Substitute), err
}

// renders is what checks ask until ctx ends, nil if there is no engine.
func (s speech) renders(ctx context.Context) func(texts []flowengine.Speech) []error {
	if s.engine == nil {
		return nil
	}
	return func(texts []flowengine.Speech) []error {
		return renderAll(ctx, texts, func(ctx context.Context, text flowengine.Speech) error {
			_, err := s.engine.Synthesize(ctx, tts.Speech(text))
			return err
		})
	}
}

// longestRendering bounds how long texts are rendered for one request, one start or one
// command. What is not rendered by then is rendered before the first call that needs it.
const longestRendering = 10 * time.Second

// renderAll renders texts until ctx ends, one after the other, so that those of calls
// come between. It returns why it failed, of each in its place.
func renderAll(ctx context.Context, texts []flowengine.Speech, render func(context.Context, flowengine.Speech) error) []error {
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
