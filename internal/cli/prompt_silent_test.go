package cli

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/internal/config"
	"ringflow/internal/server"
	"ringflow/media"
)

// A prompt without sound that an older version took keeps nobody from an upgrade, nor
// does a file that cannot be played in a folder of the configuration, unless a flow
// plays it: the log and config check name them.
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
	c, err := config.Parse(filepath.Join(dir, "ringflow.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	start := func() (string, error) {
		var log bytes.Buffer
		s, err := server.New(t.Context(), c, filepath.Join(dir, "data"), slog.New(slog.NewTextHandler(&log, nil)), server.Hooks{})
		if err == nil {
			s.Close()
		}
		return log.String(), err
	}
	if log, err := start(); err != nil || !strings.Contains(log, "has no sound") || !strings.Contains(log, "account=acme prompt=old.wav") || strings.Contains(log, "pause.wav") {
		t.Errorf("%v, the log is %s", err, log)
	}
	write("prompts/nothing.wav", halfSample)
	write("prompts/text.mp3", []byte("this is no sound"))
	write("data/prompts/acme/broken", []byte("neither is this"))
	write("flows/f.yaml", []byte(strings.Replace(playsFile, "FILE", "pause.wav", 1)))
	text = strings.Replace(text, "    trunks:", "    flows: flows\n    trunks:", 1)
	if c, err = config.Parse(filepath.Join(dir, "ringflow.yaml"), []byte(text)); err != nil {
		t.Fatal(err)
	}
	write("ringflow.yaml", []byte(text))
	check := func() (int, string) {
		var out bytes.Buffer
		return Run(t.Context(), []string{"config", "check", filepath.Join(dir, "ringflow.yaml")}, &out, &out), out.String()
	}
	log, err := start()
	status, output := check()
	for _, name := range []string{"nothing.wav", "text.mp3"} {
		line := name + " cannot be played, and flows that play it are refused: "
		if err != nil || !strings.Contains(log, line) || status != 0 || !strings.Contains(output, "accounts[0].prompts: warning: "+line) {
			t.Errorf("%v, the log is %s; config check says %d, %s", err, log, status, output)
		}
	}
	if !strings.Contains(log, "broken cannot be played") {
		t.Errorf("of what was uploaded, the log says %s", log)
	}
	write("flows/f.yaml", []byte(strings.Replace(playsFile, "FILE", "text.mp3", 1)))
	const refused = `with.file: the prompt "text.mp3" cannot be played: `
	if _, err := start(); err == nil || !strings.Contains(err.Error(), refused) {
		t.Errorf("a flow that plays it is published: %v", err)
	}
	if status, output := check(); status == 0 || !strings.Contains(output, "error: step say: "+refused) {
		t.Errorf("config check says %d, %s", status, output)
	}
}

// playsFile is a flow that plays FILE.
const playsFile = `name: F
trigger: {component: api_request, arguments: [{name: to, variable: to}]}
start: call
steps:
  call:
    component: make_outbound_call
    with: {from: "+12025550100", to: "%{current_flow.to}"}
    exits: {answered: say, invalid_number: bye, busy: bye, no_answer: bye}
    on_error: {follow: invalid_number}
  say:
    component: play_audio
    with: {file: FILE}
    exits: {ok: bye}
  bye: {component: end_flow}
`
