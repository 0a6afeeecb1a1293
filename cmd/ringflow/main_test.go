// The tests of this package look at Ringflow from outside, as a carrier and an
// API client do: the binary runs as a process of its own, SIPp plays the far end
// (testdata/sipp, one behaviour a file), and phones made of a UDP socket hear
// and speak.
//
// Each test has a world to itself: one loopback address, so that every port
// number is free in it and all tests can run at once. Read world_test.go, then
// scenarios_test.go.
package main_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// atOnce is how many tests run at the same time: they wait for phones to ring
// far more than they compute.
const atOnce = "12"

// program is the binary under test, built once with the race detector in it.
var program string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		return complain("run tests in parallel", err)
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
	return m.Run()
}

func complain(what string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
	return 1
}
