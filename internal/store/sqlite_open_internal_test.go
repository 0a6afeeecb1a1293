package store

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"syscall"
	"testing"
)

func TestUnusableFolderNamesTheFlagAndTheUser(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	refused := &os.PathError{Op: "mkdir", Path: "/data", Err: fs.ErrPermission}
	want := "open store: mkdir /data: permission denied: user " + me.Username + " may not write to /data, which --data names: choose another folder, or give this one to the user"
	if err := unusable("/data", refused); !errors.Is(err, fs.ErrPermission) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if err := unusable("/data", fs.ErrExist); err.Error() != "open store: file already exists" {
		t.Errorf("%v of another error", err)
	}
}

// A child that another goroutine forks has every descriptor of its parent until it
// calls exec.
func TestFolderIsFreeWhileAChildHasItsDescriptor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := lockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockDir(dir); err == nil {
		t.Fatal("locked twice")
	}
	duplicate, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(duplicate) }()
	if err := unlockDir(f); err != nil {
		t.Fatal(err)
	}
	if f, err = lockDir(dir); err != nil {
		t.Fatalf("after the unlock: %v", err)
	}
	if err := unlockDir(f); err != nil {
		t.Error(err)
	}
}
