package importer

import (
	"cmp"
	"regexp"
	"strings"
)

// Liquid, the template language of Twilio Studio: {{ expression | filter }} is a
// value, {% … %} a statement. Values that flows of ours have too become
// variables; the rest cannot be carried over.

var (
	liquidKey    = regexp.MustCompile(`\[\s*(?:"([^"]*)"|'([^']*)')\s*\]`)
	liquidQuoted = regexp.MustCompile(`"[^"]*(?:"|$)|'[^']*(?:'|$)`)
	liquidWord   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
	liquidValue  = regexp.MustCompile(`^default\s*:\s*(?:"([^"]*)"|'([^']*)'|([0-9.]+))$`)
)

// rewritten rewrites the values in a text as variables of the flow.
func (t *twilio) rewritten(s *step, in string) string {
	if strings.Contains(in, "{%") {
		s.dropped = append(s.dropped, "template: "+in)
		return t.standIn(s, in, cmp.Or(s.id, "trigger")+"_template", "the template "+shorten(in)+" cannot be carried over")
	}
	var b strings.Builder
	for rest := in; ; {
		before, after, found := strings.Cut(rest, "{{")
		inside, following, closed := strings.Cut(after, "}}")
		if !found || !closed {
			before = rest
		}
		b.WriteString(strings.ReplaceAll(before, "%{", "%%{"))
		if !found || !closed {
			return b.String()
		}
		t.refer(s, &b, t.expression(s, inside))
		rest = following
	}
}

// expression writes the value of a Liquid expression as a reference.
func (t *twilio) expression(s *step, in string) string {
	parts := liquidParts(in)
	path := liquidKey.ReplaceAllString(parts[0], ".$1$2")
	filters := ""
	for _, f := range parts[1:] {
		switch m := liquidValue.FindStringSubmatch(f); {
		case f == "upcase":
			filters += " | upper"
		case f == "downcase":
			filters += " | lower"
		case m != nil && m[1]+m[2]+m[3] != "" && !strings.ContainsAny(m[1]+m[2], "\\\""):
			filters += ` | default:"` + m[1] + m[2] + m[3] + `"`
		default:
			return t.unknown(s, in)
		}
	}
	name := t.variable(path)
	if name == "" {
		return t.unknown(s, in)
	}
	return current(name + filters)
}

// liquidParts splits an expression at the bars outside of quotes.
func liquidParts(in string) []string {
	const quotedBar = "\x00"
	masked := liquidQuoted.ReplaceAllStringFunc(in, func(q string) string { return strings.ReplaceAll(q, "|", quotedBar) })
	parts := strings.Split(masked, "|")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(strings.ReplaceAll(part, quotedBar, "|"))
	}
	return parts
}

// unknown stands for a value that has no equal.
func (t *twilio) unknown(s *step, in string) string {
	in = strings.TrimSpace(in)
	return t.standIn(s, "{{"+in+"}}", "unknown_"+snake(in), "{{"+shorten(in)+"}} has no equal")
}

// variable is our variable for a path of Liquid, "" if there is none.
func (t *twilio) variable(path string) string {
	if !liquidWord.MatchString(path) {
		return ""
	}
	for _, prefix := range []string{"flow.data.", "trigger.request.parameters."} {
		if name, ok := strings.CutPrefix(path, prefix); ok {
			return t.argument(name)
		}
	}
	switch path {
	case "contact.channel.address", "trigger.request.to", "trigger.call.From":
		return t.argument("to")
	case "flow.channel.address", "trigger.request.from", "trigger.call.To":
		return t.argument("from")
	}
	if name, ok := strings.CutPrefix(path, "flow.variables."); ok {
		return t.vars.of("flow.variables."+name, name)
	}
	rest, ok := strings.CutPrefix(path, "widgets.")
	widget, output, found := strings.Cut(rest, ".")
	if !ok || !found {
		return ""
	}
	return t.output(widget, output)
}

// argument is our variable for an argument of the request.
func (t *twilio) argument(name string) string {
	variable := t.vars.of("argument "+name, name)
	for _, a := range t.arguments.entries {
		if a.value.get("variable").text == variable {
			return variable
		}
	}
	t.arguments.add(obj("name", name, "variable", variable))
	return variable
}

// output is our variable for what a widget puts out, which the widget's step
// then fills; "" if the step has no such output.
func (t *twilio) output(widget, output string) string {
	v := t.known[widget]
	if v == nil {
		return ""
	}
	kind := v.get("type").string()
	if kind == "set-variables" {
		return t.vars.of("flow.variables."+output, output)
	}
	w, mapped := t.recipes[kind]
	from := w.outputs[output]
	if w.component == "execute_action" && from == "" {
		from = t.parsedOutput(widget, output)
	}
	if from == "" && !mapped {
		from = snake(output)
	}
	if from == "" {
		return ""
	}
	variable := t.vars.of("widgets."+widget+"."+output, widget+"_"+output)
	if t.wanted[widget] == nil {
		t.wanted[widget] = obj()
	}
	t.wanted[widget].put(variable, from)
	return variable
}
