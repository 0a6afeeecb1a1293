package main_test

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestReadmeReachesAFarEndWithoutATrunk does what the README says to who has no
// trunk: SIPp answers, and the execution is cancelled.
func TestReadmeReachesAFarEndWithoutATrunk(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	blocks := readmeBlocks(t)
	line := regexp.MustCompile("`(sipp [^`]*)`").FindStringSubmatch(readme(t))
	if line == nil || !strings.Contains(readme(t), "`targets: [127.0.0.1:5070]`, `register: false`") {
		t.Fatal("the README has no line for SIPp")
	}
	far := exec.Command("bash", "-c", "exec "+strings.ReplaceAll(line[1], "127.0.0.1", w.addr.String())+" -nostdin")
	far.Dir = w.dir
	if err := far.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Process.Kill(); far.Wait() })

	here := strings.NewReplacer("192.0.2.10", w.addr.String(), "127.0.0.1:8080", w.at(httpPort).String(), "sip.example.com", w.at(trunkPort).String(), "register: true", "register: false")
	w.write("flows/installation-help.yaml", []byte(blocks[0]))
	w.serve(w.write("ringflow.yaml", []byte(here.Replace(blocks[1]))))
	var x struct{ ID, Status string }
	if err := json.Unmarshal([]byte(strings.ReplaceAll(strings.SplitAfter(w.shell(here.Replace(blocks[4])), "}")[0], "flow_execution_id", "id")), &x); err != nil {
		t.Fatal(err)
	}
	cancel := strings.Replace(strings.Replace(here.Replace(blocks[5]), "curl -s", "curl -s -X POST", 1), "/$ID", "/$ID/cancel", 1)
	session := strings.SplitAfter(here.Replace(blocks[4]), "\n")[0] + "ID=" + x.ID + "\n"
	within(t, 30*time.Second, "SIPp answers customer and agent", func() string {
		out := w.shell(session + here.Replace(strings.Replace(blocks[5], "/v1/executions/$ID", "/v1/calls/$ID", 1)))
		if strings.Count(out, `"answered_at":"`) == 2 {
			return ""
		}
		return out
	})
	w.shell(session + cancel)
	within(t, 10*time.Second, "the execution is cancelled", func() string {
		if out := w.shell(session + here.Replace(blocks[5])); !strings.Contains(out, `"status":"cancelled"`) {
			return out
		}
		return ""
	})
}
