//go:build interop

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInteropCompletionInFish asks fish what it offers for a command line.
func TestInteropCompletionInFish(t *testing.T) {
	path := pathWithProgram(t)
	for line, want := range map[string]string{
		"ringflow exec":                   "execution\tshow one execution with its steps\nexecutions\tlist executions, the newest first\n",
		"ringflow flow p":                 "publish\tpublish a flow's draft, a file, or again a flow that is out of service and has no draft\npush\tsave a file as a flow's draft on a server\n",
		"ringflow executions --status fi": "finished\n",
		"ringflow backup --data here":     "here_it_is/\tDirectory\n",
		"ringflow version ":               "",
	} {
		shell := exec.Command("fish", "--no-config", "-c", "ringflow completion fish | source; complete -C '"+line+"'")
		shell.Dir, shell.Env = t.TempDir(), append(os.Environ(), path, "HOME="+t.TempDir())
		if err := os.Mkdir(filepath.Join(shell.Dir, "here_it_is"), 0o755); err != nil {
			t.Fatal(err)
		}
		if out, err := shell.CombinedOutput(); err != nil || string(out) != want {
			t.Errorf("%q: %v, got\n%swant\n%s", line, err, out, want)
		}
	}
}

// zshTab presses Tab twice in a zsh on a terminal of its own (zsh/zpty), the second
// time for the list of what is not unique, and prints what that shows.
const zshTab = `zmodload zsh/zpty
zpty tab zsh -f -i
zpty -w tab 'PS1=; autoload -Uz compinit && compinit -u -d $HOME/dump; source <(ringflow completion zsh); print -r "go""ing"'
seen=; until [[ $seen == *going* ]]; do zpty -r tab seen1 || exit 3; seen+=$seen1; done
zpty -w -n tab "$1"$'\t\t'
shown=; for part in ${(s: :)2}; do
	until [[ $shown == *$part* ]]; do zpty -r tab one "*" || exit 4; shown+=$one; done
done
print -r -- "$shown"
zpty -d tab
`

// TestInteropCompletionInZsh presses Tab, and waits for the words that have to show.
func TestInteropCompletionInZsh(t *testing.T) {
	path := pathWithProgram(t)
	for line, want := range map[string]string{
		"ringflow exec":                   "execution executions newest", // with what they are
		"ringflow flow pub":               "publish",
		"ringflow executions --status fi": "finished",
		"ringflow backup --data here":     "_it_is/",
	} {
		shell := exec.CommandContext(t.Context(), "timeout", "60", "zsh", "-f", "-c", zshTab, "zsh", line, want)
		shell.Dir, shell.Env = t.TempDir(), append(os.Environ(), path, "HOME="+t.TempDir(), "TERM=dumb")
		if err := os.Mkdir(filepath.Join(shell.Dir, "here_it_is"), 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := shell.CombinedOutput()
		for word := range strings.FieldsSeq(want) {
			if err != nil || !strings.Contains(string(out), word) {
				t.Errorf("%q: %v, %q is not in\n%s", line, err, word, out)
			}
		}
	}
}
