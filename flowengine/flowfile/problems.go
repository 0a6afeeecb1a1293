package flowfile

import (
	"cmp"
	"slices"
)

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
	ps.add(Problem{Severity: SeverityError, Line: line, Step: step, Field: field, What: what, Mend: mend})
}

func (ps *problems) warn(line int, step, field, what, mend string) {
	ps.add(Problem{Severity: SeverityWarning, Line: line, Step: step, Field: field, What: what, Mend: mend})
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
