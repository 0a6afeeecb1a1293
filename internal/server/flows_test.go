package server

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/internal/config"
)

// A file that holds what is published already publishes nothing, and the log does
// not say that it did.
func TestUnchangedFlowIsNotToldAsPublished(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "flows"), 0o700); err != nil {
		t.Fatal(err)
	}
	const flow = "name: F\ntrigger: {component: api_request}\nstart: bye\nsteps:\n  bye: {component: end_flow}\n"
	if err := os.WriteFile(filepath.Join(dir, "flows/f.yaml"), []byte(flow), 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("127.0.0.1:8080", "127.0.0.1:0", "127.0.0.1:5060", "127.0.0.1:0", "    trunks:", "    flows: flows\n    trunks:").Replace(serverConfig)
	c, err := config.Parse(filepath.Join(dir, "ringflow.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`msg="flow published" account=acme flow=f version=1`, `msg="flow unchanged" account=acme flow=f version=1`} {
		var log bytes.Buffer
		s, err := New(t.Context(), c, filepath.Join(dir, "data"), slog.New(slog.NewTextHandler(&log, nil)), Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log is %s, want %s", &log, want)
		}
		if warning := `destinations.allow[0]: warning: \"+1\" opens 25 countries`; strings.Count(log.String(), warning) != 1 {
			t.Errorf("the log is %s, want once %s", &log, warning)
		}
	}
}
