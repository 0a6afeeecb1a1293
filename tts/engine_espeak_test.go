package tts_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"ringflow/tts"
)

// A process that is killed, as a machine short of memory does, says nothing of the
// voice: the next trial finds that it speaks.
func TestAKilledTrialIsNotTheVoicesFault(t *testing.T) {
	path, err := exec.LookPath("espeak-ng")
	if err != nil {
		t.Fatalf("%v: make setup installs it", err)
	}
	dir := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = --stdin ] && [ ! -e %[1]s/killed ]; then : > %[1]s/killed; kill -9 $$; fi\nexec %[2]s \"$@\"\n", dir, path)
	if err := os.WriteFile(filepath.Join(dir, "espeak-ng"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	e, err := tts.NewEspeak(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Voice(t.Context(), "en-US", ""); err == nil || errors.Is(err, tts.ErrVoice) {
		t.Errorf("the trial was killed: %v", err)
	}
	if _, err := e.Voice(t.Context(), "en-US", ""); err != nil {
		t.Errorf("the next trial: %v", err)
	}
}
