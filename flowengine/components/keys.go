package components

import (
	"context"
	"errors"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// input is what ends the pressing of keys.
type input struct {
	most, fewest   int           // digits
	first, between time.Duration // the longest pauses before the first key and before each further one
	finish         rune          // the key that ends input; 0 if none does
	secret         bool          // keys are kept out of the journal
}

// errSilence tells that no key came in time.
var errSilence = errors.New("no key was pressed in time")

// collect plays the prompt, which the first key stops, and gathers keys until
// input ends. It returns what was pressed, which may be too little.
func (in input) collect(ctx context.Context, t *flowengine.StepContext, prompt *flowfile.AudioSource) (string, error) {
	key, err := firstKey(ctx, t, prompt, in.first, in.secret)
	digits := ""
	for {
		switch {
		case errors.Is(err, errSilence):
			return digits, nil
		case err != nil:
			return "", err
		case in.finish != 0 && key == in.finish:
			return digits, nil
		}
		digits += string(key)
		if len(digits) == in.most {
			return digits, nil
		}
		key, err = nextKey(ctx, t, in.between, in.secret)
	}
}

// nextKey waits for a key, errSilence if none comes within wait.
func nextKey(ctx context.Context, t *flowengine.StepContext, wait time.Duration, secret bool) (rune, error) {
	timed, cancel := context.WithTimeoutCause(ctx, wait, errSilence)
	defer cancel()
	key, err := t.Digit(timed, secret)
	if err != nil && ctx.Err() == nil && timed.Err() != nil {
		return 0, errSilence
	}
	return key, err
}

// firstKey plays the prompt, if there is one, and waits for a key: while it
// plays, which the key then stops, and for as long as wait after its end. Keys
// pressed before the step began belong to it, so that people who know a menu
// can press ahead.
func firstKey(ctx context.Context, t *flowengine.StepContext, prompt *flowfile.AudioSource, wait time.Duration, secret bool) (rune, error) {
	if !prompt.IsSet() {
		return nextKey(ctx, t, wait, secret)
	}
	playing, stop := context.WithCancel(ctx)
	defer stop()
	listening, silence := context.WithCancelCause(ctx)
	defer silence(nil)
	played := t.Go(func() error { // ends at the latest when stop is called
		if err := t.Play(playing, prompt); err != nil {
			silence(err)
			return err
		}
		late := time.AfterFunc(wait, func() { silence(errSilence) })
		<-playing.Done()
		late.Stop()
		return nil
	})
	key, err := t.Digit(listening, secret)
	cause := context.Cause(listening) // before stop gives it another one
	stop()
	<-played
	switch {
	case err == nil:
		return key, nil
	case errors.Is(err, flowengine.ErrHungUp) || cause == nil:
		return 0, err
	}
	return 0, cause // the silence, what the prompt failed with, or why ctx ended
}
