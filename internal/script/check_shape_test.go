package script_test

import (
	"context"
	"strings"
	"testing"

	"ringflow/internal/script"
)

// What is no body that returns an object is refused, with its line and with what
// to write.
func TestFunctionsOfOtherHostsAreRefused(t *testing.T) {
	const alone = "write the body alone, what stands in its braces, with its inputs in args and with return {…} at its end"
	for source, want := range map[string]string{
		"// Twilio\nexports.handler = function(context, event, callback) { callback(null, {a: 1}) }": "the function failed: line 2: exports is not there: " + alone,
		"module.exports = async (event) => ({a: 1})":                                                 "the function failed: line 1: module is not there: " + alone,
		"module.exports.handler = (event) => { return {a: 1} }":                                      "line 1: module is not there: " + alone,
		"\nfunction main(args) {\n  return {a: 1}\n}":                                                "line 2: it declares the function main and returns nothing: " + alone + ", or add return main(args)",
		"const main = async args => ({a: 1})":                                                        "line 1: it declares the function main and returns nothing: " + alone,
		"handler = function (event) { return {a: 1} }":                                               "line 1: it declares the function handler and returns nothing",
		"\n(args) => ({r: 'x'})":                                                                     "line 2: nothing calls this function, and nothing is returned: " + alone,
		"(function (args) { return {r: 'x'} })":                                                      "line 1: nothing calls this function",
		"(async () => {\nreturn {a: 1} })()":                                                         "line 1: what this call returns is dropped: write return before it",
		"function main() { return {a: 1} }\nmain(args)":                                              "line 2: what this call returns is dropped: write return before it",
		"return (args) => ({r: 'x'})":                                                                "line 1: it returns a function and does not call it: " + alone,
		"if (args.a) return 5\nreturn {a: 1}":                                                        "line 1: it returns no object: write return {name: …}",
		"return `x`":                                                                                 "line 1: it returns no object",
		"return [args.a]":                                                                            "line 1: it returns no object",
		"const a = args.a + 1\n({a})":                                                                "the function failed: line 1: nothing is returned",
		"const a = args.a + 1;\n({a})":                                                               "line 2: nothing is returned: end it with return {…}, an object that holds the outputs",
		"{a: 1}":                                                                                     "line 1: nothing is returned",
		"// nothing":                                                                                 "line 1: nothing is returned",
		"const f = () => { return {a: 1} }; [1].map(f)":                                              "it declares the function f and returns nothing",
		"callback(null, {a: 1}); return {}":                                                          "line 1: callback is not there: write return {…}",
		"return {a: event.a}":                                                                        "line 1: event is not there: read the inputs from args",
		"import x from 'y'\nreturn {a: x}":                                                           "the function failed: line 1:1: there are no modules, so import and export cannot stand here: " + alone,
		"const a = 1\nexport default function (args) { return {a} }":                                 "line 2:1: there are no modules",
		"return {a: await args.a}":                                                                   "the function failed: line 1:12: await cannot stand here, as the body is not async: write return (async () => {…})() around it",
		"const a = 1\nconst r = await fetch('http://x')\nreturn {a: r.ok}":                           "line 2:11: await cannot stand here, as the body is not async: write return (async () => {…})() around it; line 2: fetch is not there: ask with the step execute_action",
		"return {a: await ;}":                                                                        "SyntaxError: line 1:",
	} {
		err := script.Validate(source)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", source, err, want)
		}
	}
	for _, source := range []string{
		"if (args.a) { return {a: 1} }",
		"for (const x of args.a) try { return {x} } finally {}",
		"if (args.a > 3) throw new Error('too many')",
		"function main(args) { return {a: 1} }\nreturn main(args)",
		"const f = () => 1; return {a: f()}",
		"const exports = {}; exports.a = 1; return exports",
		"const r = (event, context) => ({a: event}); return r(args, 1)",
		"if (!args.a) return\nreturn {a: 1}",
		"return null",
		"return (async () => { return {a: await args.a} })()",
		"return {reimport: 1, export: 2}",
	} {
		if err := script.Validate(source); err != nil {
			t.Errorf("%q: %v", source, err)
		}
	}
	out, err := script.Local{}.Call(context.Background(), "", "return (async () => { return {a: await args.a} })()", []byte(`{"a": 1}`))
	if err != nil || string(out) != `{"a":1}` {
		t.Errorf("an async function that the body calls returned %s, %v", out, err)
	}
}
