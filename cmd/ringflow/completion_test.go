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
	path := pathWithProgram(t)
	for line, want := range map[string]string{
		"ringflow exec":                   "[executions][execution]",
		"ringflow flow p":                 "[push][publish]",
		"ringflow executions --status fi": "[finished]",
		"ringflow serve --da":             "[--data][--database]",
		"ringflow flow check testdata/de": "[testdata/debian]", // made below
		"ringflow backup --data testd":    "[testdata]",
		"ringflow version ":               "",
	} {
		words := "'" + strings.Join(strings.Split(line, " "), "' '") + "'"
		shell := exec.Command("bash", "--norc", "-c", `source <(ringflow completion bash) || exit
COMP_WORDS=(`+words+`) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
complete -p ringflow >/dev/null && _ringflow
for found in "${COMPREPLY[@]}"; do printf '[%s]' "$found"; done`)
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "testdata", "debian"), 0o755); err != nil {
			t.Fatal(err)
		}
		shell.Dir, shell.Env = dir, append(os.Environ(), path)
		out, err := shell.CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("%q: %s, %v, want %s", line, out, err, want)
		}
	}
}

// TestCompletionInBashQuotes: what a server names is inserted as one word that bash
// reads as it stands.
func TestCompletionInBashQuotes(t *testing.T) {
	besideOthers(t)
	dir := t.TempDir()
	asked := filepath.Join(dir, "ringflow")
	const name = "hello $(world); 'you'.wav"
	if err := os.WriteFile(asked, []byte("#!/bin/sh\ncat <<'E'\n"+name+"\tkind\nE\n"), 0o755); err != nil {
		t.Fatal(err)
	}
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
