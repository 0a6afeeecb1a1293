//go:build interop

package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// ownNamespace is the network namespace of the thread that asks.
const ownNamespace = "/proc/thread-self/ns/net"

// namespace is a network namespace without a name: it lives as long as a
// process in it or the descriptor of this test, so nothing of it is left however
// the test ends. Its methods may be called concurrently.
type namespace struct {
	t    *testing.T
	file *os.File
}

// newNamespace makes a network namespace that has its loopback up and nothing else.
func newNamespace(t *testing.T) *namespace {
	t.Helper()
	n := &namespace{t: t}
	err := onThread(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			n.file, err = os.Open(ownNamespace)
		}
		return err
	})
	if err != nil {
		t.Fatalf("make a network namespace (run make interop as root): %v", err)
	}
	t.Cleanup(func() { n.file.Close() })
	n.ip("link set lo up")
	return n
}

// do runs f in the namespace: what sockets f opens and what processes it starts
// belong there.
func (n *namespace) do(f func()) {
	n.t.Helper()
	err := onThread(func() error {
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		f()
		return nil
	})
	if err != nil {
		n.t.Errorf("run in a network namespace: %v", err)
	}
}

// onThread runs f on a thread whose network namespace f may change, and leaves
// the thread in the namespace it was in. A thread that cannot go back serves
// nobody else: its goroutine keeps it and ends.
func onThread(f func() error) (err error) {
	var running sync.WaitGroup
	running.Go(func() {
		runtime.LockOSThread()
		home, openErr := os.Open(ownNamespace)
		if openErr != nil {
			err = openErr
			return
		}
		defer home.Close()
		err = f()
		if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
			err = fmt.Errorf("go back to the namespace of before: %w", back)
			return
		}
		runtime.UnlockOSThread()
	})
	running.Wait()
	return err
}

// path names the namespace to programs that this test starts.
func (n *namespace) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.file.Fd()) }

// ip runs iproute2's ip in the namespace.
func (n *namespace) ip(arguments string) { n.t.Helper(); n.run("", "ip", strings.Fields(arguments)...) }

// run runs a program in the namespace to its end and returns what it printed.
func (n *namespace) run(input, name string, args ...string) string {
	n.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(input)
	var out []byte
	var err error
	n.do(func() { out, err = cmd.CombinedOutput() })
	if err != nil {
		n.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// set writes a kernel setting of the namespace.
func (n *namespace) set(key, value string) {
	n.t.Helper()
	var err error
	n.do(func() { err = os.WriteFile("/proc/sys/net/"+key, []byte(value), 0) })
	if err != nil {
		n.t.Fatal(err)
	}
}

// wire joins two namespaces by a pair of interfaces, both up.
func (n *namespace) wire(name string, other *namespace, otherName string) {
	n.t.Helper()
	n.ip("link add " + name + " type veth peer name " + otherName + " netns " + other.path())
	n.ip("link set " + name + " up")
	other.ip("link set " + otherName + " up")
}
