package script

import (
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
)

// knownIntl is what Intl holds here; its other members throw an error that names
// them.
var knownIntl = []string{"NumberFormat", "DateTimeFormat", "Collator"}

// absentStatics are members of objects of the language that goja does not have,
// and what to write instead.
var absentStatics = map[string]string{
	"Object.groupBy": "fill an object in a loop", "Map.groupBy": "fill a Map in a loop", "Array.fromAsync": "use Promise.all",
	"Promise.try": "use Promise.resolve().then(…)", "Promise.withResolvers": "use new Promise((resolve, reject) => …)",
	"RegExp.escape": `use replace(/[.*+?^${}()|[\]\\]/g, "\\$&")`, "Math.sumPrecise": "use reduce", "Math.f16round": "use Math.fround",
	"Error.captureStackTrace": "leave it out", "Symbol.asyncIterator": "use an array of promises", "Symbol.dispose": "use try … finally",
	"Symbol.asyncDispose": "use try … finally",
}

// absentMethods are methods of values that goja does not have, by names that no
// value of the language has otherwise.
var absentMethods = map[string]string{
	"isWellFormed": "use encodeURIComponent, which throws if the text is not", "toWellFormed": "use JSON.parse(JSON.stringify(…))",
	"toArray": "write [...iterator]", "take": "write [...iterator].slice(0, n)", "drop": "write [...iterator].slice(n)",
	"getOrInsert": "use has, get and set", "getOrInsertComputed": "use has, get and set", "getYear": "use getFullYear", "setYear": "use setFullYear",
	"formatToParts": "put the text together from format", "formatRange": "put the text together from format",
	"formatRangeToParts": "put the text together from format", "supportedLocalesOf": "leave it out", "toTemporalInstant": "use Date",
	"__defineGetter__": "use Object.defineProperty", "__defineSetter__": "use Object.defineProperty",
}

// absentOfIterators are methods that arrays have, and iterators have not here.
var absentOfIterators = []string{"map", "filter", "flatMap", "reduce", "forEach", "some", "every", "find"}

// reportMembers says which members the source uses that are not there, as far as it
// is certain whose they are: a method that some object of the source has, or that
// is read and not called, is passed over.
func reportMembers(program *ast.Program, declared map[string]bool, report reporter) {
	ambiguous := membersOf(program)
	visit(program, func(node any) bool {
		switch n := node.(type) {
		case *ast.DotExpression:
			reportStatic(n.Left, n.Identifier.Name.String(), declared, ambiguous, n.Identifier.Idx, report)
		case *ast.BracketExpression:
			if member, is := n.Member.(*ast.StringLiteral); is {
				reportStatic(n.Left, member.Value.String(), declared, ambiguous, member.Idx, report)
			}
		case *ast.CallExpression:
			dot, is := n.Callee.(*ast.DotExpression)
			if !is {
				return true
			}
			object, name := member(dot)
			if object == "Intl" && !declared["Intl"] && slices.Contains(knownIntl, name) {
				report(dot.Identifier.Idx, "Intl.%s cannot be called here without new: write new Intl.%s(…)", name, name)
			}
			if instead, is := absentMethods[name]; is && !ambiguous[name] {
				report(dot.Identifier.Idx, "%s is not there: %s", name, instead)
			}
			if slices.Contains(absentOfIterators, name) && isIterator(dot.Left) {
				report(dot.Identifier.Idx, "iterators have no %s here: write [...iterator].%s(…)", name, name)
			}
		}
		return true
	})
}

func reportStatic(left ast.Expression, member string, declared, ambiguous map[string]bool, at file.Idx, report reporter) {
	object := nameOf(left)
	if declared[object] {
		return
	}
	name := object + "." + member
	if instead, is := absentStatics[name]; is && (!ambiguous[member] || object == "Symbol") { // a symbol is read only
		report(at, "%s is not there: %s", name, instead)
	}
	if object == "Intl" && !slices.Contains(knownIntl, member) {
		report(at, "%s is not there: write the rules of the language into the function; of Intl there are NumberFormat, DateTimeFormat and Collator", name)
	}
}

// isIterator reports whether an expression is certain to be an iterator of the
// language: Object.values returns an array.
func isIterator(e ast.Expression) bool {
	call, is := e.(*ast.CallExpression)
	if !is {
		return false
	}
	dot, is := call.Callee.(*ast.DotExpression)
	if !is {
		return false
	}
	switch dot.Identifier.Name {
	case "matchAll":
		return len(call.ArgumentList) == 1
	case "values", "keys", "entries":
		made, _ := dot.Left.(*ast.NewExpression)
		_, isArray := dot.Left.(*ast.ArrayLiteral)
		return len(call.ArgumentList) == 0 && (isArray || root(dot.Left) == "args" || // what args holds is of JSON
			made != nil && (nameOf(made.Callee) == "Map" || nameOf(made.Callee) == "Set"))
	}
	return false
}

// membersOf are the names of members that a source itself gives to objects, or
// reads without a call.
func membersOf(program *ast.Program) map[string]bool {
	out := map[string]bool{}
	called := map[*ast.DotExpression]bool{}
	visit(program, func(node any) bool {
		switch n := node.(type) {
		case *ast.CallExpression:
			if dot, is := n.Callee.(*ast.DotExpression); is {
				called[dot] = true
			}
		case *ast.DotExpression:
			if !called[n] { // a call is seen before its callee
				out[n.Identifier.Name.String()] = true
			}
		case *ast.StringLiteral: // keys of objects and of classes among them
			out[n.Value.String()] = true
		case *ast.PropertyShort:
			out[n.Name.Name.String()] = true
		}
		return true
	})
	return out
}
