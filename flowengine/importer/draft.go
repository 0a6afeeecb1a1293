package importer

import (
	"errors"
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
	with      *value   // an object
	exits     []pair   // exit, step
	set       []pair   // variable, step variable
	onError   *value   // nil: the default
	dropped   []string // comments below it
}

type pair struct{ name, to string }

// obj makes an object of keys and values in turn. A value may be a *value, a
// string, an int or a bool; a nil *value leaves its key out.
func obj(keysAndValues ...any) *value {
	out := &value{kind: object}
	for i := 0; i < len(keysAndValues); i += 2 {
		out.put(keysAndValues[i].(string), keysAndValues[i+1])
	}
	return out
}

// put adds a key to an object, as obj does.
func (v *value) put(name string, to any) {
	var made *value
	switch to := to.(type) {
	case *value:
		if made = to; made == nil {
			return
		}
	case string:
		made = &value{kind: text, text: to}
	case int:
		made = &value{kind: number, text: fmt.Sprint(to)}
	case bool:
		made = &value{kind: boolean, text: fmt.Sprint(to)}
	}
	v.fields = append(v.fields, field{name, made})
}

// wire leads an exit to a step. An exit that is led twice keeps its first way.
func (s *step) wire(exit, to string) {
	if to != "" && !slices.ContainsFunc(s.exits, func(p pair) bool { return p.name == exit }) {
		s.exits = append(s.exits, pair{exit, to})
	}
}

// connect leads exits of the step to the step to, as a way of the original of the kind
// and the name led. It returns the outcome for the Finding, none if the way is dropped.
func (d *draft) connect(s *step, kind, name, to string, exits ...string) []string {
	switch {
	case len(exits) == 0 && to != "":
		d.report(s, DroppedSetting, "%s %s, to step %s, has no equal", kind, name, to)
		s.dropped = append(s.dropped, fmt.Sprintf("not imported: %s %s, to step %s", kind, name, to))
		return nil
	case len(exits) == 0:
		return []string{name + " (has no equal, and led nowhere)"}
	case to == "":
		return []string{name + " (leads nowhere)"}
	}
	for _, e := range exits {
		s.wire(e, to)
	}
	return []string{name + " → " + to}
}

// fill sets a flow variable from a step variable.
func (s *step) fill(variable, from string) {
	if p := (pair{variable, from}); !slices.Contains(s.set, p) {
		s.set = append(s.set, p)
	}
}

// report adds a Finding.
func (d *draft) report(s *step, kind Kind, format string, args ...any) {
	f := Finding{What: fmt.Sprintf(format, args...), Kind: kind}
	if s != nil {
		f.Step = s.label()
	}
	d.findings = append(d.findings, f)
}

// label names the step in findings; the initiator has no ID in the file.
func (s *step) label() string {
	if s.id == "" {
		return "trigger"
	}
	return s.id
}

// drop reports a setting that did not come over, and keeps it as a comment.
func (d *draft) drop(s *step, path string, v *value, why string) {
	if why != "" {
		why = ": " + why
	}
	if v = v.redacted(); secretName.MatchString(path) {
		v = &value{kind: text, text: secret}
	}
	d.report(s, DroppedSetting, "%s %s is not imported%s", path, shorten(v.json()), why)
	if s == nil {
		d.notes = append(d.notes, "not imported: "+path+": "+v.json())
		return
	}
	s.dropped = append(s.dropped, "not imported: "+path+": "+v.json())
}

// dropUnread reports every property that was not consumed.
func (d *draft) dropUnread(s *step, from *settings) {
	for _, l := range from.unread() {
		d.drop(s, l.path, l.value, "")
	}
}

// dropWrapper reports what stood around the flow in its file. The name of a flow
// that has none of its own is consumed from there.
func (d *draft) dropWrapper(flow exported) {
	for _, l := range flow.around {
		key := l.path[strings.LastIndexByte(l.path, '.')+1:]
		switch key = snake(key); {
		case key == "meta" || key == "links":
			// where the list goes on, and other resources of the product
		case d.name == unnamed && slices.Contains([]string{"name", "friendly_name", "title"}, key) && l.value.string() != "":
			d.name = l.value.string()
		default:
			d.drop(nil, l.path, l.value, "")
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
	for _, item := range v.items {
		out.items = append(out.items, item.redacted())
	}
	for _, f := range v.fields {
		to := f.value.redacted()
		if secretName.MatchString(snake(f.name)) && !to.unset() {
			to = &value{kind: text, text: secret}
		}
		out.fields = append(out.fields, field{f.name, to})
	}
	return out
}

// maxSteps is what a flow may have, the end that an import may add included.
const maxSteps = 1000

// result writes the flow file.
func (d *draft) result() (Result, error) {
	if len(d.steps) > maxSteps {
		return Result{}, fmt.Errorf("the flow has %d steps, and %d are allowed", len(d.steps), maxSteps)
	}
	slices.SortStableFunc(d.steps, func(a, b *step) int { return rankOf(a) - rankOf(b) })
	w := &yamlWriter{}
	w.flow(d)
	const most = 512 << 10 // of flowfile.Parse
	if w.out.Len() > most {
		return Result{}, fmt.Errorf("the flow file has %d bytes, and %d are allowed", w.out.Len(), most)
	}
	return Result{Flow: []byte(w.out.String()), Findings: d.findings, Aliases: d.aliases}, nil
}

// usableAliases are those that a flow file takes, in canonical form, each once.
func (d *draft) usableAliases() (ids []string) {
	for _, alias := range d.aliases {
		if id := flowfile.CanonicalFlowID(alias); flowfile.IsAlias(id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// endOfImport is the ID of a step that an import adds.
const endOfImport = "end_of_import"

// endStep adds a step that ends the flow, if there is none yet.
func (d *draft) endStep() string {
	id := endOfImport
	if !slices.ContainsFunc(d.steps, func(s *step) bool { return s.id == id }) {
		d.steps = append(d.steps, &step{id: id, component: "end_flow", notes: []string{"Added by the import."}})
	}
	return id
}

// rankOf puts the step that an import adds behind those of the original.
func rankOf(s *step) int {
	if s.id == endOfImport {
		return 1
	}
	return 0
}

var errNoSteps = errors.New("the flow has no steps")

// list writes names for people: a, b and c.
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
