package flowfile

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"ringflow/internal/strict"
)

// Parse reads a flow file, YAML or JSON. It is strict: a key that it does not
// know is an error. The name stands in messages only. The error joins one
// Problem per mistake, with file, line, key and the nearest known key.
func Parse(name string, data []byte) (*Flow, error) {
	root, err := readFile(name, data)
	if err != nil {
		return nil, fmt.Errorf("read flow: %w", err)
	}
	p := &flowParser{problems: problems{file: name}, flow: &Flow{File: name}}
	p.read(root)
	if len(p.list) > 0 {
		var errs []error
		for _, problem := range p.sorted() {
			errs = append(errs, problem)
		}
		return nil, fmt.Errorf("read flow: %w", errors.Join(errs...))
	}
	return p.flow, nil
}

// Problems returns the Problems that an error of Parse joins.
func Problems(err error) []Problem {
	var out []Problem
	switch e := err.(type) {
	case Problem:
		return []Problem{e}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			out = append(out, Problems(inner)...)
		}
	case interface{ Unwrap() error }:
		return Problems(e.Unwrap())
	}
	return out
}

// flowParser turns the nodes of a file into a Flow and gathers what is wrong.
type flowParser struct {
	problems
	flow *Flow
}

// each walks a mapping strictly: keys without a reader are problems, and so are
// required keys that are absent.
func (p *flowParser) each(n *yaml.Node, step, path string, read map[string]func(*yaml.Node), required ...string) {
	if !p.mapping(n, step, path, "a mapping", "") {
		return
	}
	known := slices.Sorted(maps.Keys(read))
	for key, value := range strict.Entries(n) {
		if r, ok := read[key.Value]; ok {
			r(value)
		} else if !p.full() {
			p.fail(key.Line, step, join(path, key.Value), "the key is not known", strict.DidYouMean(key.Value, known))
		}
	}
	for _, r := range required {
		if v := strict.Value(n, r); v == nil || isNull(v) {
			p.fail(n.Line, step, join(path, r), "the key is missing", "")
		}
	}
}

// mapping reports whether n is a mapping, and fails as wanted if it is not.
func (p *flowParser) mapping(n *yaml.Node, step, field, wanted, mend string) bool {
	if n.Kind != yaml.MappingNode {
		p.fail(n.Line, step, field, wanted+" is needed here, not "+describe(n), mend)
	}
	return n.Kind == yaml.MappingNode
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// text returns a reader of a single value into to.
func (p *flowParser) text(to *string, step, field string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode {
			p.fail(n.Line, step, field, "a single value is needed here, not "+describe(n), "")
			return
		}
		*to = n.Value
	}
}

func (p *flowParser) read(root *yaml.Node) {
	f := p.flow
	start, startLine := "", root.Line
	p.each(root, "", "", map[string]func(*yaml.Node){
		"name":        p.text(&f.Name, "", "name"),
		"description": p.text(&f.Description, "", "description"),
		"aliases":     p.aliases,
		"trigger":     p.trigger,
		"variables":   p.variables,
		"start": func(n *yaml.Node) {
			startLine = n.Line
			p.text(&start, "", "start")(n)
		},
		"steps": p.steps,
	}, "name", "trigger", "start", "steps")
	if f.Trigger != nil && start != "" {
		f.Trigger.Exits = []Wire{{Exit: ExitOK, To: start, Line: startLine}}
	}
}

// trigger reads the initiator: its component, and its fields beside it.
func (p *flowParser) trigger(n *yaml.Node) {
	if !p.mapping(n, TriggerID, "", "a mapping", "write trigger: {component: api_request, arguments: […]}") {
		return
	}
	s := &Step{ID: TriggerID, Line: n.Line, with: &yaml.Node{Kind: yaml.MappingNode, Line: n.Line}}
	for key, value := range strict.Entries(n) {
		if key.Value == "component" {
			p.text(&s.Component, TriggerID, "component")(value)
		} else {
			s.with.Content = append(s.with.Content, key, value)
		}
	}
	if s.Component == "" {
		p.fail(n.Line, TriggerID, "component", "the key is missing", "write component: api_request")
	}
	p.flow.Trigger = s
}

// names limit what a step, an exit or a variable may be called, so that each can
// be written in %{…}, in a link and in a report without quoting.
var (
	stepName     = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	variableName = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)
)

const maxSteps = 1000

func (p *flowParser) steps(n *yaml.Node) {
	if !p.mapping(n, "", "steps", "a mapping of step names to steps", "") {
		return
	}
	if steps := len(n.Content) / 2; steps > maxSteps {
		p.fail(n.Line, "", "steps", fmt.Sprintf("the flow has %d steps", steps), fmt.Sprintf("%d are allowed", maxSteps))
		return
	}
	for key, value := range strict.Entries(n) {
		switch {
		case key.Value == TriggerID:
			p.fail(key.Line, key.Value, "", "the name belongs to the initiator", "choose another name")
		case !stepName.MatchString(key.Value):
			p.fail(key.Line, key.Value, "", "the name of a step has 1 to 64 letters, digits, _, - or .", "put the name for people into title")
		default:
			p.step(key, value)
		}
	}
}

func (p *flowParser) step(key, value *yaml.Node) {
	s := &Step{ID: key.Value, Line: key.Line}
	p.each(value, s.ID, "", map[string]func(*yaml.Node){
		"component": p.text(&s.Component, s.ID, "component"),
		"title":     p.text(&s.Title, s.ID, "title"),
		"with": func(n *yaml.Node) {
			if !isNull(n) {
				s.with = n
			}
		},
		"exits": func(n *yaml.Node) {
			p.words(n, s.ID, "exits", func(key, value *yaml.Node) {
				s.Exits = append(s.Exits, Wire{Exit: Exit(key.Value), To: value.Value, Line: key.Line})
			})
		},
		"set": func(n *yaml.Node) {
			p.words(n, s.ID, "set", func(key, value *yaml.Node) {
				s.Set = append(s.Set, Mapping{Variable: key.Value, From: value.Value, Line: key.Line})
			})
		},
		"on_error": func(n *yaml.Node) { s.OnError = p.onError(n, s.ID) },
	}, "component")
	p.flow.Steps = append(p.flow.Steps, s)
}

// words reads a mapping from word to word.
func (p *flowParser) words(n *yaml.Node, step, field string, add func(key, value *yaml.Node)) {
	if isNull(n) || !p.mapping(n, step, field, "a mapping", "") {
		return
	}
	for key, value := range strict.Entries(n) {
		if value.Kind != yaml.ScalarNode || value.Value == "" {
			p.fail(key.Line, step, join(field, key.Value), "one word is needed here, not "+describe(value), "")
			continue
		}
		add(key, value)
	}
}

// onError reads default, end_flow, {follow: EXIT} or {go_to: STEP}.
func (p *flowParser) onError(n *yaml.Node, step string) OnError {
	const mend = "write default, end_flow, {follow: EXIT} or {go_to: STEP}"
	out := OnError{Line: n.Line}
	if n.Kind == yaml.ScalarNode {
		switch n.Value {
		case "default":
		case "end_flow":
			out.Kind = OnErrorEndFlow
		default:
			p.fail(n.Line, step, "on_error", fmt.Sprintf("%q is no way to go on", n.Value), mend)
		}
		return out
	}
	var follow, goTo string
	before := len(p.list)
	p.each(n, step, "on_error", map[string]func(*yaml.Node){
		"follow": p.text(&follow, step, "on_error.follow"),
		"go_to":  p.text(&goTo, step, "on_error.go_to"),
	})
	switch {
	case len(p.list) > before:
	case (follow == "") == (goTo == ""):
		p.fail(n.Line, step, "on_error", "one way to go on is needed", mend)
	case follow != "":
		out.Kind, out.Exit = OnErrorFollow, Exit(follow)
	default:
		out.Kind, out.To = OnErrorGoTo, goTo
	}
	return out
}

func (p *flowParser) variables(n *yaml.Node) {
	if !p.mapping(n, "", "variables", "a mapping of names to declarations", "") {
		return
	}
	for key, value := range strict.Entries(n) {
		p.variable(key, value)
	}
}

func (p *flowParser) variable(key, value *yaml.Node) {
	path := join("variables", key.Value)
	v := Variable{Name: key.Value, Type: TypeString, Line: key.Line}
	if !variableName.MatchString(v.Name) {
		p.fail(v.Line, "", path, "the name of a variable has 1 to 64 lower-case letters, digits or _", "")
	}
	if isNull(value) {
		p.flow.Variables = append(p.flow.Variables, v)
		return
	}
	masked := "false"
	p.each(value, "", path, map[string]func(*yaml.Node){
		"type": func(n *yaml.Node) {
			v.Type = VariableType(n.Value)
			if !v.Type.known() {
				p.fail(n.Line, "", join(path, "type"), fmt.Sprintf("%q is no type", n.Value), "write string, number, integer or boolean")
			}
		},
		"masked": func(n *yaml.Node) { masked = n.Value },
		"default": func(n *yaml.Node) {
			v.HasDefault = !isNull(n)
			p.text(&v.Default, "", join(path, "default"))(n)
		},
	})
	if masked != "true" && masked != "false" {
		p.fail(v.Line, "", join(path, "masked"), fmt.Sprintf("%q is neither true nor false", masked), "")
	}
	v.Masked = masked == "true"
	if v.HasDefault && !v.Type.Accepts(v.Default) {
		p.fail(v.Line, "", join(path, "default"), fmt.Sprintf("%q is no %s", v.Default, v.Type), "")
	}
	p.flow.Variables = append(p.flow.Variables, v)
}
