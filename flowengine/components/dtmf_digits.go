package components

import (
	"context"
	"errors"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// input is what ends the collection of DTMF digits.
type input struct {
	most, fewest   int           // digits
	first, between time.Duration // the longest pauses before the first digit and before each further one
	finish         rune          // the digit that ends input; 0 if none does
	secret         bool          // the journal masks the digits
}

// errNoDigit: no digit came in time.
var errNoDigit = errors.New("no key was pressed in time")

// collect plays the prompt, which the first digit stops, and collects digits until
// input ends. It returns the digits, which may be too few.
func (in input) collect(ctx context.Context, t *flowengine.StepContext, prompt *flowfile.AudioSource) (string, error) {
	digit, err := firstDigit(ctx, t, prompt, in.first, in.secret)
	digits := ""
	for {
		switch {
		case errors.Is(err, errNoDigit):
			return digits, nil
		case err != nil:
			return "", err
		case in.finish != 0 && digit == in.finish:
			return digits, nil
		}
		digits += string(digit)
		if len(digits) == in.most {
			return digits, nil
		}
		digit, err = nextDigit(ctx, t, in.between, in.secret)
	}
}

// nextDigit waits for a digit, and returns errNoDigit if none comes within wait.
func nextDigit(ctx context.Context, t *flowengine.StepContext, wait time.Duration, secret bool) (rune, error) {
	timed, cancel := context.WithTimeoutCause(ctx, wait, errNoDigit)
	defer cancel()
	digit, err := t.Digit(timed, secret)
	if err != nil && ctx.Err() == nil && timed.Err() != nil {
		return 0, errNoDigit
	}
	return digit, err
}

// firstDigit plays the prompt, if there is one, and waits for a digit: while it plays,
// which the digit then stops, and for as long as wait after its end. Digits that came
// before the step began are queued for it, so that a menu can be answered early.
func firstDigit(ctx context.Context, t *flowengine.StepContext, prompt *flowfile.AudioSource, wait time.Duration, secret bool) (rune, error) {
	if !prompt.IsSet() {
		return nextDigit(ctx, t, wait, secret)
	}
	playing, stop := context.WithCancel(ctx)
	defer stop()
	waiting, endWait := context.WithCancelCause(ctx)
	defer endWait(nil)
	played := t.Go(func() error { // ends at the latest when stop is called
		if err := t.Play(playing, prompt); err != nil {
			endWait(err)
			return err
		}
		late := time.AfterFunc(wait, func() { endWait(errNoDigit) })
		<-playing.Done()
		late.Stop()
		return nil
	})
	digit, err := t.Digit(waiting, secret)
	cause := context.Cause(waiting) // before stop gives it another one
	stop()
	<-played
	switch {
	case err == nil:
		return digit, nil
	case errors.Is(err, flowengine.ErrHungUp) || cause == nil:
		return 0, err
	}
	return 0, cause // errNoDigit, the error of the prompt, or the cause of ctx
}
