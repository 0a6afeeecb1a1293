package flowengine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// MaxExecutionWork is what all steps of an execution may cost the processor, in the
// units of MaxStepWork.
const MaxExecutionWork = 20 * flowfile.MaxStepWork

// ErrExecutionWork is returned by StepContext.AddWork beyond MaxExecutionWork.
var ErrExecutionWork = errors.New("the execution has taken too much work for its processor")

// StepContext is what a component is given to run one step: the values of its
// variables, the call, the journal. It belongs to the goroutine that runs the
// step, and is valid until run returns; Digit may be called while Play runs in
// another goroutine.
type StepContext struct {
	x         *execution
	at        *boundStep
	out       map[string]string // step variables
	outSize   int
	work      int      // see AddWork
	secrets   []string // step variables whose values are masked
	sip       *record.SIPResult
	undialled *record.NotDialled
	detail    string
}

// Execution returns the execution that the step belongs to.
func (t *StepContext) Execution() record.Execution { return t.x.Execution }

// AddWork adds to the step's work, in proportion to the sizes of the values that are
// about to be processed, and fails if that is too much. The caller adds to the error
// what was so large. It belongs to the goroutine that runs the step.
func (t *StepContext) AddWork(units int) error {
	t.work += units
	t.x.worked += units
	switch {
	case units < 0 || t.work > flowfile.MaxStepWork:
		return flowfile.ErrStepWork
	case t.x.worked > MaxExecutionWork:
		return ErrExecutionWork
	}
	return nil
}

// Text replaces the variables of a text. It fails if the text grows beyond MaxText,
// or with ErrStepWork.
func (t *StepContext) Text(s flowfile.Text) (string, error) {
	return t.Escaped(s, nil)
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
// while Digit waits, and sends what it returns once. The step must receive
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

// SetSecret is Set for a secret value: the flow variable that the author mapped it to
// is masked from now on.
func (t *StepContext) SetSecret(name, value string) {
	t.Set(name, value)
	t.secrets = append(t.secrets, name)
}

// SetVariable gives a flow variable a value. It fails if the value is not of the
// variable's type.
func (t *StepContext) SetVariable(name, value string) error { return t.x.set(t.at.ID, name, value) }

// Wired reports whether the exit leads to a step.
func (t *StepContext) Wired(e flowfile.Exit) bool { return t.at.exits[e] != nil }

// SetDetail sets the detail of step_left: one sentence beyond the exit.
func (t *StepContext) SetDetail(s string) { t.detail = s }

// setOutcome sets the SIP result and the detail of step_left.
func (t *StepContext) setOutcome(o Outcome) {
	if !o.SIP.IsZero() {
		t.sip = &o.SIP
	}
	t.detail = o.Detail
}

// Dial makes the call of the execution and returns how it went. Answered, every
// voice step that follows speaks with the contact. It fails if the execution has
// made its call already, if the audio behind the step cannot be prepared, and with the
// Dialer's own faults.
func (t *StepContext) Dial(ctx context.Context, from, to string, ring time.Duration) (Outcome, error) {
	x := t.x
	if x.currentContact() != nil {
		return Outcome{}, errors.New("dial: the flow has made its call already")
	}
	if err := x.prepare(ctx, t.at.behind); err != nil {
		t.notDialled(from, to)
		return Outcome{}, fmt.Errorf("dial: %w", err)
	}
	x.dialling.Add(1)
	defer x.dialling.Add(-1)
	c, o, err := x.engine.config.Dialer.Dial(ctx, DialRequest{
		Execution: x.ID, Account: x.Account, From: from, To: to, Ring: ring, Journal: x.journal,
		HangUpCause: x.hangUpCause,
	})
	if c != nil {
		x.setContact(c)
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("dial: %w", err)
	}
	t.setOutcome(o)
	if o.Number == "" {
		t.notDialled(from, to)
	}
	return o, nil
}

// Play plays audio to its end, nothing if it is a text that is empty. It fails with
// ErrHungUp when the contact has hung up, with ctx's cause, or if the audio cannot be
// rendered.
func (t *StepContext) Play(ctx context.Context, s *flowfile.AudioSource) error {
	audio, err := s.Expand(t.x.vars.values)
	if err != nil {
		return err
	}
	if audio.Speech != nil && audio.Speech.Text == "" {
		t.detail = "there was nothing to say: the text is empty"
		return context.Cause(ctx)
	}
	return t.x.currentContact().Play(ctx, audio)
}

// Digit waits for the next DTMF digit of the contact and appends it to the journal, a
// secret one as ***.
func (t *StepContext) Digit(ctx context.Context, secret bool) (rune, error) {
	digit, err := t.x.currentContact().Digit(ctx)
	if err != nil {
		return 0, err
	}
	detail := string(digit)
	if secret {
		detail = flowfile.MaskedValue
	}
	t.x.journal.Append(record.Event{Kind: record.KeyPressed, Step: t.at.ID, Detail: detail})
	return digit, nil
}

// DiscardDigits discards the digits that are queued.
func (t *StepContext) DiscardDigits() { t.x.currentContact().DiscardDigits() }

// Connect joins the contact to an outside phone, see Contact.
func (t *StepContext) Connect(ctx context.Context, to string, showContact bool, ring time.Duration) (Outcome, error) {
	t.x.dialling.Add(1)
	defer t.x.dialling.Add(-1)
	o, err := t.x.currentContact().Connect(ctx, ConnectRequest{To: to, ShowContact: showContact, Ring: ring, Journal: t.x.journal})
	t.setOutcome(o)
	if err == nil && o.Number == "" {
		t.notDialled("", to)
	}
	return o, err
}

// notDialled stores the numbers of a call for which no INVITE left, cut after 64
// characters.
func (t *StepContext) notDialled(from, to string) {
	t.undialled = &record.NotDialled{From: fmt.Sprintf("%.64s", from), To: fmt.Sprintf("%.64s", to)}
}
