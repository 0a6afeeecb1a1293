//go:build interop

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// debianTree is a folder with packages of one suite of Debian and all that they
// need, to change root into. Packages are unpacked and their scripts not run:
// nothing is started, and nothing of this machine but the cache changes.
type debianTree struct {
	name     string // of the folder in the cache
	suite    string
	packages []string
	program  string // one of the programs that must be there

	installing sync.Mutex
}

// install returns the folder, made if it is not there yet: half a minute and some
// 100 MB, in $RINGFLOW_CACHE or ~/.cache/ringflow. It may be called concurrently.
func (d *debianTree) install(t *testing.T) string {
	t.Helper()
	d.installing.Lock()
	defer d.installing.Unlock()
	if os.Geteuid() != 0 {
		t.Fatal("to change root into the peers' folders one must be root: run make interop as root")
	}
	cache := os.Getenv("RINGFLOW_CACHE")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(home, ".cache", "ringflow")
	}
	root := filepath.Join(cache, d.name)
	there := func() bool { _, err := os.Stat(filepath.Join(root, d.program)); return err == nil }
	if there() {
		return root
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	// Beside its place first: an installation that was cut short is no cache.
	half, err := os.MkdirTemp(cache, d.name+"-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(half)
	if err := os.Chmod(half, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Logf("unpacking %s of Debian %s into %s", strings.Join(d.packages, ", "), d.suite, root)
	unpack := exec.Command("mmdebstrap", `--aptopt=Acquire::Check-Valid-Until "false"`, "--variant=extract",
		"--include=base-files,"+strings.Join(d.packages, ","), d.suite, half,
		"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "+mirror(t)+" "+d.suite+" main")
	if out, err := unpack.CombinedOutput(); err != nil {
		t.Fatalf("mmdebstrap: %v\n%s", err, out)
	}
	if err := os.Rename(half, root); err != nil && !there() { // another run may have been faster
		t.Fatal(err)
	}
	return root
}

// mirror is the Debian archive that this machine's own apt uses.
func mirror(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").Output()
	if err != nil {
		t.Fatalf("ask apt for its mirrors: %v", err)
	}
	for uri := range strings.FieldsSeq(string(out)) {
		if uri = strings.TrimSuffix(uri, "/"); strings.HasSuffix(uri, "/debian") {
			return uri
		}
	}
	return "http://deb.debian.org/debian"
}
