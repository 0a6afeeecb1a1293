package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/flowengine/flowfile"
)

const (
	helpFlow = "../../testdata/acceptance/flows/installation-help.yaml"
	exports  = "../../testdata/flows/import/"
)

func verbNamed(t *testing.T, name string) *verb {
	t.Helper()
	v, rest := find(verbs(), strings.Fields(name))
	if v == nil || len(rest) > 0 {
		t.Fatalf("there is no verb %s", name)
	}
	return v
}

func TestFlowImportWritesTheFlowAndItsFindings(t *testing.T) {
	for file, want := range map[string]error{"twilio-callback": nil, "talkdesk-ask-pin": errIncomplete} {
		var out, complaints bytes.Buffer
		if err := verbNamed(t, "flow import").run(t.Context(), []string{exports + file + ".json"}, &out, &complaints); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", file, err, want)
		}
		flow, err := os.ReadFile(exports + file + ".want.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if out.String() != string(flow) {
			t.Errorf("%s: out holds something else than the flow", file)
		}
		lines := strings.Split(strings.TrimSpace(complaints.String()), "\n")
		if !strings.Contains(lines[len(lines)-1], "mapped") || len(lines) < 2 {
			t.Errorf("%s: the findings are %q", file, complaints.String())
		}
	}
}

func TestFlowImportRefusesWhatIsNoExport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(file, []byte(`{"steps": 3}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	if err := verbNamed(t, "flow import").run(t.Context(), []string{file}, &out, &complaints); err == nil || !strings.Contains(err.Error(), "x.json") || out.Len() > 0 {
		t.Errorf("got %v and %q", err, out.String())
	}
	for _, args := range [][]string{nil, {"a", "b"}} {
		if err := verbNamed(t, "flow import").run(t.Context(), args, &out, &complaints); !errors.Is(err, errUsage) {
			t.Errorf("%q: got %v", args, err)
		}
	}
}

func TestFlowGraphDraws(t *testing.T) {
	for begin, args := range map[string][]string{"flowchart TD": {helpFlow}, "<svg ": {"--svg", helpFlow}} {
		var out bytes.Buffer
		if err := verbNamed(t, "flow graph").run(t.Context(), args, &out, &out); err != nil || !strings.HasPrefix(out.String(), begin) || !strings.Contains(out.String(), "Make Outbound Call") {
			t.Errorf("%q: got %v and %.80s", args, err, out.String())
		}
	}
	for _, args := range [][]string{nil, {"--svg"}, {"--png", helpFlow}, {"a", "b", "c"}} {
		var out bytes.Buffer
		if err := verbNamed(t, "flow graph").run(t.Context(), args, &out, &out); !errors.Is(err, errUsage) {
			t.Errorf("%q: got %v", args, err)
		}
	}
}

func TestFlowDiffTellsWhatChanged(t *testing.T) {
	data, err := os.ReadFile(helpFlow)
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(t.TempDir(), "changed.yaml")
	if err := os.WriteFile(changed, bytes.Replace(data, []byte("ring_seconds: 15"), []byte("ring_seconds: 20"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := verbNamed(t, "flow diff").run(t.Context(), []string{helpFlow, helpFlow}, &out, &out); err != nil || out.Len() > 0 {
		t.Errorf("the same flow: got %v and %q", err, out.String())
	}
	if err := verbNamed(t, "flow diff").run(t.Context(), []string{helpFlow, changed}, &out, &out); !errors.Is(err, errReported) || !strings.Contains(out.String(), "ring_seconds: 15 → 20") {
		t.Errorf("a changed flow: got %v and %q", err, out.String())
	}
	if err := verbNamed(t, "flow diff").run(t.Context(), []string{helpFlow}, &out, &out); !errors.Is(err, errUsage) {
		t.Errorf("one file: got %v", err)
	}
	if err := os.WriteFile(changed, []byte("name: x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := verbNamed(t, "flow diff").run(t.Context(), []string{helpFlow, changed}, &out, &out); len(flowfile.Problems(err)) == 0 {
		t.Errorf("no flow: got %v", err)
	}
}

func TestAFolderIsNoFlow(t *testing.T) {
	var out bytes.Buffer
	folder := t.TempDir()
	if err := verbNamed(t, "flow check").run(t.Context(), []string{folder}, &out, &out); !errors.Is(err, errReported) || !strings.Contains(out.String(), folder+": this is a folder; name the flow files in it") {
		t.Errorf("got %v and %q", err, out.String())
	}
}

// A file of several flows is imported one by one.
func TestFlowImportTakesOneOfSeveral(t *testing.T) {
	file := filepath.Join(t.TempDir(), "two.json")
	flow := `{"name":%q,"initial_step_id":"a","steps":[{"id":"a","component":{"name":"hangup_call-1"}}]}`
	if err := os.WriteFile(file, fmt.Appendf(nil, "["+flow+","+flow+"]", "Morning", "Evening"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints strings.Builder
	if err := verbNamed(t, "flow import").run(t.Context(), []string{file}, &out, &complaints); err == nil || !strings.Contains(err.Error(), `"Morning" and "Evening"`) || out.Len() > 0 {
		t.Errorf("without a choice: %v, and %d bytes", err, out.Len())
	}
	if err := verbNamed(t, "flow import").run(t.Context(), []string{"--flow", "Evening", file}, &out, &complaints); err != nil && !errors.Is(err, errIncomplete) {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "name: Evening\n") {
		t.Errorf("it is not the flow that was chosen:\n%s", out.String())
	}
}
