package script

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
)

// absent are names that other engines or their hosts have, and what to write
// instead.
var absent = map[string]string{
	"setTimeout": "wait with a step of the flow", "setInterval": "wait with a step of the flow", "setImmediate": "call the function itself", "queueMicrotask": "use Promise.resolve().then(…)",
	"fetch": "ask with the step execute_action", "XMLHttpRequest": "ask with the step execute_action", "WebSocket": "ask with the step execute_action",
	"require": "write what is needed into the function", "process": "give the function what it needs as an input", "window": "use globalThis", "global": "use globalThis",
	"document": "there is no page", "alert": "return what is to be told", "console": "return what is to be seen, in an output", "Buffer": "use encodeURIComponent, or strings",
	"TextEncoder": "use encodeURIComponent", "TextDecoder": "use decodeURIComponent", "URL": "take the text apart with a regular expression", "URLSearchParams": "use encodeURIComponent",
	"atob": "decode with a step before", "btoa": "encode with a step before", "crypto": "sign with the step execute_action", "structuredClone": "use JSON.parse(JSON.stringify(…))",
	"WeakRef": "keep the value itself", "FinalizationRegistry": "leave it out", "Temporal": "use Date", "SharedArrayBuffer": "use ArrayBuffer", "Atomics": "leave it out",
	"Iterator": "use an array", "moment": "use Date", "luxon": "use Date", "_": "write the function itself", "axios": "ask with the step execute_action",
	"exports": bodyAlone, "module": bodyAlone, "addEventListener": bodyAlone, "callback": "write return {…}", "Response": "write return {…}",
	"context": "read the inputs from args", "event": "read the inputs from args", "inputData": "read the inputs from args", "Twilio": "ask with the step execute_action",
}

// isoDate is the form of dates of ECMA-262 §21.4.1.32.
var isoDate = regexp.MustCompile(`^([+-]\d{6}|\d{4})(-\d\d(-\d\d)?)?(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$`)

// check reports what of a function, parsed in its wrapper, would fail, or would not
// do what it does elsewhere, and what to write instead.
func check(program *ast.Program) error {
	declared := declaredIn(program)
	var wrong []string
	report := func(at file.Idx, format string, args ...any) {
		position := program.File.Position(int(at) - program.File.Base())
		if message := fmt.Sprintf("line %d: ", position.Line) + fmt.Sprintf(format, args...); !slices.Contains(wrong, message) {
			wrong = append(wrong, message)
		}
	}
	visit(program, func(node any) bool {
		switch n := node.(type) {
		case *ast.Identifier:
			if instead, is := absent[n.Name.String()]; is && !declared[n.Name.String()] {
				report(n.Idx, "%s is not there: %s", n.Name, instead)
			}
		case *ast.RegExpLiteral:
			if keepsOldGroups(n.Pattern) {
				report(n.Idx, "/%s/: a group in parentheses that one of several choices holds keeps here what it had in an earlier round of the repeat: write (?:…) if it is not read, or find one round after the other with matchAll", n.Pattern)
			}
		case *ast.NewExpression:
			if object, _ := member(n.Callee); object == "Intl" {
				reportLocale(n.ArgumentList, report)
			}
			if nameOf(n.Callee) == "Date" && !declared["Date"] {
				reportDate(n.ArgumentList, report)
			}
		case *ast.CallExpression:
			object, method := member(n.Callee)
			if strings.HasPrefix(method, "toLocale") && strings.HasSuffix(method, "String") {
				reportLocale(n.ArgumentList, report)
			}
			if object == "Date" && method == "parse" {
				reportDate(n.ArgumentList, report)
			}
		}
		return true
	})
	reportMembers(program, declared, report)
	reportShape(program, report)
	if wrong == nil {
		return nil
	}
	const most = 5
	if len(wrong) > most {
		wrong = append(wrong[:most], fmt.Sprintf("and %d more", len(wrong)-most))
	}
	return errors.New(strings.Join(wrong, "; "))
}

// nameOf is the name that an expression consists of, "" if it is none.
func nameOf(e ast.Expression) string {
	if name, is := e.(*ast.Identifier); is {
		return name.Name.String()
	}
	return ""
}

// member returns the name of an object, "" if it has none, and of its member.
func member(e ast.Expression) (object, name string) {
	if dot, is := e.(*ast.DotExpression); is {
		return nameOf(dot.Left), dot.Identifier.Name.String()
	}
	return "", ""
}

// reportDate looks at the only argument of a call that reads a date.
func reportDate(arguments []ast.Expression, report reporter) {
	if len(arguments) != 1 {
		return
	}
	if text, is := arguments[0].(*ast.StringLiteral); is && !isoDate.MatchString(text.Value.String()) {
		report(text.Idx, "%q is no date that every engine reads alike: write it as 2026-01-31, 2026-01-31T10:00:00Z or 2026-01-31T10:00:00+01:00", text.Value)
	}
}

// unknownOptions change a number or a date elsewhere and are refused here.
var unknownOptions = []string{"currencyDisplay", "currencySign", "unit", "notation", "signDisplay", "minimumSignificantDigits", "maximumSignificantDigits",
	"roundingMode", "roundingIncrement", "roundingPriority", "trailingZeroDisplay", "era", "dayPeriod", "timeZoneName", "fractionalSecondDigits"}

// reportLocale looks at the locale and the options of a call that writes a number or
// a date, as far as they stand in the source.
func reportLocale(arguments []ast.Expression, report reporter) {
	if len(arguments) > 0 {
		if tag, is := arguments[0].(*ast.StringLiteral); is {
			if _, _, err := findLocale(tag.Value.String()); err != nil {
				report(tag.Idx, "%v", err)
			}
		}
	}
	if len(arguments) < 2 {
		return
	}
	options, is := arguments[1].(*ast.ObjectLiteral)
	if !is {
		return
	}
	for _, p := range options.Value {
		keyed, is := p.(*ast.PropertyKeyed)
		if !is {
			continue
		}
		if key, is := keyed.Key.(*ast.StringLiteral); is && slices.Contains(unknownOptions, key.Value.String()) {
			report(key.Idx, "option %s is not known here: put the text together from the parts that are", key.Value)
		}
	}
}

// declaredIn are the names that a function declares itself, wherever: they may
// hide those of the engine. So are those that it asks for with typeof.
func declaredIn(program *ast.Program) map[string]bool {
	out := map[string]bool{}
	name := func(target any) {
		visit(target, func(node any) bool {
			switch n := node.(type) {
			case *ast.Identifier:
				out[n.Name.String()] = true
			case *ast.PropertyShort:
				out[n.Name.Name.String()] = true
			}
			_, isDefault := node.(*ast.AssignExpression)
			return !isDefault
		})
	}
	visit(program, func(node any) bool {
		switch n := node.(type) {
		case *ast.Binding:
			name(n.Target)
		case *ast.FunctionLiteral:
			name(n.Name)
		case *ast.ClassLiteral:
			name(n.Name)
		case *ast.CatchStatement:
			name(n.Parameter)
		case *ast.UnaryExpression:
			if n.Operator.String() == "typeof" {
				name(n.Operand)
			}
		}
		return true
	})
	return out
}

// group is an open group of a regular expression.
type group struct {
	captures bool // it is a capturing one itself
	holds    bool // others that capture stand in it
	choice   bool // and a round may pass by one of them
}

var repeat = regexp.MustCompile(`^(\*|\+|\{\d+(,\d*)?\})`)

// keepsOldGroups reports whether a repeated group holds a capturing one that not
// every round passes: goja does not empty it at the beginning of a round (ECMA-262
// §22.2.2.3.1 step 4).
func keepsOldGroups(pattern string) bool {
	open := []group{{}}
	inClass := false
	for i := 0; i < len(pattern); i++ {
		last := &open[len(open)-1]
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case inClass:
			inClass = c != ']'
		case c == '[':
			inClass = true
		case c == '(':
			rest := pattern[i+1:]
			named := strings.HasPrefix(rest, "?<") && !strings.HasPrefix(rest, "?<=") && !strings.HasPrefix(rest, "?<!")
			open = append(open, group{captures: named || !strings.HasPrefix(rest, "?")})
		case c == '|':
			last.choice = true
		case c == ')' && len(open) > 1:
			closed, rest := *last, pattern[i+1:]
			if closed.holds && closed.choice && repeat.MatchString(rest) {
				return true
			}
			open = open[:len(open)-1]
			around := &open[len(open)-1]
			if closed.captures || closed.holds {
				around.holds = true
				around.choice = around.choice || closed.holds && closed.choice ||
					strings.HasPrefix(rest, "?") || strings.HasPrefix(rest, "*") || strings.HasPrefix(rest, "{0")
			}
		}
	}
	return false
}
