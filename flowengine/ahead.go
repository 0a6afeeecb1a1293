package flowengine

import (
	"context"
	"fmt"
	"maps"
	"ringflow/flowengine/flowfile"
)

// sounds are those that may be played behind a step that dials.
type sounds struct {
	// settled are those whose variables nothing sets any more once the step is
	// entered: how each will sound is known.
	settled []soundAt
	// open are the others.
	open []*flowfile.AudioSource
}

// soundAt is a sound with the step that plays it.
type soundAt struct {
	*flowfile.AudioSource
	step string
	// sure is set if the step follows an answer whatever happens, unless somebody
	// hangs up.
	sure bool
}

// behindIt gathers the sounds of the steps that a step leads to, which are among all,
// in the order of the file.
func (s *boundStep) behindIt(all []*boundStep) *sounds {
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
	sure := s.surelyNext()
	out := &sounds{}
	for _, at := range all {
		if !reached[at] {
			continue
		}
		for _, sound := range at.sounds {
			if !sound.IsSet() {
				continue
			}
			if sound.Text().UsesAny(func(variable string) bool { return set[variable] }) {
				out.open = append(out.open, sound)
			} else {
				out.settled = append(out.settled, soundAt{sound, at.ID, sure[at]})
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

// surelyNext are the steps that follow an answer one after the other, up to the first
// from which several ways lead.
func (s *boundStep) surelyNext() map[*boundStep]bool {
	sure := map[*boundStep]bool{}
	for at := s.exits[flowfile.ExitAnswered]; at != nil && !sure[at]; {
		sure[at] = true
		var only *boundStep
		for _, to := range at.next() {
			if only != nil && to != only {
				return sure
			}
			only = to
		}
		at = only
	}
	return sure
}

// prepare readies what will be heard behind a step that is about to dial. It fails if
// something cannot be: nobody is to be rung who would then hear nothing. What may yet
// change is readied as it is now, while the phone rings.
func (x *execution) prepare(ctx context.Context, behind *sounds) (err error) {
	preparer := x.engine.config.Prepare
	if preparer == nil || behind == nil {
		return nil
	}
	for _, s := range behind.settled {
		audio, err := s.Expand(x.vars.values)
		switch {
		case err == nil && (audio.Speech != nil && audio.Speech.Text == "" || audio == flowfile.Audio{} && !s.sure):
			continue // there is nothing to play, or it is not played then
		case err == nil:
			err = x.ready(ctx, preparer, audio)
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

// ready has one sound readied, and makes a panic of code that is not ours an error.
func (x *execution) ready(ctx context.Context, preparer Preparer, a flowfile.Audio) error {
	err := faultf(FaultInternal, "its preparation panicked")
	x.guard(func() { err = preparer.Prepare(ctx, x.Account, a) })
	return err
}

// prepareOpen readies the sounds whose variables are all known by now.
func (x *execution) prepareOpen(preparer Preparer, open []*flowfile.AudioSource) {
	if len(open) == 0 {
		return
	}
	values := maps.Clone(x.vars.values)
	x.work.Go(func() {
		for _, s := range open {
			if !s.Text().Known(values) || x.ctx.Err() != nil {
				continue
			}
			audio, err := s.Expand(values)
			if err == nil && (audio.Speech == nil || audio.Speech.Text != "") {
				err = x.ready(x.ctx, preparer, audio)
			}
			if err != nil && x.ctx.Err() == nil {
				x.engine.log.Warn("sound could not be prepared", "execution", x.ID, "err", err)
			}
		}
	})
}
