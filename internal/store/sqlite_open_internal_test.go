package store

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
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
