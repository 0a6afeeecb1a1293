package flowfile

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is one thing about a flow that its author should change.
type Problem struct {
	Severity Severity `json:"severity"`
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	Step     string   `json:"step,omitempty"`  // ID; empty if it is about the whole flow
	Field    string   `json:"field,omitempty"` // such as with.ring_seconds or exits.busy
	What     string   `json:"what"`            // what is wrong
	Fix      string   `json:"mend,omitempty"`  // what would be right
}

// Severity is how much a problem matters.
type Severity string

// The severities. Only errors keep a flow from being published.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// String writes the problem as compilers do: file:line: severity: what.
func (p Problem) String() string {
	s := p.File
	if p.Line > 0 {
		s += fmt.Sprintf(":%d", p.Line)
	}
	if s != "" {
		s += ": "
	}
	s += string(p.Severity) + ": "
	if p.Step != "" {
		s += "step " + p.Step + ": "
	}
	if p.Field != "" {
		s += p.Field + ": "
	}
	s += p.What
	if p.Fix != "" {
		s += "; " + p.Fix
	}
	return s
}

// Error makes a Problem an error, as Parse returns them.
func (p Problem) Error() string { return p.String() }

// Failing returns the errors among the problems: with none, a flow may be
// published.
func Failing(ps []Problem) []Problem {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Severity != SeverityError })
}

// FieldError is one argument, or one field of a setting, and what is wrong with
// it.
type FieldError struct {
	Name        string
	Description string
}

// Error implements error.
func (e FieldError) Error() string { return e.Name + ": " + e.Description }

// problems gathers what is wrong with a file or a step, with a bound: a hostile file
// must not have millions of sentences written about it.
type problems struct {
	file   string // of each
	list   []Problem
	counts map[Severity]int
}

// maxProblems is how many errors are reported of a flow at once, and likewise warnings.
const maxProblems = 100

// full reports whether there are so many errors that no more are added. Checks that
// take long do not run then.
func (ps *problems) full() bool { return ps.counts[SeverityError] >= maxProblems }

func (ps *problems) fail(line int, step, field, what, mend string) {
	ps.add(Problem{Severity: SeverityError, Line: line, Step: step, Field: field, What: what, Fix: mend})
}

func (ps *problems) warn(line int, step, field, what, mend string) {
	ps.add(Problem{Severity: SeverityWarning, Line: line, Step: step, Field: field, What: what, Fix: mend})
}

func (ps *problems) add(p Problem) {
	if ps.counts[p.Severity] >= maxProblems {
		return
	}
	if ps.counts == nil {
		ps.counts = map[Severity]int{}
	}
	ps.counts[p.Severity]++
	p.File = ps.file
	ps.list = append(ps.list, p)
}

// sorted returns the problems in the order of the file.
func (ps *problems) sorted() []Problem {
	slices.SortStableFunc(ps.list, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return ps.list
}
