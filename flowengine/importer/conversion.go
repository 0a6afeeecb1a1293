package importer

import (
	"cmp"
	"errors"
	"fmt"

	"slices"
	"strconv"
	"strings"
)

// conversion is a flow of another product that becomes a draft.
type conversion struct {
	*draft
	product product
	ids     *names            // our step IDs by the original's
	vars    *names            // our variables by what the original calls them
	known   map[string]*value // the original's steps by ID
	recipes map[string]recipe
	// arguments are those of the request.
	arguments *value
	// text rewrites the references to variables in a text of a step.
	text func(s *step, in string) string
}

// product is how a product writes its flows.
type product struct {
	file, step, exit           string // what it calls its file, a step, and a way out of one
	steps, id, first           string // keys: the steps, the ID of one, and that of the first
	exits, name, to, condition string // keys: the exits of a step, and what each says
	ignored                    string // a key of an exit that means nothing elsewhere
	reference                  string // what begins a reference to a variable
	doubtful                   string // why a component has no equal here that has one in general
}

// wrote reports whether the value is a flow of the product.
func (is product) wrote(flow *value) bool {
	steps := flow.get(is.steps)
	return steps != nil && steps.kind == list && flow.get(is.first) != nil
}

// recipe is how a component of another product becomes one of ours.
type recipe struct {
	component string
	// guessed is set if the form of the export is not known: fields are recognised by
	// their names, and the finding says so.
	guessed bool
	// exits are ours, one or several between blanks, by theirs in snake case; those of
	// list fields are added by fields.
	exits map[string]string
	// must are exits of ours that have to lead somewhere.
	must []string
	// errors is our exit that an error follows by default, which has no exit of its
	// own there. Empty: as the component does.
	errors string
	// outputs are our step variables by theirs.
	outputs map[string]string
	// fields fills the step; false makes it a placeholder after all.
	fields func(*part) bool
}

// part is a step of the original during its import.
type part struct {
	*step
	from     string // its component and ID
	props    *settings
	ways     []*exit
	names    map[string]string // our exits by theirs, before those of the recipe
	outcomes []string          // where the exits led
	doubt    []string          // why the step is not quite the same
}

// exit is a way out of an original step.
type exit struct {
	name      string
	to        string // original ID
	condition *settings
	reported  bool
}

// way finds an exit by its name, nil if there is none.
func (p *part) way(name string) *exit {
	for _, e := range p.ways {
		if e.name == name {
			return e
		}
	}
	return nil
}

// newConversion begins with what the file says about the flow.
func newConversion(flow exported, is product, note string) *conversion {
	trigger := newStep("", "")
	trigger.component = apiRequest
	return &conversion{
		draft:   &draft{trigger: trigger, notes: []string{note}, speech: flow.speech},
		product: is, known: map[string]*value{},
		ids: newNames("step", "trigger", endOfImport), vars: newNames("variable"), arguments: &value{kind: list},
	}
}

// readSteps finds the steps of the original and the ID of the first.
func (c *conversion) readSteps(in *settings) (steps []entry, first string, err error) {
	is := c.product
	first = in.text(is.first)
	steps = in.consume(is.steps).items()
	if len(steps) == 0 {
		return nil, "", errors.New("the flow has no steps")
	}
	for i, e := range steps {
		id := e.value.get(is.id).string()
		if id == "" {
			return nil, "", fmt.Errorf("%s[%d] has no %s", is.steps, i, is.id)
		}
		if c.known[id] != nil {
			return nil, "", fmt.Errorf("%s[%d]: two %s have the %s %s", is.steps, i, is.steps, is.id, id)
		}
		c.known[id] = e.value
	}
	if c.known[first] == nil {
		return nil, "", fmt.Errorf("%s: there is no %s %s", is.first, is.step, first)
	}
	return steps, first, nil
}

// finish writes the flow file. What nothing has read by then is reported. The end that the
// import may have added comes last.
func (c *conversion) finish(flow exported, in *settings) (Result, error) {
	if c.trigger.with.get("arguments") == nil {
		c.trigger.with.put("arguments", some(c.arguments))
	}
	c.dropUnread(nil, "", in)
	c.dropWrapper(flow)
	if c.end != nil {
		c.steps = append(c.steps, c.end)
	}
	if len(c.steps) > maxSteps {
		return Result{}, fmt.Errorf("the flow has %d steps, and %d are allowed", len(c.steps), maxSteps)
	}
	w := &yamlWriter{}
	w.flow(c.draft)
	const most = 512 << 10 // of flowfile.Parse
	if w.out.Len() > most {
		return Result{}, fmt.Errorf("the flow file has %d bytes, and %d are allowed", w.out.Len(), most)
	}
	return Result{Flow: []byte(w.out.String()), Findings: c.findings, Aliases: c.aliases}, nil
}

// begin makes the part the trigger, which leads to the start: to the end of the flow if
// nothing followed there.
func (c *conversion) begin(p *part, start string) {
	c.trigger, c.start = p.step, start
	if start == "" {
		c.start = c.endStep()
		p.doubt = append(p.doubt, "nothing followed; the flow now ends at once")
	}
	p.title, p.component = "", apiRequest
	c.mapped(p)
	c.dropUnread(p.step, "", p.props)
}

// part reads what a step of the original has and where it may lead.
func (c *conversion) part(id, title, component string, in *settings) *part {
	p := &part{
		step: newStep(c.ids.given[id], title, fmt.Sprintf("%s (%s)", id, component)), from: fmt.Sprintf("%s (%s)", component, id),
		props: newSettings(in.consume("properties")), names: map[string]string{},
	}
	if title == p.id {
		p.title = ""
	}
	for _, item := range in.consume(c.product.exits).items() {
		in := newSettings(item.value)
		e := &exit{name: cmp.Or(in.text(c.product.name), item.name), to: in.text(c.product.to), condition: newSettings(in.consume(c.product.condition))}
		in.consume(c.product.ignored)
		c.dropUnread(p.step, "", in)
		p.ways = append(p.ways, e)
	}
	return p
}

// convert turns the part into a step by the recipe for its kind, or into a placeholder
// without one. It returns the recipe, and whether it was followed.
func (c *conversion) convert(p *part, kind string) (recipe, bool) {
	c.steps = append(c.steps, p.step)
	before := len(c.findings)
	r, known := c.recipes[kind]
	if !known || !r.fields(p) {
		c.findings = c.findings[:before] // of an attempt that failed
		c.placeholder(p, kind)
		return recipe{}, false
	}
	p.component = r.component
	for _, e := range p.ways {
		c.lead(p, e, p.ours(e.name, r)...)
	}
	for _, exit := range r.must {
		if p.exits.get(exit) == nil {
			p.wire(exit, c.endStep())
		}
	}
	if r.guessed {
		p.doubt = append(p.doubt, "its fields were recognised by their names: compare them with the original")
	}
	c.mapped(p)
	return r, true
}

// ours are our exits for one of the original.
func (p *part) ours(exit string, r recipe) []string {
	if name := p.names[exit]; name != "" {
		return []string{name}
	}
	return strings.Fields(r.exits[snake(exit)])
}

// target is our step for an original one, "" for none. One that the file lacks is
// reported.
func (c *conversion) target(s *step, what, id string) string {
	if id != "" && c.ids.given[id] == "" {
		c.report(s, DroppedSetting, "%s leads to %s %s, which %s does not hold", what, c.product.step, id, c.product.file)
	}
	return c.ids.given[id]
}

// targetOf is our step to which an exit leads, "" for none.
func (c *conversion) targetOf(p *part, e *exit) string {
	return c.target(p.step, c.product.exit+" "+e.name, e.to)
}

// lead wires our exits as one of the original was, and reports it once.
func (c *conversion) lead(p *part, e *exit, exits ...string) {
	if e.reported {
		return
	}
	e.reported = true
	switch to := c.targetOf(p, e); {
	case len(exits) == 0 && to != "":
		c.unled(p, e, to, "has no equal")
	case len(exits) == 0:
		p.outcomes = append(p.outcomes, e.name+" (has no equal, and led nowhere)")
	case to == "":
		p.outcomes = append(p.outcomes, e.name+" (leads nowhere)")
	default:
		for _, name := range exits {
			p.wire(name, to)
		}
		p.outcomes = append(p.outcomes, e.name+" → "+to)
	}
}

// unled reports an exit that no longer leads to a step, and keeps it as a comment.
func (c *conversion) unled(p *part, e *exit, to, why string) {
	c.report(p.step, DroppedSetting, "%s %s, to step %s, %s", c.product.exit, e.name, to, why)
	p.dropped = append(p.dropped, fmt.Sprintf("not imported: %s %s, to step %s", c.product.exit, e.name, to))
}

// mapped notes that the part has an equal, where it came from, and where each of its
// exits leads.
func (c *conversion) mapped(p *part) {
	what, kind := fmt.Sprintf("%s becomes %s", p.from, p.component), Mapped
	if len(p.outcomes) > 0 {
		what += "; exits " + listed(p.outcomes)
	}
	if len(p.doubt) > 0 {
		what, kind = what+"; "+strings.Join(p.doubt, "; "), Approximated
	}
	c.report(p.step, kind, "%s", what)
}

// placeholder keeps a step that has no equal: its properties, and its exits.
func (c *conversion) placeholder(p *part, kind string) {
	*p.step = *newStep(p.id, p.title, p.notes...)
	p.names, p.outcomes = map[string]string{}, nil
	ours := newNames("exit")
	for i, e := range p.ways {
		name := ours.of(strconv.Itoa(i), e.name)
		p.names[e.name] = name
		to := c.targetOf(p, e)
		p.wire(name, to)
		p.outcomes = append(p.outcomes, e.name+" → "+cmp.Or(to, "nowhere"))
		if !e.condition.root.unset() {
			p.dropped = append(p.dropped, fmt.Sprintf("exit %s on the %s %s", name, c.product.condition, e.condition.root.redacted().json()))
		}
	}
	why := "has no equal"
	if _, known := c.recipes[kind]; known || slices.Contains(unknownShape, kind) {
		why = c.product.doubtful
	}
	what := p.from + " " + why
	if len(p.outcomes) > 0 {
		what += "; exits " + listed(p.outcomes)
	}
	c.replaceByPlaceholder(p.step, cmp.Or(snake(kind), "unknown"), what, p.props.root)
}

// current is a reference to a variable of the flow.
func current(variable string) string { return "%{current_flow." + variable + "}" }

// refer adds a reference to a text. A percent sign before it would make it none.
func (c *conversion) refer(s *step, b *strings.Builder, reference string) {
	if strings.HasSuffix(b.String(), "%") {
		b.WriteByte(' ')
		c.report(s, Approximated, "a space now stands between %% and the variable that follows it")
	}
	b.WriteString(reference)
}

// standIn is a reference to a variable that nothing sets, in the place of what cannot be
// carried over: so the flow cannot be published before it is replaced.
func (c *conversion) standIn(s *step, exported, wish, what string) string {
	reference := current(c.vars.of(exported, wish))
	c.report(s, Placeholder, "%s; %s stands for it, and nothing sets it yet", what, reference)
	return reference
}

// number sets a field to a whole number within its limits, or to a variable.
func (c *conversion) number(s *step, with *value, name string, v *value, least, most int) {
	if strings.Contains(v.string(), c.product.reference) {
		with.put(name, c.text(s, v.text))
	} else if !v.unset() {
		c.clip(s, with, name, v.string(), least, most)
	}
}

// clip sets a number within the limits that the field has.
func (d *draft) clip(s *step, with *value, name, in string, least, most int) {
	f, err := strconv.ParseFloat(strings.TrimSpace(in), 64)
	if err != nil {
		d.report(s, DroppedSetting, "%s %q is no number", name, shorten(in))
		return
	}
	n := most
	if f < float64(most) {
		n = int(max(f, float64(least)))
	}
	if float64(n) != f {
		d.report(s, Approximated, "%s was %s and is now %d: %d to %d are allowed", name, in, n, least, most)
	}
	with.put(name, n)
}

// finishKey sets the key that ends input: #, * or none.
func (c *conversion) finishKey(p *part, key string) {
	if key != "#" && key != "*" {
		if key != "" {
			c.report(p.step, Approximated, "input ended with the key %s; only # or * can end it, and now none does", shorten(key))
		}
		key = "none"
	}
	p.with.put("finish_on_key", key)
}
