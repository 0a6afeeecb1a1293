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
)

// Whatever checks a flow asks the engine that will speak: what is said to be good, a
// server starts with, and nothing else.
func TestChecksAndTheStartAskTheSameEngine(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	configuration := strings.NewReplacer("127.0.0.1:8080", "127.0.0.1:0", "127.0.0.1:5060", "127.0.0.1:0", "    trunks:", "    flows: flows\n    trunks:").Replace(goodConfig)
	configFile := write("ringflow.yaml", configuration)
	write("flows/f.yaml", playsFile)
	c, err := config.Parse(configFile, []byte(configuration))
	if err != nil {
		t.Fatal(err)
	}
	start := func() (string, error) {
		var log bytes.Buffer
		s, err := server.New(t.Context(), c, filepath.Join(t.TempDir(), "data"), slog.New(slog.NewTextHandler(&log, nil)), server.Hooks{})
		if err != nil {
			return err.Error(), err
		}
		s.Close()
		return log.String(), nil
	}
	check := func(say string, good bool, want string) {
		t.Helper()
		file := write("flows/f.yaml", strings.Replace(playsFile, "{file: FILE}", "{say: "+say+"}", 1))
		for _, args := range [][]string{{"config", "check", configFile}, {"flow", "check", "--config", configFile}, {"flow", "check", file}} {
			var out, complaints bytes.Buffer
			status := Run(t.Context(), args, &out, &complaints)
			if (status == 0) != good || !strings.Contains(out.String(), want) {
				t.Errorf("%s: %s: status %d, %s%s, want %s", say, args, status, &out, &complaints, want)
			}
		}
		if output, err := start(); (err == nil) != good || !strings.Contains(strings.ReplaceAll(output, `\"`, `"`), want) && !strings.HasSuffix(want, ": ok") {
			t.Errorf("%s: the server started: %v, %s", say, err == nil, output)
		}
	}
	for _, language := range []string{"zh-CN", "en_US"} {
		check(`{text: "1", language: `+language+`}`, true, "f.yaml: ok")
	}
	check(`{text: "1", voice: Polly.Joanna-Neural}`, true, "with.say.voice: Polly.Joanna-Neural is a female voice of Amazon Polly for en-US: en-us+f3 speaks in its place")
	check(`{text: "1", voice: Jonna}`, false, `with.say.voice: the speech engine has no such voice: "Jonna": leave it out`)
	check(`{text: "1", voice: Joana}`, false, "list them): did you mean Joanna?")
	check(`{text: "1", language: de-DE, voice: Matthew}`, true, "with.say.voice: Matthew is a male voice of Amazon Polly for en-US, and the text is de-DE: de speaks that; write that one, or leave the voice out")
	check(`{text: "1", language: xx-XX}`, false, `with.say.language: the speech engine has no such voice: none speaks "xx-XX"`)

	t.Setenv("PATH", dir)
	good := write("flows/f.yaml", strings.Replace(playsFile, "{file: FILE}", `{say: {text: "1"}}`, 1))
	var out, complaints bytes.Buffer
	if status := Run(t.Context(), []string{"config", "check", configFile}, &out, &complaints); status == 0 || !strings.Contains(out.String(), "espeak-ng is not on the PATH") {
		t.Errorf("without an engine: status %d, %s", status, &out)
	}
	if output, err := start(); err == nil || !strings.Contains(output, "espeak-ng is not on the PATH") {
		t.Errorf("a server starts that cannot speak: %s", output)
	}
	out.Reset()
	if status := Run(t.Context(), []string{"flow", "check", good}, &out, &complaints); status != 0 || !strings.Contains(complaints.String(), "languages and voices are not checked: ") {
		t.Errorf("on a machine without an engine: status %d, %s%s", status, &out, &complaints)
	}
}

// What an import writes, the check of the same machine takes without a warning.
func TestAnImportAsksTheEngine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in.json")
	const export = `{"states": [{"name": "Trigger", "type": "trigger", "transitions": [{"event": "incomingRequest", "next": "call"}]},
		{"name": "call", "type": "make-outgoing-call-v2", "transitions": [{"event": "answered", "next": "say"}], "properties": {"to": "{{contact.channel.address}}", "from": "+12025550100"}},
		{"name": "say", "type": "say-play", "transitions": [{"event": "audioComplete"}], "properties": {"say": "Your reading is ready.", "language": "en-AU", "voice": "Polly.Nicole"}}],
		"initial_state": "Trigger"}`
	if err := os.WriteFile(file, []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, findings bytes.Buffer
	if status := Run(t.Context(), []string{"flow", "import", file}, &out, &findings); status != 3 {
		t.Errorf("status %d", status)
	}
	if want := `language: en-AU, voice: "en-gb+f3"`; !strings.Contains(out.String(), want) {
		t.Errorf("the flow is %s, want %s", &out, want)
	}
	if want := "approximated: step say: Polly.Nicole is a female voice of Amazon Polly for en-AU: en-gb+f3 speaks in its place"; !strings.Contains(findings.String(), want) {
		t.Errorf("found %s, want %s", &findings, want)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if Run(t.Context(), []string{"flow", "check", file}, &out, &findings); strings.Contains(out.String(), "voice") || strings.Contains(out.String(), "language") {
		t.Errorf("the check says %s", &out)
	}
}
