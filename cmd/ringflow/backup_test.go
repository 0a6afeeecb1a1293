package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	api "ringflow/internal/client"
)

// A backup of a server that runs is a whole data folder but for the secrets key,
// and a server on it dials nobody whom it was made in wait of: the first server
// does that.
func TestBackupIsWholeAndDialsNobody(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	sent := w.invites()
	config := w.config(trunk{}, 2*time.Second)
	audio := wav(chirp())
	prompt := w.write("data/prompts/acme/hello.wav", audio)
	w.write("data/prompts/acme/.half-1", []byte("RIFF"))
	changed := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(prompt, changed, changed); err != nil {
		t.Fatal(err)
	}
	server := w.serve(config)
	begin := time.Now().Add(10 * time.Second) // a busy machine takes seconds over the backup
	params := api.CreateFlowInteractionParams{StartAt: begin.Format(time.RFC3339Nano)}
	got, err := server.api.CreateFlowInteraction(t.Context(), "hangup", map[string]any{"contact_1": customer}, params)
	if err != nil {
		t.Fatal(err)
	}
	w.write("data/secrets.key", []byte("key"))
	restored := w.path("monday")
	out, err := exec.Command(w.program, "backup", "--data", w.data, restored).CombinedOutput()
	if err != nil || !strings.Contains(string(out), ": 1 executions, ") || !strings.Contains(string(out), ", 1 prompts, ") {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.Command(w.program, "backup", "--data", w.data, restored).CombinedOutput(); err == nil || !strings.Contains(string(out), "exists") {
		t.Errorf("the same folder again: %v: %s", err, out)
	}
	var held []string
	if err := filepath.WalkDir(restored, func(path string, e os.DirEntry, err error) error {
		inside, _ := filepath.Rel(restored, path)
		if info, err := e.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: others may read it: %v, %v", inside, info, err)
		}
		held = append(held, inside)
		return err
	}); err != nil {
		t.Error(err)
	}
	if text := strings.Join(held, " "); text != ". prompts prompts/acme prompts/acme/hello.wav ringflow.db" {
		t.Errorf("the backup holds %s", text)
	}
	copied := filepath.Join(restored, "prompts/acme/hello.wav")
	info, err := os.Stat(copied)
	if err != nil || !info.ModTime().Equal(changed) {
		t.Errorf("the prompt was changed at %v, %v", info.ModTime(), err)
	}
	if data, err := os.ReadFile(copied); err != nil || !bytes.Equal(data, audio) {
		t.Errorf("the prompt is another: %v", err)
	}
	if left, err := filepath.Glob(restored + ".half-*"); err != nil || len(left) > 0 {
		t.Errorf("there is left %v, %v", left, err)
	}

	server.crash() // the disk is lost, and the backup is all there is
	w.data = restored
	server = w.serve(config)
	if x := server.outcome(got.FlowExecutionID, 10*time.Second); x.Status != "interrupted" || len(x.Steps) != 0 {
		t.Errorf("it is %s: %+v", x.Status, x.Steps)
	}
	within(t, 20*time.Second, "its time has come", func() string {
		if left := time.Until(begin.Add(time.Second)); left > 0 {
			return left.String() + " left"
		}
		return ""
	})
	if n := sent(customer); n != 0 {
		t.Errorf("the customer was sent %d INVITEs", n)
	}
	server.mustStart("hangup", map[string]string{"contact_1": agent}) // it works as ever
	within(t, 10*time.Second, "the call goes out", func() string {
		if sent(agent) == 0 {
			return "no INVITE"
		}
		return ""
	})
}
