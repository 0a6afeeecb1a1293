package flowengine

import (
	"context"
	"errors"
	"fmt"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"time"
)

// StepContext is what a component is given to run one step: the values of its
// variables, the call, the journal. It belongs to the goroutine that runs the
// step, and is valid until run returns; Key may be called while Play runs in
// another goroutine.
type StepContext struct {
	x         *execution
	at        *boundStep
	out       map[string]string // step variables
	outSize   int
	work      int      // see Work
	secrets   []string // step variables that people must not see
	sip       *record.SIPResult
	undialled *record.NotDialled
	detail    string
}

// Execution returns the execution that the step belongs to.
func (t *StepContext) Execution() record.Execution { return t.x.Execution }

// Step returns the ID of the step.
func (t *StepContext) Step() string { return t.at.ID }

// Text replaces the variables of a text. It fails if the text grows beyond MaxText,
// or with ErrStepWork.
func (t *StepContext) Text(s flowfile.Text) (string, error) {
	if literal, is := s.Literal(); is {
		return literal, nil
	}
	return s.Expand(t.x.vars.values, nil, t.CountWork)
}

// Number reads a number. It fails if a variable holds none, or one beyond the
// limits of the field.
func (t *StepContext) Number(n flowfile.Number) (int, error) {
	return n.Value(t.x.vars.values, t.x.vars.masks)
}

// Value returns the value of a text, and false if it is one variable that is
// null.
func (t *StepContext) Value(s flowfile.Text) (value string, set bool, err error) {
	if name, is := s.Reference(); is {
		value, set = t.x.vars.values[name]
		return value, set, nil
	}
	value, err = t.Text(s)
	return value, true, err
}

// Go runs f in a goroutine beside the step, such as a prompt that plays
// while keys are awaited, and sends what it returns once. The step must receive
// that before it returns. A panic of f is an error.
func (t *StepContext) Go(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() {
		err := errors.New("the work beside the step panicked")
		defer func() { done <- err }()
		t.x.guard(func() { err = f() })
	}()
	return done
}

// Set gives a step variable its value, which the author may have mapped to a
// flow variable. All of a step's values together must not exceed MaxText.
func (t *StepContext) Set(name, value string) {
	if t.out == nil {
		t.out = map[string]string{}
	}
	t.outSize += len(value) - len(t.out[name])
	t.out[name] = value
}

// SetSecret is Set for a value that people must not see: the flow variable that
// the author mapped it to is masked from now on.
func (t *StepContext) SetSecret(name, value string) {
	t.Set(name, value)
	t.secrets = append(t.secrets, name)
}

// SetVariable gives a flow variable a value. It fails if the value is not of the
// variable's type.
func (t *StepContext) SetVariable(name, value string) error { return t.x.set(t.at.ID, name, value) }

// Wired reports whether the exit leads to a step.
func (t *StepContext) Wired(e flowfile.Exit) bool { return t.at.exits[e] != nil }

// SetDetail notes in one sentence what happened, for the journal, where the exit
// alone does not tell.
func (t *StepContext) SetDetail(s string) { t.detail = s }

// Journal returns the journal of the execution.
func (t *StepContext) Journal() record.Journal { return t.x.journal }

// note keeps what an attempt to reach somebody told.
func (t *StepContext) note(o Outcome) {
	if o.SIP != (record.SIPResult{}) {
		t.sip = &o.SIP
	}
	t.detail = o.Detail
}

// Dial makes the call of the execution and returns how it went. Answered, every
// voice step that follows speaks with the contact. It fails if the execution has
// made its call already, if what the contact would hear cannot be had, and with the
// Dialer's own faults.
func (t *StepContext) Dial(ctx context.Context, from, to string, ring time.Duration) (Outcome, error) {
	x := t.x
	if x.contactMade() {
		return Outcome{}, errors.New("dial: the flow has made its call already")
	}
	if err := x.prepare(ctx, t.at.behind); err != nil {
		t.notDialled(from, to)
		return Outcome{}, fmt.Errorf("dial: %w", err)
	}
	c, o, err := x.engine.config.Dialer.Dial(ctx, DialRequest{
		Execution: x.ID, Account: x.Account, From: from, To: to, Ring: ring, Journal: x.journal,
	})
	if c != nil {
		x.takeContact(c)
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("dial: %w", err)
	}
	t.note(o)
	if o.Number == "" {
		t.notDialled(from, to)
	}
	return o, nil
}

// Play plays the sound to its end, at once if it is a text that is empty. It fails
// with ErrHungUp when the contact has hung up, with ctx's cause, or if the sound
// cannot be had.
func (t *StepContext) Play(ctx context.Context, s *flowfile.AudioSource) error {
	audio, err := s.Expand(t.x.vars.values)
	if err != nil {
		return err
	}
	if audio.Speech != nil && audio.Speech.Text == "" {
		t.detail = "there was nothing to say: the text is empty"
		return context.Cause(ctx)
	}
	return t.x.contact().Play(ctx, audio)
}

// Digit waits for the next key that the contact presses and journals it; a secret
// one as ***.
func (t *StepContext) Digit(ctx context.Context, secret bool) (rune, error) {
	key, err := t.x.contact().Digit(ctx)
	if err != nil {
		return 0, err
	}
	detail := string(key)
	if secret {
		detail = flowfile.MaskedValue
	}
	t.x.journal.Append(record.Event{Kind: record.KeyPressed, Step: t.at.ID, Detail: detail})
	return key, nil
}

// DiscardDigits forgets the keys that nobody has asked for yet.
func (t *StepContext) DiscardDigits() { t.x.contact().DiscardDigits() }

// Connect joins the contact to an outside phone, see Contact.
func (t *StepContext) Connect(ctx context.Context, to string, showContact bool, ring time.Duration) (Outcome, error) {
	o, err := t.x.contact().Connect(ctx, ConnectRequest{To: to, ShowContact: showContact, Ring: ring, Journal: t.x.journal})
	t.note(o)
	if err == nil && o.Number == "" {
		t.notDialled("", to)
	}
	return o, err
}

// longestUndialled is how much of a number is kept: what is longer is none.
const longestUndialled = 64

// notDialled notes the numbers of a call for which no INVITE left.
func (t *StepContext) notDialled(from, to string) {
	cut := func(s string) string {
		if r := []rune(s); len(r) > longestUndialled {
			return string(r[:longestUndialled])
		}
		return s
	}
	t.undialled = &record.NotDialled{From: cut(from), To: cut(to)}
}
