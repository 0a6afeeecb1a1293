// The tests of this package look at Ringflow from outside, as a carrier and an
// API client do: the binary runs as a process of its own, SIPp plays the far end
// (testdata/sipp, one behaviour a file), and phones made of a UDP socket hear
// and speak.
//
// Each test has a world to itself: one loopback address, so that every port
// number is free in it and tests can run side by side. Read world_test.go, then
// scenarios_test.go.
package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// program is the binary under test, built once with the race detector in it.
var program string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	if socket := os.Getenv(gateEnv); socket != "" {
		return complain("start a server behind the gate", passGate(socket))
	}
	if _, err := exec.LookPath("sipp"); err != nil {
		return complain("SIPp is the far end of these tests: run make setup", err)
	}
	dir, err := os.MkdirTemp("", "ringflow-e2e-")
	if err != nil {
		return complain("make a folder for the binary", err)
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "ringflow")
	if out, err := exec.Command("go", "build", "-race", "-o", program, ".").CombinedOutput(); err != nil {
		return complain("build the program under test", fmt.Errorf("%w\n%s", err, out))
	}
	// Every process that these tests start would otherwise wait a second for
	// stragglers before it ends.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		return complain("keep the race detector from waiting", err)
	}
	return m.Run()
}

func complain(what string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
	return 1
}

// outsider is a test that runs beside others.
type outsider struct {
	name string
	run  func(*testing.T)
}

// together runs tests side by side, so many at once. They wait for phones to
// ring far more than they compute, so more of them than there are cores is
// right, and t.Parallel would be wrong: its limit is meant for tests that
// compute.
func together(t *testing.T, atOnce int, tests []outsider) {
	t.Helper()
	next := make(chan outsider)
	var running sync.WaitGroup
	for range atOnce {
		running.Go(func() {
			for test := range next {
				t.Run(test.name, test.run)
			}
		})
	}
	for _, test := range tests {
		next <- test
	}
	close(next)
	running.Wait()
}
