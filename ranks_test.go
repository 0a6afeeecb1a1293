// Package ringflow_test holds the rules of the tree: ranks, words, the names in
// ARCHITECTURE.md. The top has no other code.
package ringflow_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// rank orders the packages: a package imports only packages of a lower rank,
// so that signalling never learns of audio, and flows never learn of either.
// A package that is not listed here fails the test: give it a rank first.
var rank = map[string]int{
	"media/sdp": 0, "media/mp3": 0, "numbers": 0, "internal/strict": 0, "flowengine/icalendar": 0, "internal/durable": 0, "internal/fairshare": 0, "internal/egress": 0, "internal/secret": 0, "internal/keyed": 0, "internal/certificate": 0,
	"internal/client": 0, "apitest": 0, "postgrestest": 0, "internal/version": 0, "internal/pcap": 0, "internal/hep": 0, "internal/ladder": 0, "internal/client/generate": 1,
	"media": 1, "sip": 1, "internal/vault": 1, "internal/auth": 1, "flowengine/flowfile": 1,
	"flowengine/record": 2, "flowengine/importer": 2, "flowengine/drawing": 2, "tts": 2, "internal/sim": 2,
	"flowengine": 3, "internal/eventline": 3, "internal/trace": 3,
	"flowengine/components": 4, "internal/connection": 4, "internal/script": 4, "internal/prompt": 4,
	"internal/call": 5, "flowengine/flowtest": 5, "internal/webhook": 5,
	"internal/resource": 6,
	"internal/store":    7, "internal/api": 7, "internal/config": 7,
	"internal/store/storetest": 8, "internal/server": 8, "internal/doctor": 8, "internal/demo": 9, "internal/cli": 10, "cmd/ringflow": 11, "internal/manual": 11,

	// The acceptance rig shares nothing with what it checks: see TestRigIsForeign.
	"internal/rig/kernel": 0, "internal/rig/rtp": 0, "internal/rig/sdpwire": 0, "internal/rig/sipwire": 0, "internal/rig/audio": 0, "internal/rig/bare": 0,
	"internal/rig/phone": 1, "internal/rig/platform": 1, "internal/rig/carrier": 2, "internal/rig/acceptance": 3,
	"internal/rig": 5,
}

func TestImportsPointDown(t *testing.T) {
	for _, module := range []string{".", "internal/client/generate", "internal/api/apitest", "internal/store/postgrestest", "internal/rig"} {
		testImportsPointDown(t, module)
	}
}

func testImportsPointDown(t *testing.T, module string) {
	out, err := exec.Command("go", "-C", module, "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("list packages of %s: %v", module, err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("read the list of packages: %v", err)
		}
		name, ours := packageName(p.ImportPath)
		if !ours {
			continue // the top itself, which holds no code
		}
		from, ranked := rank[name]
		if !ranked {
			t.Errorf("%s has no rank: add it to the table above", name)
			continue
		}
		for _, i := range p.Imports {
			imported, ours := packageName(i)
			if to := rank[imported]; ours && to >= from {
				t.Errorf("%s (rank %d) imports %s (rank %d)", name, from, imported, to)
			}
		}
	}
}

// packageName is the name by which a package of ours is ranked. Only tests import what
// stands in the modules of ringflow.test.
func packageName(path string) (name string, ours bool) {
	if name, ours = strings.CutPrefix(path, "ringflow.test/"); ours {
		return name, true
	}
	return strings.CutPrefix(path, "ringflow/")
}

// rankRow is a row of the table in ARCHITECTURE.md: a rank, then packages.
var rankRow = regexp.MustCompile("(?m)^\\| ([0-9]+) \\| ((?:`[a-z0-9/]+` ?)+)\\|")

// TestArchitectureShowsTheRanks holds that the table which people read is the
// one above, but for the rig, which stands beside it.
func TestArchitectureShowsTheRanks(t *testing.T) {
	page, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for _, row := range rankRow.FindAllStringSubmatch(string(page), -1) {
		for _, name := range strings.Fields(row[2]) {
			shown[strings.Trim(name, "`")] = row[1]
		}
	}
	for name, r := range rank {
		if !isRig("ringflow/"+name) && shown[name] != strconv.Itoa(r) {
			t.Errorf("%s has rank %d, and ARCHITECTURE.md shows %q", name, r, shown[name])
		}
		delete(shown, name)
	}
	for name := range shown {
		t.Errorf("ARCHITECTURE.md shows %s, which has no rank", name)
	}
}

// TestRigIsForeign holds that the acceptance rig was made from the RFCs and the
// contract alone: code shared with the server would share its mistakes. The rig's
// module requires nothing of the server's, and the server's build never compiles it,
// nor what is for tests alone.
func TestRigIsForeign(t *testing.T) {
	for _, c := range []struct {
		module  string
		args    []string
		foreign func(name string) bool
	}{
		{"internal/rig", []string{"-m", "all"}, isServer},
		{"internal/rig", []string{"-deps", "-test", "./..."}, isServer},
		{".", []string{"-deps", "-test", "./..."}, isRig},
		{".", []string{"-deps", "./cmd/ringflow"}, isTestOnly},
	} {
		out, err := exec.Command("go", append([]string{"-C", c.module, "list"}, c.args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("list what %s needs: %v: %s", c.module, err, out)
		}
		for _, name := range strings.Fields(string(out)) {
			if c.foreign(name) {
				t.Errorf("%s needs %s", c.module, name)
			}
		}
	}
}

func isRig(name string) bool {
	return name == "ringflow/internal/rig" || strings.HasPrefix(name, "ringflow/internal/rig/")
}

// isTestOnly reports whether only tests may import a package.
func isTestOnly(name string) bool {
	return strings.HasPrefix(name, "ringflow.test/") || strings.HasPrefix(name, "github.com/santhosh-tekuri/jsonschema/")
}

func isServer(name string) bool {
	return (name == "ringflow" || strings.HasPrefix(name, "ringflow/")) && !isRig(name)
}
