package flowengine

import (
	"context"
	"fmt"
	"sync"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// program is a version of a flow made ready to run: every step bound to its
// component and its fields decoded. It is immutable and shared by executions.
type program struct {
	trigger  *boundStep
	steps    int
	declared map[string]flowfile.Variable
	initial  map[string]string // the defaults of variables
	// arguments are those that the flow declares; a strict one takes no others.
	arguments []flowfile.ArgumentSpec
	strict    bool
	// telephone are the variables that stand where a step wants a telephone number.
	telephone map[string]bool
}

// boundStep is a step with its component and the steps it leads to.
type boundStep struct {
	*flowfile.Step
	index  int // of the program, from 0
	spec   *flowfile.Spec
	run    stepRun
	config any
	exits  map[flowfile.Exit]*boundStep // nil: declared, and leads nowhere
	goTo   *boundStep                   // of OnErrorGoTo
	audio  []*flowfile.AudioSource
	sets   []string    // flow variables, by itself
	behind *audioAhead // nil unless it dials
}

// compile binds the steps of a version. What Check calls an error that would leave
// a step without code or without a way is an error here too; the rest shows
// when it runs.
func compile(v record.Version, byName map[string]flowfile.Component) (*program, error) {
	f, err := flowfile.Parse(v.FlowID, v.Definition)
	if err != nil {
		return nil, err
	}
	p := &program{declared: map[string]flowfile.Variable{}, initial: map[string]string{}, telephone: map[string]bool{}}
	for _, v := range f.Variables {
		p.declared[v.Name] = v
		if v.HasDefault {
			p.initial[v.Name] = v.Default
		}
	}
	bound, all := map[string]*boundStep{}, []*boundStep(nil)
	for _, s := range f.All() {
		c := byName[s.Component]
		if c == nil {
			return nil, fmt.Errorf("step %s: component %s is missing", s.ID, s.Component)
		}
		r, runs := c.(runnable)
		if !runs {
			return nil, fmt.Errorf("step %s: component %s cannot run", s.ID, s.Component)
		}
		b, err := s.Decode(c)
		if err != nil {
			return nil, err
		}
		at := &boundStep{Step: s, index: len(bound), spec: c.Spec(), run: r.runWith(b.Config), config: b.Config, exits: map[flowfile.Exit]*boundStep{}, audio: b.AudioSources, sets: b.Sets}
		for _, e := range at.spec.Exits {
			if e.Each == "" {
				at.exits[e.Name] = nil
			}
		}
		for _, e := range b.Exits {
			at.exits[e] = nil
		}
		bound[s.ID], all = at, append(all, at)
		for _, name := range b.TelephoneVariables() {
			p.telephone[name] = true
		}
	}
	for _, at := range bound {
		if err := at.wire(bound); err != nil {
			return nil, err
		}
	}
	for _, at := range all {
		if at.spec.Dials {
			at.behind = at.audioBehind(all)
		}
	}
	p.trigger, p.steps = bound[flowfile.TriggerID], len(bound)
	p.arguments, p.strict = flowfile.Declared(f, byName[f.Trigger.Component])
	return p, nil
}

// wire finds the steps that the exits lead to.
func (s *boundStep) wire(bound map[string]*boundStep) error {
	for _, w := range s.Exits {
		to := bound[w.To]
		if to == nil {
			return fmt.Errorf("step %s: exit %s leads to step %s, which is missing", s.ID, w.Exit, w.To)
		}
		s.exits[w.Exit] = to
	}
	if s.OnError.Kind == flowfile.OnErrorGoTo {
		if s.goTo = bound[s.OnError.To]; s.goTo == nil {
			return fmt.Errorf("step %s: on_error goes to step %s, which is missing", s.ID, s.OnError.To)
		}
	}
	return nil
}

// programs caches the programs of versions, which never change. Each is compiled once,
// at its first use, without blocking the use of others.
type programs struct {
	byName map[string]flowfile.Component

	mu    sync.Mutex // guards cache
	cache map[string]func() (*program, error)
}

// maxPrograms bounds the memory for versions; one that was dropped is compiled
// again at its next use.
const maxPrograms = 4096

// cached returns what gives the program of a version, nil if it is not cached.
func (ps *programs) cached(versionID string) func() (*program, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.cache[versionID]
}

// of returns what gives the program of a version, compiled at the first call.
func (ps *programs) of(v record.Version) func() (*program, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if compiled := ps.cache[v.ID]; compiled != nil {
		return compiled
	}
	if len(ps.cache) >= maxPrograms {
		for id := range ps.cache {
			delete(ps.cache, id)
			break
		}
	}
	ps.cache[v.ID] = sync.OnceValues(func() (*program, error) {
		p, err := compile(v, ps.byName)
		if err != nil {
			return nil, fmt.Errorf("compile version %s: %w", v.ID, err)
		}
		return p, nil
	})
	return ps.cache[v.ID]
}

// failingProgram returns a program whose first step fails with err.
func failingProgram(err error) *program {
	spec := &flowfile.Spec{Name: "missing", Exits: []flowfile.ExitSpec{{Name: flowfile.ExitOK}}}
	return &program{steps: 1, initial: map[string]string{}, trigger: &boundStep{
		Step: &flowfile.Step{ID: flowfile.TriggerID}, spec: spec, exits: map[flowfile.Exit]*boundStep{},
		run: func(context.Context, *StepContext) (flowfile.Exit, error) {
			return "", &Fault{Code: FaultNoStep, Err: err}
		},
	}}
}
