package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/media"
)

// A prompt without sound that an older version took keeps nobody from an upgrade,
// and the log names it; one in a folder of the configuration ends the start.
func TestPromptsWithoutSoundAtTheStart(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, file []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	halfSample := append(media.EncodeWAV(nil), 7)
	write("data/prompts/acme/old.wav", halfSample)
	write("prompts/pause.wav", media.EncodeWAV(make([]int16, 8000)))
	text := strings.NewReplacer("127.0.0.1:8080", "127.0.0.1:0", "127.0.0.1:5060", "127.0.0.1:0", "    trunks:", "    prompts: prompts\n    trunks:").Replace(goodConfig)
	c, err := parseConfig(filepath.Join(dir, "ringflow.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	start := func() (string, error) {
		var log bytes.Buffer
		s, err := newServer(t.Context(), c, filepath.Join(dir, "data"), slog.New(slog.NewTextHandler(&log, nil)), hooks{})
		if err == nil {
			s.close()
		}
		return log.String(), err
	}
	if log, err := start(); err != nil || !strings.Contains(log, "has no sound") || !strings.Contains(log, "account=acme prompt=old.wav") || strings.Contains(log, "pause.wav") {
		t.Errorf("%v, the log is %s", err, log)
	}
	write("prompts/nothing.wav", halfSample)
	if _, err := start(); err == nil || !strings.Contains(err.Error(), "nothing.wav") || !strings.Contains(err.Error(), "there is no sound in it") {
		t.Errorf("with one in the folder: %v", err)
	}
}
