package cli

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"ringflow/internal/client"
)

// completionTimeout bounds how long a server is asked while somebody waits at the
// prompt of a shell; suggested is how many of its flows or executions are shown.
const (
	completionTimeout = time.Second
	maxSuggestions    = 50
)

// Candidates that the shell itself completes.
const (
	completeFiles   = ":files"
	completeFolders = ":folders"
)

// candidate is a word that can be the last one, and its description.
type candidate struct{ word, what string }

// complete is `ringflow complete -- WORD…`, which completion scripts run: the candidates
// for the last word, one a line, with a tab before the description, or :files or :folders.
func complete(ctx context.Context, args []string, out, _ io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("shells run it, by the script that ringflow completion prints: %w", errUsage)
	}
	ctx, cancel := context.WithTimeout(ctx, completionTimeout)
	defer cancel()
	words, current := args[:len(args)-1], args[len(args)-1]
	for _, c := range candidates(ctx, words, current) {
		switch {
		case c.word == completeFiles || c.word == completeFolders:
			fmt.Fprintln(out, c.word)
		case strings.HasPrefix(c.word, current) && !strings.ContainsAny(c.word+c.what, "\t\n"):
			fmt.Fprintln(out, strings.TrimSuffix(c.word+"\t"+c.what, "\t"))
		}
	}
	return nil
}

// candidates are those that follow the words; some may not begin as current does.
func candidates(ctx context.Context, words []string, current string) []candidate {
	if len(words) > 0 && words[0] == "help" {
		return verbWords(words[1:])
	}
	v, rest := find(verbs(), words)
	if v == nil {
		found := verbWords(words)
		if len(words) == 0 {
			found = append(found, candidate{"help", "list the verbs, or explain one"}, candidate{"--help", "list the verbs"}, candidate{"--version", "print the version"})
		}
		return found
	}
	line := commandLine{flags: v.flags()}
	for _, word := range rest {
		line.add(word)
	}
	flagged := strings.HasPrefix(current, "-") && !line.ended
	name, value, joined := strings.Cut(strings.TrimLeft(current, "-"), "=")
	switch {
	case line.expects != nil:
		return line.values(ctx, line.expects)
	case flagged && joined:
		f := line.flags.Lookup(name)
		if f == nil {
			return nil
		}
		found := slices.DeleteFunc(line.values(ctx, f), func(c candidate) bool { return strings.HasPrefix(c.word, ":") })
		for i := range found {
			found[i].word = strings.TrimSuffix(current, value) + found[i].word
		}
		return found
	case flagged:
		var found []candidate
		for _, f := range slices.Concat(v.flagHelp()) {
			word, _, _ := strings.Cut(f.name, " ")
			found = append(found, candidate{word, f.what})
		}
		return append(found, candidate{"--help", "explain the verb"})
	}
	return line.argument(ctx, *v)
}

// verbWords are the next words of the verbs that begin with words.
func verbWords(words []string) (found []candidate) {
	for _, v := range verbs() {
		name := strings.Fields(v.name)
		if len(name) <= len(words) || !slices.Equal(name[:len(words)], words) {
			continue
		}
		c := candidate{name[len(words)], v.summary}
		if len(name) > len(words)+1 {
			c.what = "several verbs"
		}
		if !slices.ContainsFunc(found, func(f candidate) bool { return f.word == c.word }) {
			found = append(found, c)
		}
	}
	return found
}

// commandLine is the part of a command line that follows the verb.
type commandLine struct {
	flags     *flag.FlagSet
	expects   *flag.Flag // has no value yet, nil if none
	ended     bool       // by --
	arguments int
}

func (l *commandLine) add(word string) {
	switch name, value, joined := strings.Cut(strings.TrimLeft(word, "-"), "="); {
	case l.expects != nil:
		_ = l.expects.Value.Set(word) // it may be half written
		l.expects = nil
	case l.ended || !strings.HasPrefix(word, "-") || word == "-":
		l.arguments++
	case word == "--":
		l.ended = true
	default:
		f := l.flags.Lookup(name)
		if f == nil {
			return
		}
		yes, isBool := f.Value.(interface{ IsBoolFlag() bool })
		if joined {
			_ = f.Value.Set(value)
		} else if !isBool || !yes.IsBoolFlag() {
			l.expects = f
		}
	}
}

// listedValues finds the values that a flag's text lists after a colon, such as
// "HOW: answers, busy or silent".
var listedValues = regexp.MustCompile(`: ((?:[a-z-]+, )+[a-z-]+(?: or [a-z-]+)?)$`)

// values are the candidates for the value of a flag.
func (l *commandLine) values(ctx context.Context, f *flag.Flag) []candidate {
	value, text := flag.UnquoteUsage(f)
	switch {
	case value == "FILE":
		return []candidate{{completeFiles, ""}}
	case value == "DIR":
		return []candidate{{completeFolders, ""}}
	case value == "ID" && f.Name == "flow":
		return l.serverValues(ctx, "FLOW", "")
	}
	var found []candidate
	text = regexp.MustCompile(` \([^)]*\)`).ReplaceAllString(text, "")
	if m := listedValues.FindStringSubmatch(text); m != nil {
		for _, word := range strings.Split(strings.ReplaceAll(m[1], " or ", ", "), ", ") {
			found = append(found, candidate{word, ""})
		}
	}
	return found
}

// argument are the candidates for the next argument that is no flag, by the synopsis of
// the verb.
func (l *commandLine) argument(ctx context.Context, v verb) (found []candidate) {
	arguments := positionals(v.synopsis)
	if len(arguments) == 0 {
		return nil
	}
	at := min(l.arguments, len(arguments)-1)
	if l.arguments > at && !strings.HasSuffix(arguments[at], "…") {
		return nil
	}
	noun, _, _ := strings.Cut(v.name, " ")
	for _, one := range strings.Split(strings.TrimSuffix(arguments[at], "…"), "|") {
		switch {
		case one == "FILE" || one == "A" || one == "B":
			found = append(found, candidate{completeFiles, ""})
		case one == "DIR" || one == "TO":
			found = append(found, candidate{completeFolders, ""})
		case one == strings.ToLower(one) && !strings.Contains(one, "="):
			found = append(found, candidate{one, ""})
		default:
			found = append(found, l.serverValues(ctx, one, noun)...)
		}
	}
	return found
}

// flagOfSynopsis finds the flags of a synopsis, those in brackets and those that are
// needed.
var flagOfSynopsis = regexp.MustCompile(`\[[^\]]*\]|\|?--[a-z]+ [A-Z]+`)

// positionals are the arguments of a synopsis that are no flags.
func positionals(synopsis string) []string {
	return strings.Fields(flagOfSynopsis.ReplaceAllString(synopsis, ""))
}

// serverValues are the values that a server has for an argument: FLOW, ID of an
// execution, or NAME of what the noun names; none without a server or the scope for it.
func (l *commandLine) serverValues(ctx context.Context, argument, noun string) (found []candidate) {
	var s serverFlags
	for name, into := range map[string]*string{flagServer: &s.Server, flagClientID: &s.ID} {
		if f := l.flags.Lookup(name); f != nil {
			*into = f.Value.String()
		}
	}
	c, err := s.connect()
	if err != nil {
		return nil
	}
	switch {
	case argument == "FLOW":
		page, _ := c.Flows(ctx, client.PageParams{Limit: maxSuggestions})
		for _, f := range page.Items {
			found = append(found, candidate{f.FlowID, f.Name})
		}
	case argument == "ID":
		page, _ := c.Executions(ctx, client.ExecutionsParams{PageParams: client.PageParams{Limit: maxSuggestions}})
		for _, x := range page.Items {
			found = append(found, candidate{x.FlowExecutionID, fmt.Sprintf("%s %s %s", x.FlowID, x.Status, localTime(&x.AcceptedAt))})
		}
	case argument == "NAME" && noun == "prompt":
		page, _ := c.Prompts(ctx, client.PageParams{Limit: maxSuggestions})
		for _, p := range page.Items {
			found = append(found, candidate{p.Name, ""})
		}
	case argument == "NAME":
		for _, k := range resourceKinds() {
			if k.noun == noun {
				page, _ := k.list(c, ctx, client.PageParams{Limit: maxSuggestions})
				for _, r := range page.Items {
					found = append(found, candidate{r.Name, r.Source})
				}
			}
		}
	}
	return found
}

// shells are those with a completion script.
const shells = "bash|zsh|fish"

//go:embed completion
var completionScripts embed.FS

// completion is `ringflow completion SHELL`: the script that has a shell ask
// complete what can stand next.
func completion(_ context.Context, args []string, out, _ io.Writer) error {
	if !slices.Contains(strings.Split(shells, "|"), args[0]) {
		return fmt.Errorf("there is no completion for %q: %w", args[0], errUsage)
	}
	script, err := completionScripts.ReadFile("completion/ringflow." + args[0])
	if err != nil {
		return err
	}
	_, err = out.Write(script)
	return err
}
