package numbers_test

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
)

// language is the set of digit texts that patterns match whole. It can be walked digit
// by digit, so that a test sees each prefix for which the numbers behind it differ.
type language struct{ prog *syntax.Prog }

// at is where a walk stands: empty if no text of the language begins with what was walked.
type at []uint32

func languageOf(t *testing.T, patterns ...string) language {
	var parts []string
	for _, p := range patterns {
		if p != "" && p != "NA" {
			parts = append(parts, "(?:"+p+")")
		}
	}
	text := strings.Join(parts, "|")
	if text == "" {
		text = `[^\x00-\x{10FFFF}]` // no text
	}
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		t.Fatal(err)
	}
	return language{prog}
}

func (l language) start() at { return l.closure([]uint32{uint32(l.prog.Start)}) }

func (l language) step(s at, digit byte) at {
	var next []uint32
	for _, pc := range s {
		if i := l.prog.Inst[pc]; i.Op != syntax.InstMatch && i.MatchRune(rune(digit)) {
			next = append(next, i.Out)
		}
	}
	return l.closure(next)
}

// walk follows a text.
func (l language) walk(text string) at {
	s := l.start()
	for i := range len(text) {
		s = l.step(s, text[i])
	}
	return s
}

// accepts says whether what was walked is a text of the language.
func (l language) accepts(s at) bool {
	return slices.ContainsFunc(s, func(pc uint32) bool { return l.prog.Inst[pc].Op == syntax.InstMatch })
}

func (l language) closure(pcs []uint32) (out at) {
	seen := map[uint32]bool{}
	var add func(pc uint32)
	add = func(pc uint32) {
		if seen[pc] {
			return
		}
		seen[pc] = true
		switch i := l.prog.Inst[pc]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			add(i.Out)
			add(i.Arg)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			add(i.Out)
		case syntax.InstFail:
		default:
			out = append(out, pc)
		}
	}
	for _, pc := range pcs {
		add(pc)
	}
	slices.Sort(out)
	return out
}

// texts yields texts of the language: for each prefix behind which deeper says that
// nothing differs any more, one of each length.
func (l language) texts(deeper func(prefix string) bool, yield func(text string)) {
	var down func(prefix string, s at)
	down = func(prefix string, s at) {
		if len(s) == 0 {
			return
		}
		if !deeper(prefix) {
			for _, text := range l.shortest(prefix, s) {
				yield(text)
			}
			return
		}
		if l.accepts(s) {
			yield(prefix)
		}
		for d := byte('0'); d <= '9'; d++ {
			down(prefix+string(d), l.step(s, d))
		}
	}
	down("", l.start())
}

// shortest is one text of each length that begins with a prefix, digits in turn so that
// no filler stands for all others.
func (l language) shortest(prefix string, s at) (texts []string) {
	type state struct {
		text string
		at   at
	}
	level := []state{{prefix, s}}
	for depth := 0; depth < 20 && len(level) > 0; depth++ {
		var next []state
		seen := map[string]bool{}
		named := false
		for _, one := range level {
			if l.accepts(one.at) && !named {
				texts, named = append(texts, one.text), true
			}
			for i := range byte(10) {
				d := '0' + (i*7+byte(depth)*3+5)%10
				if to := l.step(one.at, d); len(to) > 0 && !seen[fmt.Sprint(to)] {
					seen[fmt.Sprint(to)] = true
					next = append(next, state{one.text + string(d), to})
				}
			}
		}
		level = next
	}
	return texts
}
