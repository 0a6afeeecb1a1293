// The tests of this package look at Ringflow from outside, as a carrier and an
// API client do: the binary runs as a process of its own, SIPp plays the far end
// (testdata/sipp, one behaviour a file), and phones made of a UDP socket hear
// and speak.
//
// Each test has a world to itself: one loopback address, so that every port
// number is free in it and tests can run side by side. Read world_test.go, then
// scenarios_test.go.
//
// Tests that check sound, or to the second when something happens, come first:
// those that keep the machine busy have it to themselves, and then come the few
// that say besideFew. The others say besideOthers.
package main_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// program is the binary under test, built once with the race detector in it.
var program string

// speech is a folder for what the first server renders. To render it takes half of the
// start of a server.
var speech string

// sideBySide are the tests that run at once. They wait for phones, processes and
// disks more than they compute, so it is more than there are cores.
var sideBySide = make(chan struct{}, 6)

// longest are the tests that take longest and have not begun.
var longest sync.WaitGroup

// few are the tests that say besideFew and have not ended.
var few sync.WaitGroup

// besideFew has a test run beside those that say so too. Their calls, two or three
// at a time, wait for what is spoken for most of their time.
func besideFew(t *testing.T) {
	t.Helper()
	few.Add(1)
	t.Parallel()
	t.Cleanup(few.Done)
}

// besideOthers has a test run beside others, once those that take longest have begun.
func besideOthers(t *testing.T) {
	t.Helper()
	t.Parallel()
	few.Wait()
	longest.Wait()
	sideBySide <- struct{}{}
	t.Cleanup(func() { <-sideBySide })
}

// besideOthersFirst is besideOthers for a test that takes longest: the last to end
// would else be alone for most of its time.
func besideOthersFirst(t *testing.T) {
	t.Helper()
	longest.Add(1)
	t.Parallel()
	few.Wait()
	sideBySide <- struct{}{}
	longest.Done()
	t.Cleanup(func() { <-sideBySide })
}

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
	program, speech = filepath.Join(dir, "ringflow"), filepath.Join(dir, "speech")
	if out, err := exec.Command("go", "build", "-race", "-ldflags=-s -w", "-o", program, ".").CombinedOutput(); err != nil {
		return complain("build the program under test", fmt.Errorf("%w\n%s", err, out))
	}
	// Every process that these tests start would otherwise wait a second for
	// stragglers before it ends.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")); err != nil {
		return complain("keep the race detector from waiting", err)
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "1000"); err != nil { // sideBySide is the limit
		return complain("run tests side by side", err)
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

// together runs the parts of a test side by side, so many at once: those that
// wait for phones to ring can be far more than sideBySide.
func together(t *testing.T, atOnce int, tests []outsider) {
	t.Helper()
	next := make(chan outsider, len(tests))
	for _, test := range tests {
		next <- test
	}
	close(next)
	var running sync.WaitGroup
	for range atOnce {
		running.Go(func() {
			for test := range next {
				t.Run(test.name, test.run) // ends the goroutine if t itself fails meanwhile
			}
		})
	}
	running.Wait()
}
