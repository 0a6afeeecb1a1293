package server

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestListenErrorSaysWhatToDo(t *testing.T) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, err = net.Listen("tcp", first.Addr().String())
	want := first.Addr().String() + ": bind: address already in use: `ss -ltnp` shows by which program; end that, or choose another port"
	if err = explainListen(err, "ss -ltnp"); !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want …%s", err, want)
	}
	_, err = net.Listen("tcp", "192.0.2.1:0")
	if err = explainListen(err, "ss -ltnp"); !strings.HasSuffix(err.Error(), "it is no address of this machine: write one that `ip address` shows, or 0.0.0.0") {
		t.Errorf("of an address that is not this machine's: %v", err)
	}
	if other := errors.New("other"); explainListen(other, "ss") != other {
		t.Error("another error was changed")
	}
}

func TestBackupToAFolderThatExists(t *testing.T) {
	to := filepath.Join(t.TempDir(), "monday")
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	_, _, err := Backup(t.Context(), t.TempDir(), to)
	if err == nil || err.Error() != "file already exists: choose a name that does not exist, the backup makes the folder" {
		t.Errorf("got %v", err)
	}
}
