package main

import (
	"context"
	"time"

	"ringflow/flowengine"
	"ringflow/tts"
)

// speech is the engine that speaks on this machine, which every check of a flow asks:
// at the start, over the API and on the command line.
type speech struct {
	engine  tts.Synthesizer // nil: there is none
	lacking error           // why
}

// findSpeech finds the engine. Not more than parallel texts are spoken at once.
func findSpeech(ctx context.Context, parallel int) speech {
	engine, lacking := tts.NewEspeak(ctx, parallel)
	if lacking != nil {
		return speech{lacking: lacking}
	}
	return speech{engine: engine}
}

// voice says why nothing speaks a language with a voice, or what speaks in its place.
func (s speech) voice(language, voice string) (near string, err error) {
	if s.engine == nil {
		return "", s.lacking
	}
	found, err := s.engine.Voice(context.Background(), language, voice)
	return found.Near, err
}

// render says why texts cannot be spoken.
func (s speech) render(texts []flowengine.Speech) []error {
	return renderAll(texts, func(ctx context.Context, text flowengine.Speech) error {
		_, err := s.engine.Synthesize(ctx, tts.Speech(text))
		return err
	})
}

// longestRendering bounds how long one check renders texts. What is not rendered by
// then is rendered before the first call that needs it.
const longestRendering = 10 * time.Second

// renderAll renders texts one after the other, so that those of calls come between. It
// returns why it failed, of each in its place.
func renderAll(texts []flowengine.Speech, render func(context.Context, flowengine.Speech) error) []error {
	ctx, cancel := context.WithTimeout(context.Background(), longestRendering)
	defer cancel()
	errs := make([]error, len(texts))
	for i, text := range texts {
		if err := render(ctx, text); ctx.Err() == nil {
			errs[i] = err
		}
	}
	return errs
}
