package call

import (
	"context"
	"fmt"
	"sync"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/numbers"
)

// Call is a contact on the line and, while it is connected, the agent. It
// implements flowengine.Contact. One step at a time plays, listens and
// connects. Digit and DiscardDigits may run beside Play, so that a digit can stop a prompt;
// Play and Connect never run together, as both use what the contact hears.
// HangUp and Done may be used by any goroutine, at any time.
type Call struct {
	sw      *Switch
	account *Account
	from    numbers.E164 // the number that the contact sees
	contact *Leg
	journal record.Journal

	mu    sync.Mutex // guards agent
	agent *Leg       // while it rings or talks
}

// Done implements flowengine.Contact.
func (c *Call) Done() <-chan struct{} { return c.contact.ended }

// HangUp implements flowengine.Contact.
func (c *Call) HangUp() {
	c.mu.Lock()
	agent := c.agent
	c.mu.Unlock()
	if agent != nil {
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
	if !playback.Finished() {
		return c.contactGone() // only the closing of its port ends a playback that we did not stop
	}
	c.journal.Append(record.Event{Kind: record.AudioEnded})
	return nil
}

// Digit implements flowengine.Contact. A key that was pressed before the contact
// hung up is handed over before the hang-up is.
func (c *Call) Digit(ctx context.Context) (rune, error) {
	return c.contact.digits.next(ctx, c.contact.ended)
}

// contactGone says that the contact has gone, once Done is closed too: its port closes a
// moment before, and whoever was told by the port alone would go on to call the
// agent for nobody.
func (c *Call) contactGone() error {
	<-c.contact.ended
	return flowengine.ErrHungUp
}

// DiscardDigits implements flowengine.Contact.
func (c *Call) DiscardDigits() {
	for {
		if _, ok := c.contact.digits.poll(); !ok {
			return
		}
	}
}
