package script

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"

	"ringflow/flowengine"
)

// Limits of a function.
const (
	maxWall  = 5 * time.Second // a Child's function also has one second of processor time
	maxCalls = 500             // nested
	maxBytes = 64 << 10
)

// Local runs functions in this process. It bounds their time, not their memory.
type Local struct {
	// Limit is how long a function may run; 0 is five seconds.
	Limit time.Duration
}

// Call implements flowengine.Functions.
func (l Local) Call(ctx context.Context, _, source string, args []byte) (result []byte, err error) {
	defer func() {
		// goja panics where a value that the function made runs code of its own while
		// Go looks at it, such as an exception with a toString that throws.
		if recover() != nil {
			result, err = nil, &flowengine.ScriptError{Message: "it threw something that cannot be shown"}
		}
	}()
	vm := goja.New()
	vm.SetParserOptions(withoutSourceMaps)
	if err := install(vm); err != nil {
		return nil, fmt.Errorf("prepare the runtime: %w", err)
	}
	stringify, ok := goja.AssertFunction(vm.Get("JSON").ToObject(vm).Get("stringify"))
	if !ok {
		return nil, errors.New("goja has no JSON.stringify")
	}
	vm.SetMaxCallStackSize(maxCalls)
	now := time.Now() // the clock stands still, so that nothing can be timed
	vm.SetTimeSource(func() time.Time { return now })
	late := time.AfterFunc(cmp.Or(l.Limit, maxWall), func() { vm.Interrupt(flowengine.ErrFunctionLimit) })
	defer late.Stop()
	disarm := context.AfterFunc(ctx, func() { vm.Interrupt(context.Cause(ctx)) })
	defer disarm()

	program, err := body(source)
	if err != nil {
		return nil, err
	}
	value, err := vm.RunProgram(program)
	if err != nil {
		return nil, scriptError(err)
	}
	call, ok := goja.AssertFunction(value)
	if !ok {
		return nil, errors.New("the wrapper made no function")
	}
	object, err := parse(vm, args)
	if err != nil {
		return nil, scriptError(err)
	}
	returned, err := call(goja.Undefined(), object)
	if err == nil {
		returned, err = resolved(returned)
	}
	if err != nil {
		return nil, scriptError(err)
	}
	return encoded(stringify, returned)
}

// resolved returns the value of a promise, and any other value as it is. All that
// a function has left to do is done when it returns, so a promise that is pending
// by then is never fulfilled.
func resolved(v goja.Value) (goja.Value, error) {
	object, is := v.(*goja.Object)
	if !is || object.ExportType() != reflect.TypeFor[*goja.Promise]() {
		return v, nil
	}
	switch p := object.Export().(*goja.Promise); p.State() {
	case goja.PromiseStateFulfilled:
		return p.Result(), nil
	case goja.PromiseStateRejected:
		return nil, &flowengine.ScriptError{Message: oneLine(p.Result().String())}
	}
	return nil, &flowengine.ScriptError{Message: "it returned a promise that is never kept"}
}

// What makes a function of its body. The new line ends a comment on its last one.
const (
	opening      = "(function (args) {\"use strict\";"
	asyncOpening = "(async function (args) {\"use strict\";"
	closing      = "\n})"
)

// Validate reports whether the source is the body of one function, and whether
// all of it does what it does in other engines; if not why. The error is a
// *flowengine.ScriptError.
func Validate(source string) error {
	if _, err := body(source); err != nil {
		return err
	}
	program, err := parseProgram(opening + source + closing)
	if err == nil {
		err = check(program)
	}
	if err != nil {
		return &flowengine.ScriptError{Message: err.Error()}
	}
	return nil
}

// body compiles the body of one function. The wrapper is closed: a body that
// closes it and opens another is none, and does not fit into other wrappers.
func body(source string) (*goja.Program, error) {
	program, err := compile(opening + source + closing)
	if err != nil {
		if notAsync := awaited(source); notAsync != nil {
			return nil, &flowengine.ScriptError{Message: notAsync.Error()}
		}
		return nil, scriptError(located(err, source))
	}
	for _, other := range []string{asyncOpening + source + closing, "({m(args) {\"use strict\";" + source + "\n}})"} {
		if _, err := compile(other); err != nil {
			return nil, &flowengine.ScriptError{Message: "it is not the body of one function: write what stands between its braces, and return an object"}
		}
	}
	return program, nil
}

// position is where goja says that a mistake is.
var position = regexp.MustCompile(`(?:function: )?Line (\d+):(\d+) `)

// followers is how it counts what follows from the first mistake.
var followers = regexp.MustCompile(` \(and \d+ more errors?\)$`)

// moduleWord is a word of modules.
var moduleWord = regexp.MustCompile(`\b(import|export)\b`)

// located has the position in an error count in the source and not in its wrapper.
func located(err error, source string) error {
	text := err.Error()
	m := position.FindStringSubmatch(text)
	if m == nil {
		return err
	}
	line, _ := strconv.Atoi(m[1])
	column, _ := strconv.Atoi(m[2])
	if line == 1 {
		column = max(1, column-len(opening))
	}
	at := fmt.Sprintf("line %d:%d: ", line, column)
	lines := strings.Split(source, "\n")
	if line > len(lines) {
		return errors.New("SyntaxError: at its end: something is missing, or a bracket before is one too many")
	}
	if strings.Contains(text, "reserved word") && moduleWord.MatchString(lines[line-1]) {
		return errors.New(at + "there are no modules, so import and export cannot stand here: " + bodyAlone)
	}
	return errors.New(followers.ReplaceAllString(strings.Replace(text, m[0], at, 1), ""))
}

// ValidateAll does the same with several, in this process. Sources from
// strangers belong into a Child: no limit holds here.
func ValidateAll(sources []string) []error {
	out := make([]error, len(sources))
	for i, source := range sources {
		out[i] = Validate(source)
	}
	return out
}

// parse turns JSON into a value of the function's own world.
func parse(vm *goja.Runtime, args []byte) (goja.Value, error) {
	var values map[string]any
	if err := json.Unmarshal(args, &values); err != nil {
		return nil, fmt.Errorf("read the arguments: %w", err)
	}
	object := vm.NewObject()
	for name, v := range values {
		if err := object.Set(name, v); err != nil {
			return nil, err
		}
	}
	return object, nil
}

// encoded writes what the function returned as JSON.
func encoded(stringify goja.Callable, result goja.Value) ([]byte, error) {
	if result == nil || goja.IsUndefined(result) || goja.IsNull(result) {
		return []byte("{}"), nil
	}
	text, err := stringify(goja.Undefined(), result)
	if err != nil {
		return nil, scriptError(err)
	}
	if goja.IsUndefined(text) {
		return nil, &flowengine.ScriptError{Message: "it returned what JSON cannot hold"}
	}
	if len(text.String()) > maxBytes {
		return nil, &flowengine.ScriptError{Message: fmt.Sprintf("it returned more than %d bytes", maxBytes)}
	}
	return []byte(text.String()), nil
}

// scriptError is an error of a function in one line.
func scriptError(err error) error {
	var interrupted *goja.InterruptedError
	var thrown *goja.Exception
	var overflow *goja.StackOverflowError
	var scriptErr *flowengine.ScriptError
	switch {
	case errors.As(err, &interrupted):
		return interrupted.Unwrap()
	case errors.As(err, &thrown):
		return &flowengine.ScriptError{Message: oneLine(thrown.Value().String())}
	case errors.As(err, &overflow):
		return &flowengine.ScriptError{Message: fmt.Sprintf("it calls itself more than %d deep", maxCalls)}
	case errors.As(err, &scriptErr):
		return scriptErr
	}
	return &flowengine.ScriptError{Message: oneLine(err.Error())}
}

func oneLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}

var _ flowengine.Functions = Local{}
