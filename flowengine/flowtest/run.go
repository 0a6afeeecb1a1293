package flowtest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/importer"
	"ringflow/flowengine/record"
	"ringflow/internal/script"
)

// Got is what came of a case.
type Got struct {
	Journal  string
	Problems string
}

// Run runs the case in synthetic time, with these components. The error tells
// that it could not run at all.
func (c *Case) Run(t *testing.T, cs []flowfile.Component) (Got, error) {
	var got Got
	f, err := flowfile.Parse(c.FlowName, c.Flow)
	problems := flowfile.Problems(err)
	if err == nil {
		problems = flowfile.Check(f, cs, c.environment())
	}
	for _, p := range problems {
		got.Problems += p.String() + "\n"
	}
	if c.Journal == nil {
		return got, nil
	}
	if bad := flowfile.Failing(problems); len(bad) > 0 && c.Problems == nil {
		return got, fmt.Errorf("the flow may not be published: %w", bad[0])
	}
	js, stop := newFunctions()
	defer stop()
	synctest.Test(t, func(*testing.T) {
		time.Sleep(time.Until(c.At))
		got.Journal, err = c.run(cs, js)
	})
	return got, err
}

// environment is the account that the case describes.
func (c *Case) environment() flowfile.Environment {
	env := flowfile.Environment{FunctionFaults: script.ValidateAll, Replacement: importer.Replacement}
	if len(c.Numbers) > 0 {
		env.OwnsNumber = func(n string) bool { return slices.Contains(c.Numbers, n) }
	}
	if c.Library != nil {
		env.Function = func(name string) (flowfile.Function, bool) { return c.function("", name) }
		env.Functions = func() []string { return slices.Sorted(maps.Keys(c.Library)) }
	}
	if c.Line.Prompts != nil {
		env.HasPrompt = func(name string) bool { _, ok := c.Line.Prompts[name]; return ok }
	}
	return env
}

// function is the function of the name, for any account.
func (c *Case) function(_, name string) (flowfile.Function, bool) {
	f, found := c.Library[name]
	return f, found
}

// run runs the executions inside the bubble of synthetic time.
func (c *Case) run(cs []flowfile.Component, js flowengine.Functions) (string, error) {
	m := &Memory{Flow: c.Flow}
	e := flowengine.NewEngine(flowengine.EngineConfig{Components: cs, Dialer: &c.Line, Versions: m, Executions: m, Prepare: &c.Line, Connections: &c.Web, Functions: js, Function: c.function})
	defer e.Drain(context.Background()) // nothing runs any more; it cannot fail
	var last record.Execution
	for range max(1, c.Runs) {
		x, err := e.Start(context.Background(), flowengine.Trigger{Account: "test", FlowID: "flow", Arguments: c.Arguments})
		if err != nil {
			return "refused: " + err.Error() + "\n", nil
		}
		if c.CancelAt > 0 {
			time.Sleep(c.CancelAt)
			_ = e.Cancel(context.Background(), "test", x.ID) // it may have ended before
		}
		<-m.Ended(x.ID)
		last = x
	}
	events := m.Stored(last.ID).Events
	for _, event := range events {
		if err := event.Conforms(); err != nil {
			return "", fmt.Errorf("the journal breaks its promise: %w", err)
		}
	}
	// The id is another one in each run.
	return strings.ReplaceAll(Journal(events), last.InteractionID, "INTERACTION"), nil
}

// Journal writes what happened, a line per step:
//
//	ask → ok at 3s, digits = "1234"
//	ended finished at 3s
func Journal(events []record.Event) string {
	var b strings.Builder
	var begin time.Time
	set := map[string]string{}
	at := func(e record.Event) string { return fmt.Sprint(e.At.Sub(begin).Round(10 * time.Millisecond)) }
	for _, e := range events {
		switch e.Kind {
		case record.ExecutionStarted:
			begin = e.At
		case record.VariableSet:
			maps.Copy(set, e.Variables)
		case record.KeyPressed:
			fmt.Fprintf(&b, "  key %s at %s\n", e.Detail, at(e))
		case record.AudioStarted:
			fmt.Fprintf(&b, "  hears %q at %s\n", e.Detail, at(e))
		case record.StepLeft:
			fmt.Fprintf(&b, "%s → %s at %s", e.Step, e.Exit, at(e))
			for _, name := range slices.Sorted(maps.Keys(set)) {
				fmt.Fprintf(&b, ", %s = %q", name, set[name])
			}
			clear(set)
			if e.Error != "" {
				fmt.Fprintf(&b, ": %s", e.Error)
			}
			if e.Detail != "" {
				fmt.Fprintf(&b, " (%s)", e.Detail)
			}
			b.WriteByte('\n')
		case record.ExecutionEnded:
			fmt.Fprintf(&b, "ended %s at %s", e.Status, at(e))
			if e.Detail != "" {
				fmt.Fprintf(&b, ": %s", e.Detail)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// Main runs the cases of the files outside `go test`, writes what differs, and
// exits the process: with 0 if all passed, 1 if not. Synthetic time belongs to
// Go's testing package, so Main becomes a test for as long as the process has
// left.
func Main(files []string, cs []flowfile.Component, out io.Writer) {
	os.Args = os.Args[:1] // testing reads flags of its own
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{
		Name: "flows", F: func(t *testing.T) { os.Exit(runFiles(t, files, cs, out)) },
	}}, nil, nil)
}

// runFiles runs each file and returns the status to exit with.
func runFiles(t *testing.T, files []string, cs []flowfile.Component, out io.Writer) int {
	passed, failed := 0, 0
	for _, name := range files {
		all, err := ReadCases(name)
		if err != nil {
			fmt.Fprintln(out, err)
			failed++
			continue
		}
		for _, c := range all {
			difference := c.Compare(t, cs)
			if difference == "" {
				passed++
				continue
			}
			failed++
			fmt.Fprintf(out, "%s %s: failed\n%s\n", name, c.Name, difference)
		}
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return 1
	}
	return 0
}

// ReadCases reads the cases of one file, and the flow file that it names, whose
// path is meant from where the file is.
func ReadCases(name string) ([]*Case, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return ParseCases(name, data, func(file string) ([]byte, error) {
		if !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(name), file)
		}
		return os.ReadFile(file)
	})
}

// Compare runs the case and says how what came of it differs from what must come
// of it; nothing if it does not.
func (c *Case) Compare(t *testing.T, cs []flowfile.Component) string {
	got, err := c.Run(t, cs)
	if err != nil {
		return err.Error()
	}
	difference := ""
	if c.Problems != nil {
		difference += Difference(*c.Problems, got.Problems)
	}
	if c.Journal != nil {
		difference += Difference(*c.Journal, got.Journal)
	}
	if unheard := c.Line.Unheard(); difference != "" && unheard != "" {
		difference += fmt.Sprintf("the contact never heard %q\n", unheard)
	}
	return difference
}
