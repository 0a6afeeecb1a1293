package main_test

import (
	"os"
	"strings"
	"testing"
	"time"
)

// A trunk whose host name does not resolve, and one at which nobody listens: the
// first is told at the start and with each reload, though no call needed it; a call
// over them fails at once, and its one sentence stands in the events of the call.
func TestTrunksAtWhichNobodyIs(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	config := w.config(trunk{}, 10*time.Second)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	there := `targets: ["` + w.at(trunkPort).String() + `"]`
	if !strings.Contains(string(text), there) {
		t.Fatalf("the configuration has no %s:\n%s", there, text)
	}
	w.write("ringflow.yaml", []byte(strings.Replace(string(text), there, `targets: ["nowhere.invalid:5070", "`+w.at(trunkPort).String()+`"]`, 1)))
	server := w.serve(config)
	const line = `msg="a trunk's target does not resolve" account=acme trunk=carrier target=nowhere.invalid:5070 error=`
	within(t, 20*time.Second, "the name is told", func() string {
		if !strings.Contains(server.tail(), line) {
			return server.tail()
		}
		return ""
	})
	server.reload(line)

	start := time.Now()
	x := server.outcome(server.mustStart("hangup", map[string]string{"contact_1": customer}), 20*time.Second)
	want := "trunk carrier at " + w.at(trunkPort).String() + " cannot be reached: nobody listens at " + w.at(trunkPort).String() + " (ICMP port unreachable)"
	if s := x.step(t, "call_contact"); s.Exit != "error" || !strings.Contains(s.Error, want) {
		t.Errorf("after %v: %+v, want %s", time.Since(start), s, want)
	}
	if !strings.Contains(server.tail(), "nobody listens at ") {
		t.Error("the log does not say so")
	}
	server.stop()
}
