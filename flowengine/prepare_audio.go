package flowengine

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"ringflow/flowengine/flowfile"
)

// audioAhead is the audio that may be played behind a step that dials.
type audioAhead struct {
	// fixed is the audio whose variables no step sets any more once the step is entered.
	fixed []stepAudio
	// open is the rest.
	open []*flowfile.AudioSource
}

// stepAudio is an AudioSource with the step that plays it.
type stepAudio struct {
	*flowfile.AudioSource
	step string
	// certain is set if the step follows an answer on every way, unless a party
	// hangs up.
	certain bool
}

// audioBehind returns the audio of the steps that a step leads to, which are among all,
// in the order of the file.
func (s *boundStep) audioBehind(all []*boundStep) *audioAhead {
	reached := map[*boundStep]bool{}
	set := map[string]bool{}
	todo := []*boundStep{s}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if reached[at] {
			continue
		}
		reached[at] = true
		for _, m := range at.Set {
			set[m.Variable] = true
		}
		for _, name := range at.sets {
			set[name] = true
		}
		todo = append(todo, at.next()...)
	}
	certain := s.certainNext()
	out := &audioAhead{}
	for _, at := range all {
		if !reached[at] {
			continue
		}
		for _, source := range at.audio {
			if !source.IsSet() {
				continue
			}
			if slices.ContainsFunc(source.Text().Variables(), func(name string) bool { return set[name] }) {
				out.open = append(out.open, source)
			} else {
				out.fixed = append(out.fixed, stepAudio{source, at.ID, certain[at]})
			}
		}
	}
	return out
}

// next are the steps that a step leads to.
func (s *boundStep) next() []*boundStep {
	var out []*boundStep
	for _, to := range s.exits {
		if to != nil {
			out = append(out, to)
		}
	}
	if s.goTo != nil {
		out = append(out, s.goTo)
	}
	return out
}

// certainNext are the steps that follow an answer one after the other, up to the first
// from which several ways lead.
func (s *boundStep) certainNext() map[*boundStep]bool {
	certain := map[*boundStep]bool{}
	for at := s.exits[flowfile.ExitAnswered]; at != nil && !certain[at]; {
		certain[at] = true
		var only *boundStep
		for _, to := range at.next() {
			if only != nil && to != only {
				return certain
			}
			only = to
		}
		at = only
	}
	return certain
}

// prepare prepares the audio behind a step that is about to dial. It fails if some cannot
// be rendered: no phone rings whose party would then hear nothing. Audio whose variables
// may change is prepared as it is now, while the phone rings.
func (x *execution) prepare(ctx context.Context, behind *audioAhead) (err error) {
	preparer := x.engine.config.Prepare
	if preparer == nil || behind == nil {
		return nil
	}
	for _, s := range behind.fixed {
		audio, err := s.Expand(x.vars.values)
		switch {
		case err == nil && (audio.Speech != nil && audio.Speech.Text == "" || audio == flowfile.Audio{} && !s.certain):
			continue // there is nothing to play, or it is not played then
		case err == nil:
			err = x.prepareOne(ctx, preparer, audio)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return fmt.Errorf("step %s has no sound: %w", s.step, err)
		}
	}
	x.prepareOpen(preparer, behind.open)
	return nil
}

// prepareOne prepares one Audio. A panic of the Preparer is an error.
func (x *execution) prepareOne(ctx context.Context, preparer Preparer, a flowfile.Audio) error {
	err := faultf(FaultInternal, "its preparation panicked")
	x.guard(func() { err = preparer.Prepare(ctx, x.Account, a) })
	return err
}

// prepareOpen prepares, in a goroutine, the audio whose variables all have values.
func (x *execution) prepareOpen(preparer Preparer, open []*flowfile.AudioSource) {
	if len(open) == 0 {
		return
	}
	values := maps.Clone(x.vars.values)
	x.work.Go(func() {
		for _, s := range open {
			null := func(name string) bool { _, is := values[name]; return !is }
			if slices.ContainsFunc(s.Text().Variables(), null) || x.ctx.Err() != nil {
				continue
			}
			audio, err := s.Expand(values)
			if err == nil && (audio.Speech == nil || audio.Speech.Text != "") {
				err = x.prepareOne(x.ctx, preparer, audio)
			}
			if err != nil && x.ctx.Err() == nil {
				x.engine.log.Warn("audio could not be prepared", "execution", x.ID, "err", err)
			}
		}
	})
}
