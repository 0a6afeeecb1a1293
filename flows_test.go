package ringflow_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestFlowsKnowNoWire holds that flows and their components come to no
// signalling, audio, socket, HTTP or SQL, not even by way of what they import:
// so they run anywhere, and in a test as they do in a call.
func TestFlowsKnowNoWire(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./flowengine", "./flowengine/components").Output()
	if err != nil {
		t.Fatalf("list what flows import: %v", err)
	}
	ours := map[string]bool{"ringflow/flowengine": true, "ringflow/flowengine/components": true, "ringflow/flowengine/icalendar": true,
		"ringflow/flowengine/flowfile": true, "ringflow/internal/strict": true, "ringflow/flowengine/record": true}
	for _, path := range strings.Fields(string(out)) {
		foreign := path == "net" || strings.HasPrefix(path, "ringflow/") && !ours[path]
		for _, wire := range []string{"net/http", "database/sql", "modernc.org", "github.com/emiago/sipgo", "github.com/pion"} {
			foreign = foreign || path == wire || strings.HasPrefix(path, wire+"/")
		}
		if foreign {
			t.Errorf("flows import %s", path)
		}
	}
}
