package demo

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/internal/sim"
)

// TestDemoRunsTheSeedFlow holds the embedded copy to the acceptance
// configuration's flow.
func TestDemoRunsTheSeedFlow(t *testing.T) {
	seed, err := os.ReadFile("../../testdata/acceptance/flows/installation-help.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(seed, flowFile) {
		t.Error("internal/demo/installation-help.yaml and testdata/acceptance/flows/installation-help.yaml differ: copy the one that is right over the other")
	}
}

func TestDemoFlowRingsShortlyForThoseWhoDoNotAnswer(t *testing.T) {
	for _, o := range []Options{{Customer: "silent"}, {Agent: "silent"}} {
		flow, err := flowFor(o)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(flow, []byte("ring_seconds: 15")) || bytes.Count(flow, []byte("ring_seconds: 10")) != 2 {
			t.Errorf("with %+v the flow still rings long:\n%s", o, flow)
		}
	}
	if flow, err := flowFor(Options{Customer: "answers", Agent: "busy"}); err != nil || !bytes.Equal(flow, flowFile) {
		t.Errorf("the flow of those who answer is changed: %v\n%s", err, flow)
	}
}

func TestDemoConfigurationLoads(t *testing.T) {
	f, err := newFolder(filepath.Join(t.TempDir(), "new"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.configure(netip.MustParseAddrPort("127.0.0.1:5070"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := c.Accounts[0]
	if a.Trunks[0].Targets[0] != "127.0.0.1:5070" || a.Clients[0].Secret != f.secret || a.Numbers[0] != accountNumber {
		t.Errorf("the configuration holds %+v", a)
	}
	if info, err := os.Stat(f.at("ringflow.yaml")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the configuration holds a secret and has mode %v, %v; want 0600", info.Mode(), err)
	}
	if _, err := os.Stat(f.at("flows", flowID+".yaml")); err != nil {
		t.Error(err)
	}
}

func TestDemoFolderKeepsWhatIsNotItsOwn(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "data")
	if err := os.WriteFile(precious, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := newFolder(dir); err == nil || !strings.Contains(err.Error(), "--out "+dir) {
		t.Errorf("got the error %v, want one that names --out %s", err, dir)
	}
	if content, err := os.ReadFile(precious); err != nil || string(content) != "mine" {
		t.Errorf("the file was not kept: %q, %v", content, err)
	}
}

func TestDemoFolderIsFreshEachTime(t *testing.T) {
	dir := t.TempDir()
	f, err := newFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.configure(netip.MustParseAddrPort("127.0.0.1:5070"), Options{}); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(f.at("data"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.at("data", "ringflow.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.record([]sim.Call{{Number: customerNumber, Recording: make([]int16, 800)}, {Number: agentNumber}}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.at("agent.wav")); err == nil {
		t.Error("a phone that heard nothing left a recording")
	}
	again, err := newFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"data", "customer.wav"} {
		if _, err := os.Stat(again.at(name)); err == nil {
			t.Errorf("%s of the earlier demo is still there", name)
		}
	}
	if again.secret == f.secret {
		t.Error("two demos share a secret")
	}
}

func TestTemporaryDemoFolder(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	f, err := newFolder("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.at("flows")); err != nil {
		t.Error(err)
	}
}
