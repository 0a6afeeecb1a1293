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

// contact is a scripted contact in a call. Its goroutine runs the acts; HangUp
// waits for it.
type contact struct {
	line    *Line
	dialing flowengine.DialRequest
	digits  chan rune
	done    context.Context // ends with the leg
	end     func(by record.EndedBy)
	acting  sync.WaitGroup

	mu      sync.Mutex // guards what follows
	playing string     // the text or file name of the audio that plays now
	changed chan struct{}
}

// maxDigits is how many digits are queued for a step.
const maxDigits = 64

func newContact(l *Line, d flowengine.DialRequest, end func(by record.EndedBy)) *contact {
	done, closeDone := context.WithCancel(context.Background())
	c := &contact{line: l, dialing: d, digits: make(chan rune, maxDigits), done: done, changed: make(chan struct{})}
	var once sync.Once
	c.end = func(by record.EndedBy) {
		once.Do(func() {
			end(by) // first: a step that finds done closed finds leg_ended in the journal
			closeDone()
		})
	}
	c.acting.Go(c.act)
	return c
}

// act runs the script. After its end the contact stays in the call.
func (c *contact) act() {
	for _, a := range c.line.Contact.Acts {
		switch {
		case a.Hears != "":
			c.hears(a.Hears)
		case a.Presses != "":
			for _, k := range a.Presses {
				_ = c.pass(context.Background(), digitTime) // below it stops
				select {
				case c.digits <- k:
				default: // no step has taken a digit for long
				}
			}
		case a.Waits > 0:
			_ = c.pass(context.Background(), a.Waits) // below it stops
		default:
			c.end(record.EndedByContact)
		}
		if c.done.Err() != nil {
			return
		}
	}
}

// digitTime is how long a digit takes. As nothing happens in the instant of the answer,
// journals are the same from run to run.
const digitTime = 100 * time.Millisecond

// pass lets time pass, or returns why the call or what happens in it ended before.
func (c *contact) pass(ctx context.Context, d time.Duration) error {
	inCall, cancel := c.inCall(ctx)
	defer cancel()
	return sleep(inCall, d)
}

// inCall returns a context that ends with ctx, and for ErrHungUp with the leg. An
// execution that is stopped ends ctx first and hangs up then.
func (c *contact) inCall(ctx context.Context) (inCall context.Context, cancel func()) {
	inCall, end := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.done, func() { end(flowengine.ErrHungUp) })
	return inCall, func() {
		stop()
		end(nil)
	}
}

// hears waits until audio plays that has the text.
func (c *contact) hears(text string) {
	c.line.unheard.Store(text)
	for {
		c.mu.Lock()
		playing, changed := c.playing, c.changed
		c.mu.Unlock()
		if strings.Contains(playing, text) {
			c.line.unheard.Store("")
			return
		}
		select {
		case <-changed:
		case <-c.done.Done():
			return
		}
	}
}

// setPlaying sets what plays now, nothing if it is empty.
func (c *contact) setPlaying(audio string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.playing = audio
	close(c.changed)
	c.changed = make(chan struct{})
}

// Done implements flowengine.Contact.
func (c *contact) Done() <-chan struct{} { return c.done.Done() }

// AfterEnd implements flowengine.Contact.
func (c *contact) AfterEnd(f func()) { context.AfterFunc(c.done, f) }

// HangUp implements flowengine.Contact.
func (c *contact) HangUp() {
	c.end(record.EndedByFlow)
	c.acting.Wait()
}

// wordTime is how long one spoken word lasts here.
const wordTime = 400 * time.Millisecond

// longestText is the longest text, in characters, that can be spoken.
const longestText = 3000

// duration returns how long audio lasts, or why it cannot be played.
func (l *Line) duration(a flowfile.Audio) (time.Duration, error) {
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
	_, err := l.duration(a)
	return err
}

// Play implements flowengine.Contact.
func (c *contact) Play(ctx context.Context, a flowfile.Audio) error {
	d, err := c.line.duration(a)
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	detail := a.File
	if a.Speech != nil {
		detail = a.Speech.Text
	}
	c.dialing.Journal.Append(record.Event{Kind: record.AudioStarted, Detail: detail})
	c.setPlaying(detail)
	defer c.setPlaying("")
	if err := c.pass(ctx, d); err != nil {
		return err
	}
	c.dialing.Journal.Append(record.Event{Kind: record.AudioEnded})
	return nil
}

// Digit implements flowengine.Contact.
func (c *contact) Digit(ctx context.Context) (rune, error) {
	select { // first: a digit from before the end counts
	case k := <-c.digits:
		return k, nil
	default:
	}
	inCall, cancel := c.inCall(ctx)
	defer cancel()
	select {
	case k := <-c.digits:
		return k, nil
	case <-inCall.Done():
		return 0, context.Cause(inCall)
	}
}

// DiscardDigits implements flowengine.Contact.
func (c *contact) DiscardDigits() {
	for len(c.digits) > 0 { // nobody else takes them meanwhile
		<-c.digits
	}
}

// Connect implements flowengine.Contact. The agent's acts run down, and the
// agent hangs up where they say so.
func (c *contact) Connect(ctx context.Context, n flowengine.ConnectRequest) (flowengine.Outcome, error) {
	ringing, cancel := c.inCall(ctx)
	defer cancel()
	from := c.dialing.From
	if n.ShowContact {
		from = c.dialing.To
	}
	o, end, err := c.line.ring(ringing, n.Journal, record.PartyAgent, from, n.To, n.Ring, c.line.Agent)
	if end == nil {
		return o, err
	}
	n.Journal.Append(record.Event{Kind: record.LegsJoined})
	by, err := c.talk(ctx)
	n.Journal.Append(record.Event{Kind: record.LegsParted})
	end(by)
	o.Exit = flowfile.ExitOK
	return o, err
}

// talk lasts until the contact or the agent hangs up, and says who did. That the contact
// did is no error of a talk.
func (c *contact) talk(ctx context.Context) (record.EndedBy, error) {
	for _, a := range c.line.Agent.Acts {
		if a == (Act{}) {
			return record.EndedByAgent, nil
		}
		if c.pass(ctx, a.Waits) != nil {
			break
		}
	}
	select {
	case <-c.done.Done():
	case <-ctx.Done():
	}
	if cause := context.Cause(ctx); cause != flowengine.ErrHungUp {
		return record.EndedByFlow, cause
	}
	return record.EndedByFlow, nil
}
