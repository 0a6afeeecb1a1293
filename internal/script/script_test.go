package script_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/fairshare"
	"ringflow/internal/script"
)

// bound is the longest that any function may take: five seconds, and the time
// that a busy machine needs to start and to end a process.
const bound = 15 * time.Second

// child is built once, by TestMain.
var child script.Child

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "script")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		child = script.Shipped(filepath.Join(dir, "child"))
		if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", child.Path, "./testdata/child").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the child: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// both runs a check on the two implementations.
func both(t *testing.T, check func(*testing.T, flowengine.Functions)) {
	t.Run("local", func(t *testing.T) { check(t, script.Local{Limit: 3 * time.Second}) })
	t.Run("child", func(t *testing.T) { check(t, child) })
}

func TestWhatFunctionsReturn(t *testing.T) {
	both(t, func(t *testing.T, f flowengine.Functions) {
		for source, want := range map[string]string{
			`return {sum: args.a + args.b}`:                                 `{"sum":5}`,
			`return {name: args.name.toUpperCase(), ok: args.yes === true}`: `{"name":"ANN","ok":true}`,
			`JSON = null; return {}`:                                        `{}`,
			`// only a comment`:                                             `{}`,
			`return null`:                                                   `{}`,
			`return {t: typeof require + typeof fetch + typeof setTimeout + typeof process}`: `{"t":"undefinedundefinedundefinedundefined"}`,
			`var a = Date.now(); for (var i = 0; i < 1e4; i++); return {d: Date.now() - a}`:  `{"d":0}`,
			`return (async () => { await null; return {sum: args.a + args.b} })()`:           `{"sum":5}`,
			`Object.prototype.toJSON = function () { return 1 }; return {a: 2}`:              `1`,
		} {
			got, err := f.Call(context.Background(), "acme", source, []byte(`{"a": 2, "b": 3, "name": "Ann", "yes": true}`))
			if err != nil || string(got) != want {
				t.Errorf("%s\nreturned %s, %v, want %s", source, got, err, want)
			}
		}
	})
}

func TestWhatFunctionsMayDoWrong(t *testing.T) {
	both(t, func(t *testing.T, f flowengine.Functions) {
		for source, want := range map[string]string{
			`throw new Error("no luck")`:             "no luck",
			`return args.nobody.name`:                "TypeError",
			`return {`:                               "SyntaxError",
			`}); (function () { return 1`:            "failed",
			`function f() { return f() } return f()`: "deep",
			`return (async () => { await null; throw new Error("no luck") })()`: "no luck",
			`return Promise.reject({toString() { throw 1 }})`:                   "cannot be shown",
			`return new Promise(() => {})`:                                      "never kept",
			`undeclared = 1`:                                                    "ReferenceError",
			`return {s: "x".repeat(70000)}`:                                     "more than",
			`throw {toString: function () { return "a\nb" }}`:                   "failed",
		} {
			_, err := f.Call(context.Background(), "acme", source, []byte(`{}`))
			var thrown *flowengine.ScriptError
			if !errors.As(err, &thrown) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s\nfailed with %v, want %q", source, err, want)
			}
		}
	})
}

func TestAFunctionThatNeverEnds(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]flowengine.Functions{"local": script.Local{Limit: 100 * time.Millisecond}, "child": child} {
		begin := time.Now()
		if _, err := f.Call(context.Background(), "acme", `for (;;);`, []byte(`{}`)); !errors.Is(err, flowengine.ErrFunctionLimit) || time.Since(begin) > bound {
			t.Errorf("%s: %v after %v", name, err, time.Since(begin))
		}
	}
	both(t, func(t *testing.T, f flowengine.Functions) {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		begin := time.Now()
		if _, err := f.Call(ctx, "acme", `for (;;);`, []byte(`{}`)); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > bound {
			t.Errorf("cancelled: %v after %v", err, time.Since(begin))
		}
	})
}

// A child that takes no processor time is ended by the clock.
func TestAChildThatOnlyWaits(t *testing.T) {
	t.Parallel()
	asleep := script.Child{Path: "/bin/sh", Args: []string{"-c", "exec sleep 600"}}
	if _, err := asleep.Call(t.Context(), "acme", "return {}", []byte("{}")); !errors.Is(err, flowengine.ErrFunctionLimit) {
		t.Error(err)
	}
}

// TestWhatOnlyAProcessCanBound runs what goja can neither interrupt nor bound.
func TestWhatOnlyAProcessCanBound(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`return {s: "x".repeat(1e12)}`,
		`var s = "xxxxxxxx"; for (;;) s += s`,
		`return {a: new Array(4e9).join("xxxxxxxx")}`,
		`return {a: new ArrayBuffer(1e11)}`,
		`var a = []; for (;;) a.push("x".repeat(1e6) + a.length)`,
		`return {m: /^(?=a)(a+)+$/.test("a".repeat(64) + "b")}`,
	} {
		begin := time.Now()
		_, err := child.Call(context.Background(), "acme", source, []byte(`{}`))
		var thrown *flowengine.ScriptError
		if err == nil || !errors.Is(err, flowengine.ErrFunctionLimit) && !errors.As(err, &thrown) || time.Since(begin) > bound {
			t.Errorf("%s\n%v after %v", source, err, time.Since(begin))
		}
	}
}

// What stands in a draft is looked at in a process too: reading it may take more
// stack or time than running it, and must cost the server neither.
func TestWhatCannotEvenBeRead(t *testing.T) {
	t.Parallel()
	got := child.Validate("acme", []string{"return {", "return {}", "}); (function () { return 1"})
	if len(got) != 3 || got[0] == nil || got[1] != nil || got[2] == nil || !strings.Contains(got[0].Error(), "SyntaxError") {
		t.Errorf("of three, one can be read: %v", got)
	}
	for _, hostile := range []string{strings.Repeat("(", 400_000), strings.Repeat("a:", 10_000), strings.Repeat("[", 400_000)} {
		begin := time.Now()
		var thrown *flowengine.ScriptError
		if got := child.Validate("acme", []string{"return {}", hostile}); len(got) != 2 || !errors.As(got[1], &thrown) || time.Since(begin) > bound {
			t.Errorf("%.5s: %v after %v", hostile, got, time.Since(begin))
		}
	}
}

// Who finds every place taken waits for one, no longer than its context.
func TestFunctionsWaitForAPlace(t *testing.T) {
	one := child
	one.Processes = fairshare.New(1, 1)
	release, err := one.Processes.Acquire(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := one.Call(ctx, "acme", "return {}", []byte("{}")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with every place taken: %v", err)
	}
	synctest.Test(t, func(t *testing.T) { // where nobody leaves a place
		full := script.Child{Processes: fairshare.New(1, 1)}
		if _, err := full.Processes.Acquire(t.Context(), "acme"); err != nil {
			t.Fatal(err)
		}
		if got := full.Validate("acme", []string{"return {}"}); len(got) != 1 || got[0] == nil || !strings.Contains(got[0].Error(), "try again") {
			t.Errorf("whoever looks at a function with every place taken hears %v", got)
		}
	})
	release()
	for range 2 {
		if _, err := one.Call(t.Context(), "acme", "return {}", []byte("{}")); err != nil {
			t.Error(err)
		}
	}
}

// An account's functions that never end, in processes of their own, take no place
// that another account needs.
func TestHostileFunctionsLeavePlacesToOthers(t *testing.T) {
	shared := script.Child{Path: child.Path, Processes: fairshare.New(8, 4)} // what never ends takes its place for long
	over, stop := context.WithCancel(t.Context())
	var hostile sync.WaitGroup
	var ended atomic.Int64
	for range 24 {
		hostile.Go(func() {
			_, _ = shared.Call(over, "hostile", `for (;;);`, []byte(`{}`))
			ended.Add(1)
		})
	}
	for range 3 {
		before := ended.Load()
		got, err := shared.Call(t.Context(), "other", `return {sum: args.a + 1}`, []byte(`{"a": 1}`))
		if err != nil || string(got) != `{"sum":2}` {
			t.Errorf("the other account's function: %s, %v", got, err)
		}
		if n := ended.Load() - before; n > 4 {
			t.Errorf("it waited for the end of %d", n)
		}
		if bad := shared.Validate("other", []string{"return {}"}); bad[0] != nil {
			t.Errorf("the other account's draft: %v", bad[0])
		}
	}
	stop()
	hostile.Wait()
}

// A signal to the server's own group, as Ctrl-C in a terminal is, is none to the
// functions that a drain waits for.
func TestAFunctionIsInAGroupOfItsOwn(t *testing.T) {
	shell := script.Child{Path: "/bin/sh", Args: []string{"-c", `cat >/dev/null; read -r _ _ _ _ group _ </proc/$$/stat; echo "{\"result\":{\"own\":$((group == $$))}}"`}}
	if got, err := shell.Call(t.Context(), "acme", "return {}", []byte("{}")); err != nil || string(got) != `{"own":1}` {
		t.Errorf("%s, %v", got, err)
	}
}
