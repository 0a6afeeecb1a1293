package flowfile

import (
	"fmt"
	"strings"
)

// Manual writes the manual page of a component in Markdown.
func Manual(s *Spec) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n`%s` · %s\n\n%s\n", s.Title, s.Name, s.Category, s.Summary)
	if s.Doc != "" {
		fmt.Fprintf(&b, "\n%s\n", s.Doc)
	}
	if s.Voice && !s.Dials {
		fmt.Fprintf(&b, "\nIt needs a call: every way to it passes the exit `answered` of a `make_outbound_call`. If the contact hangs up "+
			"meanwhile, the step leaves by `%s` and the flow goes on, up to the next step that needs a call.\n", s.Neutral)
	}
	if len(s.NotBehind) > 0 {
		var exits []string
		for _, e := range s.NotBehind {
			exits = append(exits, "`"+string(e)+"`")
		}
		fmt.Fprintf(&b, "\nIt does not stand behind the exit %s of another step, neither at once nor after steps that need no call.\n", strings.Join(exits, ", "))
	}
	b.WriteString("\n## Settings\n\n")
	if len(s.Fields) == 0 {
		b.WriteString("None.\n")
	} else {
		b.WriteString("| setting | value | default | |\n|---|---|---|---|\n")
		manualFields(&b, "", s.Fields)
	}
	manualExits(&b, s)
	if len(s.Variables) > 0 {
		fmt.Fprintf(&b, "\n## Step variables\n\nWhat the step found out. `set` stores it in variables of the flow: `set: {my_variable: %s}`.\n\n| variable | |\n|---|---|\n", s.anyVariable())
		for _, v := range s.Variables {
			name := "`" + v.Name + "`"
			if v.Each != "" {
				name = "one per item of `" + v.Each + "`"
			}
			fmt.Fprintf(&b, "| %s | %s |\n", name, v.Doc)
		}
	}
	if !s.Terminal && !s.Initiator {
		after := "ends the flow, which then counts as failed"
		if s.OnError != "" {
			after = fmt.Sprintf("goes on by the exit `%s`", s.OnError)
		}
		fmt.Fprintf(&b, "\n## After an error\n\nBy default an error %s. `on_error` chooses otherwise: `end_flow`, `{follow: EXIT}` or `{go_to: STEP}`.\n", after)
	}
	fmt.Fprintf(&b, "\n## Example\n\n```yaml\n%s\n```\n", manualExample(s))
	return b.String()
}

// anyVariable names a step variable for an example.
func (s *Spec) anyVariable() string {
	for _, v := range s.Variables {
		if v.Name != "" {
			return v.Name
		}
	}
	return "name_of_the_item"
}

func manualFields(b *strings.Builder, prefix string, fields []Field) {
	for _, f := range fields {
		name := prefix + f.Name
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", name, f.describe(groupNames(fields, f.OneOf)), code(f.standard()), strings.ReplaceAll(f.Doc, "|", "\\|"))
		if f.Type == FieldList && len(f.Fields) > 0 {
			name += "[]"
		}
		manualFields(b, name+".", f.Fields)
	}
}

// standard is what holds when the field is left out.
func (f *Field) standard() string {
	if f.Type == FieldBoolean && f.Default == "" && !f.Required {
		return "false"
	}
	return f.Default
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// describe says in a few words what a value of the field looks like; oneOf are
// the fields of which exactly one is set.
func (f *Field) describe(oneOf []string) string {
	s := string(f.Type)
	if f.Choices != nil {
		s = "`" + strings.Join(f.Choices, "`, `") + "`"
	}
	if f.limits() != "" {
		unit := map[FieldType]string{FieldText: " characters", FieldList: " items"}[f.Type]
		s += ", " + f.limits() + unit
	}
	if f.Variables && f.Type != FieldList && f.Type != FieldObject {
		s += ", variables allowed"
	}
	switch {
	case f.Required:
		s += ", **required**"
	case f.OneOf != "":
		s += ", exactly one of " + "`" + strings.Join(oneOf, "`, `") + "`"
	}
	return s
}

func manualExits(b *strings.Builder, s *Spec) {
	b.WriteString("\n## Exits\n\n")
	b.WriteString("| exit | when | |\n|---|---|---|\n")
	for _, e := range s.Exits {
		name := "`" + string(e.Name) + "`"
		if e.Each != "" {
			name = "one per item of `" + e.Each + "`"
		}
		kind := "optional"
		switch {
		case e.Mandatory:
			kind = "must lead to a step"
		case e.Hidden:
			kind = "in reports only"
		case e.CaseOf != "":
			kind = fmt.Sprintf("optional, a case of `%s`; leading nowhere, the step leaves by that", e.CaseOf)
		case e.Unwired != "":
			kind = fmt.Sprintf("optional; leading nowhere, it goes where `%s` does", e.Unwired)
		}
		doc := e.Doc
		if e.NotFor != "" {
			doc += fmt.Sprintf(" Not %s: that is an error.", e.NotFor)
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, doc, kind)
	}
}

// manualExample writes the example as it stands in a flow file.
func manualExample(s *Spec) string {
	example := strings.TrimSpace(s.Example)
	head, key, indent := "step:\n  component: ", "  with: ", "    "
	if s.Initiator {
		head, key, indent = "trigger:\n  component: ", "", "  "
	}
	out := head + s.Name
	switch {
	case example == "{}" || example == "":
		return out
	case strings.HasPrefix(example, "{"):
		return out + "\n" + key + example
	case key != "":
		out += "\n" + strings.TrimRight(key, " ")
	}
	return out + "\n" + indent + strings.ReplaceAll(example, "\n", "\n"+indent)
}
