package cli

import (
	"errors"
	"flag"
	"io"
	"regexp"
	"strings"
	"testing"

	"ringflow/internal/version"
)

// TestEveryVerbExplainsEveryFlag: what --help tells is what the verb reads, so
// each flag needs a text, and a name for its value.
func TestEveryVerbExplainsEveryFlag(t *testing.T) {
	for _, v := range verbs() {
		if err := v.run(t.Context(), []string{"--help"}, io.Discard, io.Discard); !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%s --help: %v", v.name, err)
			continue
		}
		v.flags().VisitAll(func(f *flag.Flag) {
			value, what := flag.UnquoteUsage(f)
			if len(what) < 5 || value != "" && value != strings.ToUpper(value) {
				t.Errorf("%s --%s %s: %q", v.name, f.Name, value, what)
			}
		})
		for _, named := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(v.synopsis, -1) {
			if v.flags().Lookup(named[1]) == nil {
				t.Errorf("%s names --%s in its synopsis and does not read it", v.name, named[1])
			}
		}
		_, short := ringflow(t, v.name+" --help")
		_, long := ringflow(t, "help "+v.name)
		if short != long {
			t.Errorf("ringflow help %s says\n%s\nand --help says\n%s", v.name, long, short)
		}
		if !strings.Contains(string(manual()), "\n## "+v.name+"\n") {
			t.Errorf("the manual does not know %s", v.name)
		}
	}
}

func TestHelp(t *testing.T) {
	for line, want := range map[string]struct {
		status   int
		has, not string
	}{
		"":                     {0, "ringflow serve", ""},
		"help":                 {0, "ringflow serve", ""},
		"--help":               {0, "ringflow serve", ""},
		"help start":           {0, "--time-zone ZONE ", "ringflow serve"},
		"executions --help":    {0, "show N at most (default 20)", ""},
		"demo -h":              {0, "what the agent does, HOW: answers, busy, silent, invalid (default answers)", ""},
		"flow --help":          {0, "ringflow flow push", "ringflow serve"},
		"help flow":            {0, "ringflow flow push", "ringflow serve"},
		"help flow push":       {0, "--flow ID ", "ringflow serve"},
		"flow":                 {2, "flow what?", "ringflow serve"},
		"flow chek x":          {2, `no verb "flow chek": did you mean flow check?`, "ringflow serve"},
		"exections --limit 3":  {2, `no verb "exections": did you mean executions?`, "ringflow serve"},
		"help strat":           {2, `no verb "strat": did you mean start?`, "ringflow serve"},
		"import x.json":        {2, `no verb "import": did you mean flow import?`, "ringflow serve"},
		"publish f":            {2, `no verb "publish": did you mean flow publish?`, "ringflow serve"},
		"push f.yaml":          {2, `no verb "push": did you mean flow push?`, "ringflow serve"},
		"check f.yaml":         {2, `no verb "check": did you mean flow check?`, "ringflow serve"},
		"delete f":             {2, `no verb "delete": did you mean flow delete?`, "ringflow serve"},
		"request f":            {2, `no verb "request": did you mean flow request?`, "ringflow serve"},
		"sing":                 {2, "ringflow serve", "did you mean"},
		"start f --serve x":    {2, "no flag --serve: did you mean --server?", ""},
		"start f --colour red": {2, "no flag --colour\n", ""},
		"--version":            {0, "ringflow " + version.Number() + " (", "ringflow serve"},
		"version":              {0, "ringflow " + version.Number() + " (", "ringflow serve"},
		"--version now":        {2, `unknown argument "now"`, ""},
		"version now":          {2, `unknown argument "now"`, ""},
		"completion":           {2, "usage: ringflow completion bash|zsh|fish", ""},
	} {
		if status, out := ringflow(t, line); status != want.status || !strings.Contains(out, want.has) || want.not != "" && strings.Contains(out, want.not) {
			t.Errorf("%q ends with %d and says\n%s", line, status, out)
		}
	}
}

func TestWhatFollowsTwoDashesIsNoFlag(t *testing.T) {
	flags := newFlags()
	loud := flags.Bool("loud", false, "shout")
	rest, err := parseArguments(flags, []string{"a", "--loud", "b", "--", "--help"}, 0, -1)
	if err != nil || !*loud || strings.Join(rest, " ") != "a b --help" {
		t.Errorf("%v %v %v", rest, *loud, err)
	}
}
