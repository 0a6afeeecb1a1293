package sim

import (
	"context"
	"time"

	"ringflow/media"
	"ringflow/media/sdp"
)

// Action is one step of a phone's script. It ends early with the context alone.
type Action func(context.Context, *phone) error

// wait waits for a channel, or returns the error of the context that ends before.
func wait[T any](ctx context.Context, done <-chan T) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Say plays audio to its end: 16-bit linear, 8 kHz.
func Say(pcm []int16) Action {
	prompt := media.NewPrompt(pcm)
	return func(ctx context.Context, p *phone) error {
		defer p.playSilence()
		playback := p.port.Play(prompt)
		err := wait(ctx, playback.Done())
		if err != nil {
			playback.Stop()
		}
		return err
	}
}

// SendDigits sends DTMF digits as telephone events (RFC 4733): 0–9, *, #, A–D. It does not
// wait until they are sent.
func SendDigits(digits string) Action {
	return func(_ context.Context, p *phone) error {
		p.port.SendDigits(digits)
		return nil
	}
}

// Pause sends silence for that time.
func Pause(d time.Duration) Action {
	return func(ctx context.Context, _ *phone) error { return wait(ctx, time.After(d)) }
}

// HangUp ends the call.
func HangUp() Action {
	return func(_ context.Context, p *phone) error {
		p.hangUp()
		return nil
	}
}

// Signal lets scripts wait for one another. NewSignal makes one, for any number of phones.
type Signal struct {
	set  func()
	done <-chan struct{}
}

// NewSignal returns a signal that is not set.
func NewSignal() *Signal {
	ctx, set := context.WithCancel(context.Background())
	return &Signal{set, ctx.Done()}
}

// Set is the action of setting the signal, once or more.
func (s *Signal) Set() Action {
	return func(context.Context, *phone) error {
		s.set()
		return nil
	}
}

// Wait is the action of waiting for the signal, in silence.
func (s *Signal) Wait() Action {
	return func(ctx context.Context, _ *phone) error { return wait(ctx, s.done) }
}

// Reoffers sends a re-INVITE with new keys for SRTP under a policy, and waits for the
// response.
func Reoffers(policy sdp.SRTPPolicy) Action {
	return func(ctx context.Context, p *phone) error {
		r := reoffer{policy: policy, result: make(chan struct{})}
		select {
		case p.reoffers <- r:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		return wait(ctx, r.result)
	}
}
