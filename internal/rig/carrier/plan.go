package carrier

import "sync"

// Plan says what each dialled number does. Numbers that it does not name
// behave as Numbered says.
type Plan struct {
	mu     sync.Mutex
	number map[string]Behaviour
}

// NewPlan has no number of its own.
func NewPlan() *Plan { return &Plan{number: map[string]Behaviour{}} }

// Set gives a number, as dialled, its behaviour.
func (p *Plan) Set(number string, b Behaviour) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number[number] = b
}

// Of returns the behaviour of the number.
func (p *Plan) Of(number string) Behaviour {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b, ok := p.number[number]; ok {
		return b
	}
	return Numbered(number)
}
