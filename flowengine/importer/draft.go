package importer

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ringflow/flowengine/flowfile"
)

// draft is a flow file in the making. Values of steps are written as they stand.
type draft struct {
	name        string
	description string
	notes       []string // comments at the top
	trigger     *step    // its ID is empty
	variables   []variable
	start       string
	steps       []*step
	end         *step // that the import adds; nil: none is needed
	findings    []Finding
	aliases     []string
	speech      Speech // nil: no engine can be asked
}

type variable struct {
	name  string
	kind  string
	notes []string
}

// step is a step of the draft.
type step struct {
	id        string
	title     string
	component string
	notes     []string // comments above it
	with      *value   // an object, as exits and set are
	exits     *value   // the step that each leads to
	set       *value   // the step variable that fills each flow variable
	onError   *value   // nil: the default
	dropped   []string // comments below it
}

func newStep(id, title string, notes ...string) *step {
	return &step{id: id, title: title, notes: notes, with: obj(), exits: obj(), set: obj()}
}

// wire leads an exit to a step. An exit that is led twice keeps its first way.
func (s *step) wire(exit, to string) {
	if to != "" && s.exits.get(exit) == nil {
		s.exits.put(exit, to)
	}
}

// fill sets a flow variable from a step variable.
func (s *step) fill(variable, from string) {
	if s.set.get(variable) == nil {
		s.set.put(variable, from)
	}
}

// report adds a Finding. The trigger has no ID in the file.
func (d *draft) report(s *step, kind Kind, format string, args ...any) {
	f := Finding{What: fmt.Sprintf(format, args...), Kind: kind}
	if s != nil {
		f.Step = cmp.Or(s.id, "trigger")
	}
	d.findings = append(d.findings, f)
}

// drop reports a setting that did not come over, and keeps it as a comment.
func (d *draft) drop(s *step, path string, v *value, why string) {
	if why != "" {
		why = ": " + why
	}
	if v = v.redacted(); secretName.MatchString(path) {
		v = textOf(secret)
	}
	d.report(s, DroppedSetting, "%s %s is not imported%s", path, shorten(v.json()), why)
	comments := &d.notes
	if s != nil {
		comments = &s.dropped
	}
	*comments = append(*comments, "not imported: "+path+": "+v.json())
}

// dropUnread reports every property that was not consumed, by its path behind the prefix.
func (d *draft) dropUnread(s *step, prefix string, from *settings) {
	for _, l := range from.unread() {
		d.drop(s, prefix+l.name, l.value, "")
	}
}

// dropWrapper reports what stood around the flow in its file. The name of a flow
// that has none of its own is consumed from there.
func (d *draft) dropWrapper(flow exported) {
	for _, l := range flow.around {
		key := l.name[strings.LastIndexByte(l.name, '.')+1:]
		switch key = snake(key); {
		case key == "meta" || key == "links":
			// where the list goes on, and other resources of the product
		case d.name == unnamed && slices.Contains([]string{"name", "friendly_name", "title"}, key) && l.value.string() != "":
			d.name = l.value.string()
		default:
			d.drop(nil, l.name, l.value, "")
		}
	}
}

// unnamed is the name of a flow that has none.
const unnamed = "Imported flow"

// shorten cuts a text that is too long for one line of a finding.
func shorten(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return s
}

// secretName matches the keys of what does not belong into a file that is shared.
var secretName = regexp.MustCompile(`(?i)(^|[._-])(password|passwd|secret|token|api_?key|authorization|private_key|credentials?)$`)

// secret stands where one was.
const secret = "(a secret, left out)"

// redacted copies the value without the secrets, by its keys.
func (v *value) redacted() *value {
	if v == nil {
		return nil
	}
	out := &value{kind: v.kind, text: v.text}
	for _, e := range v.entries {
		to := e.value.redacted()
		if secretName.MatchString(snake(e.name)) && !to.unset() {
			to = textOf(secret)
		}
		out.entries = append(out.entries, entry{e.name, to})
	}
	return out
}

// maxSteps is what a flow may have, the end that an import may add included.
const maxSteps = 1000

// usableAliases are those that a flow file takes, in canonical form, each once.
func (d *draft) usableAliases() *value {
	ids := &value{kind: list}
	seen := map[string]bool{}
	for _, alias := range d.aliases {
		if id := flowfile.CanonicalFlowID(alias); flowfile.IsAlias(id) && !seen[id] {
			seen[id] = true
			ids.add(textOf(id))
		}
	}
	return ids
}

// endOfImport is the ID of a step that an import adds.
const endOfImport = "end_of_import"

// endStep is the ID of the step that ends the flow, which the import adds.
func (d *draft) endStep() string {
	if d.end == nil {
		d.end = newStep(endOfImport, "", "Added by the import.")
		d.end.component = "end_flow"
	}
	return endOfImport
}

// list writes names for people: a, b and c.
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
