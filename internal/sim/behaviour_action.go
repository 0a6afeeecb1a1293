package sim

import (
	"context"
	"sync"
	"time"

	"ringflow/media"
)

// Action is one thing that a phone's person does while the call stands.
type Action struct {
	run func(context.Context, *phone) error
}

// Say plays sound to its end: 16-bit linear, 8 kHz.
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

// SendDigits presses keys, sent as telephone events (RFC 4733): 0–9, *, #, A–D.
// It does not wait for the last of them to be sent.
func SendDigits(keys string) Action {
	return Action{func(_ context.Context, p *phone) error {
		p.port.SendDigits(keys)
		return nil
	}}
}

// Pause keeps silent for a while.
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

// Signal lets the person at one phone wait for the person at another, as actors on
// a stage do. Make one with NewSignal; it may be shared by any number of phones.
type Signal struct {
	once sync.Once
	set  chan struct{}
}

// NewSignal returns a cue that nobody has given yet.
func NewSignal() *Signal { return &Signal{set: make(chan struct{})} }

// Set is the act of giving the cue; giving it again changes nothing.
func (c *Signal) Set() Action {
	return Action{func(context.Context, *phone) error {
		c.once.Do(func() { close(c.set) })
		return nil
	}}
}

// Wait is the act of waiting, silent, until the cue has been given.
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
