package sim

import (
	"context"
	"sync"
	"time"

	"ringflow/media"
)

// Action is one step of a phone's script.
type Action struct {
	run func(context.Context, *phone) error
}

// Say plays audio to its end: 16-bit linear, 8 kHz.
func Say(pcm []int16) Action {
	prompt := media.NewPrompt(pcm)
	return Action{func(ctx context.Context, p *phone) error {
		defer p.playSilence()
		playback := p.port.Play(prompt)
		select {
		case <-playback.Done():
			return nil
		case <-ctx.Done():
			playback.Stop()
			return ctx.Err()
		}
	}}
}

// SendDigits sends DTMF digits as telephone events (RFC 4733): 0–9, *, #, A–D. It does not
// wait until they are sent.
func SendDigits(digits string) Action {
	return Action{func(_ context.Context, p *phone) error {
		p.port.SendDigits(digits)
		return nil
	}}
}

// Pause sends silence for that time.
func Pause(d time.Duration) Action {
	return Action{func(ctx context.Context, _ *phone) error {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

// HangUp ends the call.
func HangUp() Action {
	return Action{func(_ context.Context, p *phone) error {
		p.hangUp()
		return nil
	}}
}

// Signal lets scripts wait for one another. NewSignal makes one, for any number of phones.
type Signal struct {
	once sync.Once
	set  chan struct{}
}

// NewSignal returns a signal that is not set.
func NewSignal() *Signal { return &Signal{set: make(chan struct{})} }

// Set is the action of setting the signal, once or more.
func (c *Signal) Set() Action {
	return Action{func(context.Context, *phone) error {
		c.once.Do(func() { close(c.set) })
		return nil
	}}
}

// Wait is the action of waiting for the signal, in silence.
func (c *Signal) Wait() Action {
	return Action{func(ctx context.Context, _ *phone) error {
		select {
		case <-c.set:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}
