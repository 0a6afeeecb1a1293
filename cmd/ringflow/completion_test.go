package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pathWithProgram is a PATH on which the program under test is called ringflow.
func pathWithProgram(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(program, filepath.Join(dir, "ringflow")); err != nil {
		t.Fatal(err)
	}
	return "PATH=" + dir + ":" + os.Getenv("PATH")
}

// TestCompletionInBash has the script complete command lines in bash itself; what
// it offers stands between brackets.
func TestCompletionInBash(t *testing.T) {
	besideOthers(t)
	lines := []struct{ typed, offers string }{
		{"ringflow exec", "[executions][execution]"},
		{"ringflow flow p", "[push][publish]"},
		{"ringflow executions --status fi", "[finished]"},
		{"ringflow serve --da", "[--data][--database]"},
		{"ringflow flow check testdata/de", "[testdata/debian]"}, // made below
		{"ringflow backup --data testd", "[testdata]"},
		{"ringflow version ", ""},
	}
	script, want := "source <(ringflow completion bash) && complete -p ringflow >/dev/null || exit\n", ""
	for _, line := range lines {
		words := "'" + strings.Join(strings.Split(line.typed, " "), "' '") + "'"
		script += "COMPREPLY=() COMP_WORDS=(" + words + `) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_ringflow
printf '%s: ' "${COMP_WORDS[*]}"
for found in "${COMPREPLY[@]}"; do printf '[%s]' "$found"; done
echo
`
		want += line.typed + ": " + line.offers + "\n"
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "testdata", "debian"), 0o755); err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("bash", "--norc", "-c", script)
	shell.Dir, shell.Env = dir, append(os.Environ(), pathWithProgram(t))
	if out, err := shell.CombinedOutput(); err != nil || string(out) != want {
		t.Errorf("%v, it offers\n%swant\n%s", err, out, want)
	}
}

// TestCompletionInBashQuotes: what a server names is inserted as one word that bash
// reads as it stands.
func TestCompletionInBashQuotes(t *testing.T) {
	besideOthers(t)
	const name = "hello $(world); 'you'.wav"
	asked := newWorld(t).writeProgram("ringflow", "#!/bin/sh\ncat <<'E'\n"+name+"\tkind\nE\n")
	shell := exec.Command("bash", "--norc", "-c", `source <(ringflow completion bash) || exit
COMP_WORDS=("$1" prompt delete hel) COMP_CWORD=3
_ringflow
eval "words=(${COMPREPLY[*]})"
printf '[%s]' "${words[@]}"`, "bash", asked)
	shell.Env = append(os.Environ(), pathWithProgram(t))
	if out, err := shell.CombinedOutput(); err != nil || string(out) != "["+name+"]" {
		t.Errorf("%s, %v, want [%s]", out, err, name)
	}
}
