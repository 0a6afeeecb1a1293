package flowtest

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

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
//
// A flow file that the archive names is read by read.
func ParseCases(name string, data []byte, read func(file string) ([]byte, error)) ([]*Case, error) {
	var flowName string
	var flow []byte
	var names []string
	parts := map[string]section{} // by name
	for _, s := range sections(string(data)) {
		kind, of, _ := strings.Cut(s.name, " ")
		fail := func(format string, args ...any) ([]*Case, error) {
			return nil, fmt.Errorf("%s:%d: "+format, append([]any{name, s.line}, args...)...)
		}
		switch {
		case flow != nil && strings.HasPrefix(kind, "flow"):
			return fail("a second flow: %s; a file tests one", s.name)
		case strings.HasPrefix(s.name, "flow."):
			flowName, flow = s.name, []byte(s.text)
		case kind == "flow:":
			var err error
			if flow, err = read(of); err != nil {
				return fail("section %s: %w", s.name, err)
			}
			flowName = filepath.Base(of)
		case kind == "script" || kind == "journal" || kind == "problems":
			if parts[s.name].name != "" {
				return fail("section %s stands twice", s.name)
			}
			parts[s.name] = s
			if kind != "script" && !slices.Contains(names, of) {
				names = append(names, of)
			}
		default:
			kinds := []string{"flow.yaml", "flow:", "script", "journal", "problems"}
			if near := strict.Nearest(kind, kinds); near != "" {
				return fail("section %q is not known; did you mean %s?", s.name, near)
			}
			return fail("section %q is not known; known are %s", s.name, strings.Join(kinds, ", "))
		}
	}
	switch {
	case flow == nil:
		return nil, fmt.Errorf("%s: no flow: a section -- flow.yaml -- or -- flow: FILE -- is needed", name)
	case len(names) == 0:
		return nil, fmt.Errorf("%s: nothing is expected: a section -- journal -- or -- problems -- is needed", name)
	}
	var out []*Case
	for _, of := range names {
		c := &Case{Name: of, FlowName: flowName, Flow: flow, At: time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC), Runs: 1, Arguments: map[string]string{}}
		if of != "" {
			of = " " + of
		}
		for _, script := range slices.Compact([]string{"script", "script" + of}) {
			for i, line := range strings.Split(parts[script].text, "\n") {
				if err := c.line(strings.TrimSpace(line)); err != nil {
					return nil, fmt.Errorf("%s:%d: %q: %w", name, parts[script].line+1+i, line, err)
				}
			}
		}
		if s, expected := parts["journal"+of]; expected {
			c.Journal = &s.text
		}
		if s, expected := parts["problems"+of]; expected {
			c.Problems = &s.text
		}
		out = append(out, c)
	}
	return out, nil
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
		if c.Library == nil {
			c.Library = Library{}
		}
		err = c.Library.add(rest)
	case "web":
		err = c.Web.add(rest)
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
		phone, known := phrases[word]
		if !known {
			return errors.New("write one of answers, busy, blocked, invalid, silent, unreachable, hears, presses, waits, hangs up")
		}
		p.Exit, p.SIP = phone.Exit, phone.SIP
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
