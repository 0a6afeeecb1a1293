package flowtest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// contact is a scripted person on the line. Its goroutine runs the acts; HangUp
// waits for it.
type contact struct {
	line    *Line
	dialing flowengine.DialRequest
	keys    chan rune
	gone    chan struct{}
	once    sync.Once
	end     func(by record.EndedBy)
	acting  sync.WaitGroup

	mu      sync.Mutex // guards what follows
	playing string     // the text or name of the sound that plays now
	changed chan struct{}
}

// maxKeys is how many keys wait for a step that listens.
const maxKeys = 64

func newContact(l *Line, d flowengine.DialRequest, end func(by record.EndedBy)) *contact {
	c := &contact{line: l, dialing: d, keys: make(chan rune, maxKeys), gone: make(chan struct{}), changed: make(chan struct{}), end: end}
	c.acting.Go(c.act)
	return c
}

// act does what the script says. When the script is done the person listens on.
func (c *contact) act() {
	for _, a := range c.line.Contact.Acts {
		switch {
		case a.Hears != "":
			c.hear(a.Hears)
		case a.Presses != "":
			for _, k := range a.Presses {
				c.wait(keyTime)
				select {
				case c.keys <- k:
				default: // nobody listened for long
				}
			}
		case a.Waits > 0:
			c.wait(a.Waits)
		default:
			c.leave(record.EndedByContact)
		}
		select {
		case <-c.gone:
			return
		default:
		}
	}
}

// keyTime is how long a person takes to press a key. That nothing happens in the
// instant in which the call is answered keeps journals the same from run to run.
const keyTime = 100 * time.Millisecond

// wait lets time pass, while the call lasts.
func (c *contact) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-c.gone:
	}
}

// hear waits until a sound plays that has the text.
func (c *contact) hear(text string) {
	c.line.wait(text)
	for {
		c.mu.Lock()
		playing, changed := c.playing, c.changed
		c.mu.Unlock()
		if strings.Contains(playing, text) {
			c.line.wait("")
			return
		}
		select {
		case <-changed:
		case <-c.gone:
			return
		}
	}
}

// play notes what plays now, nothing if it is empty.
func (c *contact) play(sound string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.playing = sound
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *contact) leave(by record.EndedBy) {
	c.once.Do(func() {
		c.end(by) // first: who finds the contact gone finds its end in the journal
		close(c.gone)
	})
}

// Done implements flowengine.Contact.
func (c *contact) Done() <-chan struct{} { return c.gone }

// HangUp implements flowengine.Contact.
func (c *contact) HangUp() {
	c.leave(record.EndedByFlow)
	c.acting.Wait()
}

// wordTime is how long one spoken word lasts here.
const wordTime = 400 * time.Millisecond

// longestText is the longest text, in characters, that can be spoken.
const longestText = 3000

// lasts returns how long a sound lasts, or why it cannot be had.
func (l *Line) lasts(a flowfile.Audio) (time.Duration, error) {
	if a.Speech != nil {
		if n := utf8.RuneCountInString(a.Speech.Text); n > longestText {
			return 0, fmt.Errorf("a text of %d characters cannot be spoken, the limit is %d", n, longestText)
		}
		return time.Duration(len(strings.Fields(a.Speech.Text))) * wordTime, nil
	}
	if l.Prompts == nil {
		return 10 * time.Second, nil
	}
	d, ok := l.Prompts[a.File]
	if !ok {
		return 0, fmt.Errorf("prompt %q is missing", a.File)
	}
	return d, nil
}

// Prepare implements flowengine.Preparer.
func (l *Line) Prepare(_ context.Context, _ string, a flowfile.Audio) error {
	_, err := l.lasts(a)
	return err
}

// Play implements flowengine.Contact.
func (c *contact) Play(ctx context.Context, a flowfile.Audio) error {
	d, err := c.line.lasts(a)
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	detail := a.File
	if a.Speech != nil {
		detail = a.Speech.Text
	}
	c.dialing.Journal.Append(record.Event{Kind: record.AudioStarted, Detail: detail})
	c.play(detail)
	defer c.play("")
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-over.C:
		c.dialing.Journal.Append(record.Event{Kind: record.AudioEnded})
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.gone:
		return c.left(ctx)
	}
}

// left returns ctx's cause if it has one: who stops an execution ends ctx first
// and hangs up then.
func (c *contact) left(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return flowengine.ErrHungUp
}

// Digit implements flowengine.Contact.
func (c *contact) Digit(ctx context.Context) (rune, error) {
	select {
	case k := <-c.keys:
		return k, nil
	default:
	}
	select {
	case k := <-c.keys:
		return k, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-c.gone:
		return 0, c.left(ctx)
	}
}

// DiscardDigits implements flowengine.Contact.
func (c *contact) DiscardDigits() {
	for {
		select {
		case <-c.keys:
		default:
			return
		}
	}
}

// Connect implements flowengine.Contact. The agent's acts run down, and the
// agent hangs up where they say so.
func (c *contact) Connect(ctx context.Context, n flowengine.ConnectRequest) (flowengine.Outcome, error) {
	ringing, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-c.gone:
			cancel(flowengine.ErrHungUp)
		case <-ringing.Done():
		}
	}()
	from := c.dialing.From
	if n.ShowContact {
		from = c.dialing.To
	}
	o, end, err := c.line.ring(ringing, n.Journal, record.PartyAgent, from, n.To, n.Ring, c.line.Agent)
	if end == nil {
		cancel(nil)
		<-watched
		return o, err
	}
	n.Journal.Append(record.Event{Kind: record.LegsJoined})
	by, err := c.talk(ctx)
	n.Journal.Append(record.Event{Kind: record.LegsParted})
	end(by)
	cancel(nil)
	<-watched
	o.Exit = flowfile.ExitOK
	return o, err
}

// talk lasts until the contact or the agent hangs up, and says who did.
func (c *contact) talk(ctx context.Context) (record.EndedBy, error) {
	for _, a := range c.line.Agent.Acts {
		if a == (Act{}) {
			return record.EndedByAgent, nil
		}
		over := time.NewTimer(a.Waits)
		defer over.Stop()
		select {
		case <-over.C:
		case <-c.gone:
			return record.EndedByFlow, c.stopped(ctx)
		case <-ctx.Done():
			return record.EndedByFlow, c.stopped(ctx)
		}
	}
	select {
	case <-c.gone:
	case <-ctx.Done():
	}
	return record.EndedByFlow, c.stopped(ctx)
}

// stopped returns why ctx ended, nothing if the contact has hung up: that is no
// error of a talk.
func (c *contact) stopped(ctx context.Context) error {
	if cause := c.left(ctx); cause != flowengine.ErrHungUp {
		return cause
	}
	return nil
}
