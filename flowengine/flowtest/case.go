package flowtest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/strict"
)

// Case is one test of a flow: what the phones do, and what must come of it.
type Case struct {
	Name     string
	FlowName string // of the file in the archive
	Flow     []byte
	At       time.Time
	// Runs is how many executions run, one after the other; the phones of the
	// last one are those of the script, and so is the journal.
	Runs      int
	Arguments map[string]string
	Line      Line
	Web       Stub
	CancelAt  time.Duration // 0: never
	Numbers   []string      // that the account owns; empty: any
	Library   Library       // functions of the account; nil: none is checked
	// Journal and Problems are what must come of it, nil where the case does not
	// say.
	Journal  *string
	Problems *string
}

// ParseCases reads the cases of a file: a txtar archive, that is text sections
// each headed by a line "-- name --".
//
//	-- flow.yaml --      the flow; or -- flow: FILE --, which ReadCases reads
//	                     from beside the archive
//	-- script --         what happens, a line each, all optional:
//	    at 2026-03-29T00:30:00Z          when the trigger comes
//	    runs 4                           how often the flow runs before the journal is taken
//	    argument contact_1 +12025550143  an argument of the request
//	    number +12025550100              a number of the account; without one, any is
//	    prompt welcome.wav 12s           a stored prompt and how long it lasts
//	    function plus(a integer) (b integer) return {b: args.a + 1}
//	                                     a function of the account
//	    change "ring_seconds: 15" to "ring_seconds: 20"    in the text of the flow
//	    contact busy after 2s            or answers, blocked, invalid, silent, unreachable
//	    contact hears "some words"       waits until they are spoken
//	    contact presses 12#
//	    contact waits 3s
//	    contact hangs up
//	    agent …                          the same of the outside phone
//	    web GET /path 200 {"id": 1}      an answer to an HTTP request; after 2s may
//	                                     stand before the status, breaks in its place
//	    cancel after 5s
//	-- journal --        the steps taken, as Journal writes them
//	-- problems --       what Check finds; with it and no journal, nothing runs
//
// A file holds several cases of one flow if the heads of script, journal and
// problems carry a name, as in "-- journal busy --"; a script without a name
// then comes first in each of them. A spoken word lasts 0.4 seconds, and
// pressing a key takes 0.1.
func ParseCases(name string, data []byte) ([]*Case, error) {
	return parseCases(name, data, func(file string) ([]byte, error) {
		return nil, fmt.Errorf("the flow file %s cannot be read from here", file)
	})
}

// parseCases does it with a way to read the flow file that the archive names.
func parseCases(name string, data []byte, read func(file string) ([]byte, error)) ([]*Case, error) {
	base := Case{Name: name, At: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)}
	var names []string
	parts := map[string]map[string]section{} // by name of the case, then by kind
	for _, s := range sections(string(data)) {
		kind, of, _ := strings.Cut(s.name, " ")
		switch {
		case base.Flow != nil && strings.HasPrefix(kind, "flow"):
			return nil, fmt.Errorf("%s:%d: a second flow: %s; a file tests one", name, s.line, s.name)
		case strings.HasPrefix(s.name, "flow."):
			base.FlowName, base.Flow = s.name, []byte(s.text)
		case kind == "flow:":
			var err error
			if base.Flow, err = read(of); err != nil {
				return nil, fmt.Errorf("%s:%d: section %s: %w", name, s.line, s.name, err)
			}
			base.FlowName = filepath.Base(of)
		case kind == "script" || kind == "journal" || kind == "problems":
			if parts[of] == nil {
				parts[of] = map[string]section{}
			}
			if parts[of][kind].name != "" {
				return nil, fmt.Errorf("%s:%d: section %s stands twice", name, s.line, s.name)
			}
			parts[of][kind] = s
			if kind != "script" && !slices.Contains(names, of) {
				names = append(names, of)
			}
		default:
			return nil, fmt.Errorf("%s:%d: section %q is not known; %s", name, s.line, s.name, suggestion(kind))
		}
	}
	switch {
	case base.Flow == nil:
		return nil, fmt.Errorf("%s: no flow: a section -- flow.yaml -- or -- flow: FILE -- is needed", name)
	case len(names) == 0:
		return nil, fmt.Errorf("%s: nothing is expected: a section -- journal -- or -- problems -- is needed", name)
	}
	var out []*Case
	for _, of := range names {
		c := &Case{Name: of, FlowName: base.FlowName, Flow: base.Flow, At: base.At, Runs: 1, Arguments: map[string]string{}}
		scripts := []section{parts[""]["script"]}
		if of != "" {
			scripts = append(scripts, parts[of]["script"])
		}
		for _, s := range scripts {
			if err := c.script(name, s); err != nil {
				return nil, err
			}
		}
		c.Journal, c.Problems = expected(parts[of], "journal"), expected(parts[of], "problems")
		out = append(out, c)
	}
	return out, nil
}

// suggestion is the kind of section that is near to kind, or all kinds.
func suggestion(kind string) string {
	kinds := []string{"flow.yaml", "flow:", "script", "journal", "problems"}
	if near := strict.Nearest(kind, kinds); near != "" {
		return "did you mean " + near + "?"
	}
	return "known are " + strings.Join(kinds, ", ")
}

// expected returns the text of a section, nil if there is none.
func expected(of map[string]section, kind string) *string {
	if s, ok := of[kind]; ok {
		return &s.text
	}
	return nil
}

// script reads a section of lines.
func (c *Case) script(file string, s section) error {
	for i, line := range strings.Split(s.text, "\n") {
		if err := c.line(strings.TrimSpace(line)); err != nil {
			return fmt.Errorf("%s:%d: %q: %w", file, s.line+1+i, line, err)
		}
	}
	return nil
}

// section is a part of a txtar archive.
type section struct {
	name, text string
	line       int // of its head, from 1
}

// sections cuts an archive; what stands before the first head is a comment.
func sections(data string) []section {
	var out []section
	n := 0
	for line := range strings.Lines(data) {
		n++
		head := strings.TrimSpace(line)
		if strings.HasPrefix(head, "-- ") && strings.HasSuffix(head, " --") && len(head) > 6 {
			out = append(out, section{name: strings.TrimSpace(head[3 : len(head)-3]), line: n})
		} else if len(out) > 0 {
			out[len(out)-1].text += line
		}
	}
	return out
}

// line reads one line of a script.
func (c *Case) line(s string) error {
	word, rest, _ := strings.Cut(s, " ")
	rest = strings.TrimSpace(rest)
	var err error
	switch word {
	case "", "#":
	case "at":
		c.At, err = time.Parse(time.RFC3339, rest)
	case "runs":
		_, err = fmt.Sscanf(rest, "%d", &c.Runs)
	case "argument":
		name, value, _ := strings.Cut(rest, " ")
		c.Arguments[name] = strings.TrimSpace(value)
	case "number":
		c.Numbers = append(c.Numbers, rest)
	case "prompt":
		name, lasts, _ := strings.Cut(rest, " ")
		if c.Line.Prompts == nil {
			c.Line.Prompts = map[string]time.Duration{}
		}
		c.Line.Prompts[name], err = time.ParseDuration(strings.TrimSpace(lasts))
	case "function":
		name, f, wrong := parseFunction(rest)
		if err = wrong; err == nil {
			c.addFunction(name, f)
		}
	case "web":
		var a Answer
		if a, err = parseAnswer(rest); err == nil {
			c.Web.Answers = append(c.Web.Answers, a)
		}
	case "change":
		err = c.change(rest)
	case "contact":
		err = c.Line.Contact.does(rest)
	case "agent":
		err = c.Line.Agent.does(rest)
	case "cancel":
		c.CancelAt, err = time.ParseDuration(strings.TrimPrefix(rest, "after "))
	default:
		err = fmt.Errorf("write at, runs, argument, number, prompt, function, change, web, contact, agent or cancel")
	}
	return err
}

// addFunction adds a function of the account.
func (c *Case) addFunction(name string, f flowfile.Function) {
	if c.Library == nil {
		c.Library = Library{}
	}
	c.Library[name] = f
}

// change replaces a part of the flow's text, which must be there once. Within
// the quotes \n is a new line.
func (c *Case) change(s string) error {
	from, to, ok := strings.Cut(s, `" to "`)
	from, fine := strings.CutPrefix(from, `"`)
	to, closed := strings.CutSuffix(to, `"`)
	if !ok || !fine || !closed {
		return fmt.Errorf(`write change "this" to "that"`)
	}
	from, to = strings.ReplaceAll(from, `\n`, "\n"), strings.ReplaceAll(to, `\n`, "\n")
	if n := strings.Count(string(c.Flow), from); n != 1 {
		return fmt.Errorf("the text stands in the flow %d times", n)
	}
	c.Flow = []byte(strings.Replace(string(c.Flow), from, to, 1))
	return nil
}

// does reads what a phone or its person does.
func (p *Phone) does(s string) error {
	word, rest, _ := strings.Cut(s, " ")
	rest = strings.TrimSpace(rest)
	act := Act{}
	var err error
	switch word {
	case "hears":
		act.Hears = strings.Trim(rest, `"`)
	case "presses":
		act.Presses = rest
	case "waits":
		act.Waits, err = time.ParseDuration(rest)
	case "hangs":
		if rest != "up" {
			return fmt.Errorf("write hangs up")
		}
	default:
		at := slices.IndexFunc(phrases, func(one phrase) bool { return one.word == word })
		if at < 0 {
			var words []string
			for _, one := range phrases {
				words = append(words, one.word)
			}
			return fmt.Errorf("write one of %s, hears, presses, waits, hangs up", strings.Join(words, ", "))
		}
		p.Exit, p.SIP = phrases[at].exit, phrases[at].sip
		if after, ok := strings.CutPrefix(rest, "after "); ok {
			p.After, err = time.ParseDuration(after)
		} else if rest != "" {
			err = fmt.Errorf("write %s after 3s", word)
		}
		return err
	}
	p.Acts = append(p.Acts, act)
	return err
}
