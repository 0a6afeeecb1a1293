package call

import (
	"context"
	"fmt"
	"sync/atomic"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/numbers"
)

// Call is the leg of a contact and, while it is connected, the leg of the agent. It
// implements flowengine.Contact. Digit and DiscardDigits may run beside Play, so that a
// digit can stop a prompt; Play and Connect never run together, as both send to the
// contact. HangUp, Done and AfterEnd may be called by any goroutine, at any time.
type Call struct {
	sw      *Switch
	account *Account
	from    numbers.E164 // the caller id that the contact sees
	contact *Leg
	journal record.Journal
	agent   atomic.Pointer[Leg] // from its INVITE to its end
}

// Done implements flowengine.Contact.
func (c *Call) Done() <-chan struct{} { return c.contact.ended }

// AfterEnd implements flowengine.Contact.
func (c *Call) AfterEnd(f func()) { c.contact.afterEnd(f) }

// HangUp implements flowengine.Contact.
func (c *Call) HangUp() {
	if agent := c.agent.Load(); agent != nil {
		agent.hangUp()
	}
	c.contact.hangUp()
}

// Play implements flowengine.Contact.
func (c *Call) Play(ctx context.Context, a flowfile.Audio) error {
	prompt, err := c.sw.library.Resolve(ctx, c.account.Name, a)
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	c.journal.Append(record.Event{Kind: record.AudioStarted, Detail: prompt.Duration().String()})
	playback := c.contact.port.Play(prompt)
	defer playback.Stop()
	select {
	case <-c.contact.ended:
		return flowengine.ErrHungUp
	case <-playback.Done():
	case <-ctx.Done():
		playback.Stop()
		c.journal.Append(record.Event{Kind: record.AudioEnded, Detail: "cut short"})
		return context.Cause(ctx)
	}
	if !playback.Finished() { // its port was closed, a moment before the leg has ended
		<-c.contact.ended
		return flowengine.ErrHungUp
	}
	c.journal.Append(record.Event{Kind: record.AudioEnded})
	return nil
}

// Digit implements flowengine.Contact. Digits that came before the hang-up are returned
// before its error.
func (c *Call) Digit(ctx context.Context) (rune, error) {
	return c.contact.digits.next(ctx, c.contact.ended)
}

// DiscardDigits implements flowengine.Contact.
func (c *Call) DiscardDigits() {
	for ok := true; ok; {
		_, ok = c.contact.digits.poll()
	}
}
