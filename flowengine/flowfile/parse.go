package flowfile

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"ringflow/internal/strict"
)

// Parse reads a flow file, YAML or JSON. It is strict: a key that it does not
// know is an error. The name stands in messages only. The error joins one
// Problem per mistake, with file, line, key and the nearest known key.
func Parse(name string, data []byte) (*Flow, error) {
	root, err := readNode(name, data)
	if err != nil {
		return nil, fmt.Errorf("read flow: %w", err)
	}
	p := &flowParser{flow: &Flow{File: name}}
	p.file(root)
	if len(p.problems) > 0 {
		var errs []error
		slices.SortStableFunc(p.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
		for _, problem := range p.problems {
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
	flow     *Flow
	problems []Problem
}

// full reports whether there are so many problems that no more are added: the rest of a
// hostile file costs nothing.
func (p *flowParser) full() bool { return len(p.problems) >= maxProblems }

func (p *flowParser) fail(line int, step, field, what, mend string) {
	if p.full() {
		return
	}
	p.problems = append(p.problems, Problem{Severity: SeverityError, File: p.flow.File, Line: line, Step: step, Field: field, What: what, Mend: mend})
}

// each walks a mapping strictly: keys without a reader are problems, and so are
// required keys that are absent.
func (p *flowParser) each(n *node, step, path string, read map[string]func(*node), required ...string) {
	if !p.mapping(n, step, path, "a mapping", "") {
		return
	}
	known := slices.Sorted(maps.Keys(read))
	for _, f := range n.fields {
		if r, ok := read[f.name]; ok {
			r(f.value)
		} else if !p.full() {
			p.fail(f.line, step, join(path, f.name), "the key is not known", strict.DidYouMean(f.name, known))
		}
	}
	for _, r := range required {
		if v := n.field(r); v == nil || v.null {
			p.fail(n.line, step, join(path, r), "the key is missing", "")
		}
	}
}

// mapping reports whether n is a mapping, and fails as wanted if it is not.
func (p *flowParser) mapping(n *node, step, field, wanted, mend string) bool {
	if n.kind != nodeMapping {
		p.fail(n.line, step, field, wanted+" is needed here, not "+n.describe(), mend)
	}
	return n.kind == nodeMapping
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (n *node) describe() string {
	if n.null {
		return "nothing"
	}
	return n.kind.String()
}

// text returns a reader of a single value into to.
func (p *flowParser) text(to *string, step, field string) func(*node) {
	return func(n *node) {
		if n.kind != nodeScalar {
			p.fail(n.line, step, field, "a single value is needed here, not "+n.describe(), "")
			return
		}
		*to = n.text
	}
}

func (p *flowParser) file(root *node) {
	f := p.flow
	start, startLine := "", root.line
	p.each(root, "", "", map[string]func(*node){
		"name":        p.text(&f.Name, "", "name"),
		"description": p.text(&f.Description, "", "description"),
		"aliases":     p.aliases,
		"trigger":     p.trigger,
		"variables":   p.variables,
		"start": func(n *node) {
			startLine = n.line
			p.text(&start, "", "start")(n)
		},
		"steps": p.steps,
	}, "name", "trigger", "start", "steps")
	if f.Trigger != nil && start != "" {
		f.Trigger.Exits = []Wire{{Exit: ExitOK, To: start, Line: startLine}}
	}
}

// trigger reads the initiator: its component, and its fields beside it.
func (p *flowParser) trigger(n *node) {
	if !p.mapping(n, TriggerID, "", "a mapping", "write trigger: {component: api_request, arguments: […]}") {
		return
	}
	s := &Step{ID: TriggerID, Line: n.line, with: &node{kind: nodeMapping, line: n.line}}
	for _, f := range n.fields {
		if f.name == "component" {
			p.text(&s.Component, TriggerID, "component")(f.value)
		} else {
			s.with.fields = append(s.with.fields, f)
		}
	}
	if s.Component == "" {
		p.fail(n.line, TriggerID, "component", "the key is missing", "write component: api_request")
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

func (p *flowParser) steps(n *node) {
	if !p.mapping(n, "", "steps", "a mapping of step names to steps", "") {
		return
	}
	if len(n.fields) > maxSteps {
		p.fail(n.line, "", "steps", fmt.Sprintf("the flow has %d steps", len(n.fields)), fmt.Sprintf("%d are allowed", maxSteps))
		return
	}
	for _, f := range n.fields {
		switch {
		case f.name == TriggerID:
			p.fail(f.line, f.name, "", "the name belongs to the initiator", "choose another name")
		case !stepName.MatchString(f.name):
			p.fail(f.line, f.name, "", "the name of a step has 1 to 64 letters, digits, _, - or .", "put the name for people into title")
		default:
			p.step(f)
		}
	}
}

func (p *flowParser) step(f nodeField) {
	s := &Step{ID: f.name, Line: f.line}
	p.each(f.value, s.ID, "", map[string]func(*node){
		"component": p.text(&s.Component, s.ID, "component"),
		"title":     p.text(&s.Title, s.ID, "title"),
		"with": func(n *node) {
			if !n.null {
				s.with = n
			}
		},
		"exits": func(n *node) {
			p.words(n, s.ID, "exits", func(f nodeField) {
				s.Exits = append(s.Exits, Wire{Exit: Exit(f.name), To: f.value.text, Line: f.line})
			})
		},
		"set": func(n *node) {
			p.words(n, s.ID, "set", func(f nodeField) {
				s.Set = append(s.Set, Mapping{Variable: f.name, From: f.value.text, Line: f.line})
			})
		},
		"on_error": func(n *node) { s.OnError = p.onError(n, s.ID) },
	}, "component")
	p.flow.Steps = append(p.flow.Steps, s)
}

// words reads a mapping from word to word.
func (p *flowParser) words(n *node, step, field string, add func(nodeField)) {
	if n.null || !p.mapping(n, step, field, "a mapping", "") {
		return
	}
	for _, f := range n.fields {
		if f.value.kind != nodeScalar || f.value.null || f.value.text == "" {
			p.fail(f.line, step, join(field, f.name), "one word is needed here, not "+f.value.describe(), "")
			continue
		}
		add(f)
	}
}

// onError reads default, end_flow, {follow: EXIT} or {go_to: STEP}.
func (p *flowParser) onError(n *node, step string) OnError {
	const mend = "write default, end_flow, {follow: EXIT} or {go_to: STEP}"
	out := OnError{Line: n.line}
	if n.kind == nodeScalar {
		switch n.text {
		case "default":
		case "end_flow":
			out.Kind = OnErrorEndFlow
		default:
			p.fail(n.line, step, "on_error", fmt.Sprintf("%q is no way to go on", n.text), mend)
		}
		return out
	}
	var follow, goTo string
	before := len(p.problems)
	p.each(n, step, "on_error", map[string]func(*node){
		"follow": p.text(&follow, step, "on_error.follow"),
		"go_to":  p.text(&goTo, step, "on_error.go_to"),
	})
	switch {
	case len(p.problems) > before:
	case (follow == "") == (goTo == ""):
		p.fail(n.line, step, "on_error", "one way to go on is needed", mend)
	case follow != "":
		out.Kind, out.Exit = OnErrorFollow, Exit(follow)
	default:
		out.Kind, out.To = OnErrorGoTo, goTo
	}
	return out
}

func (p *flowParser) variables(n *node) {
	if !p.mapping(n, "", "variables", "a mapping of names to declarations", "") {
		return
	}
	for _, f := range n.fields {
		p.variable(f)
	}
}

func (p *flowParser) variable(f nodeField) {
	path := join("variables", f.name)
	v := Variable{Name: f.name, Type: TypeString, Line: f.line}
	if !variableName.MatchString(f.name) {
		p.fail(f.line, "", path, "the name of a variable has 1 to 64 lower-case letters, digits or _", "")
	}
	if f.value.null {
		p.flow.Variables = append(p.flow.Variables, v)
		return
	}
	masked := "false"
	p.each(f.value, "", path, map[string]func(*node){
		"type": func(n *node) {
			v.Type = VariableType(n.text)
			if !v.Type.known() {
				p.fail(n.line, "", join(path, "type"), fmt.Sprintf("%q is no type", n.text), "write string, number, integer or boolean")
			}
		},
		"masked": func(n *node) { masked = n.text },
		"default": func(n *node) {
			v.HasDefault = !n.null
			p.text(&v.Default, "", join(path, "default"))(n)
		},
	})
	if masked != "true" && masked != "false" {
		p.fail(f.line, "", join(path, "masked"), fmt.Sprintf("%q is neither true nor false", masked), "")
	}
	v.Masked = masked == "true"
	if v.HasDefault && !v.Type.Accepts(v.Default) {
		p.fail(f.line, "", join(path, "default"), fmt.Sprintf("%q is no %s", v.Default, v.Type), "")
	}
	p.flow.Variables = append(p.flow.Variables, v)
}
