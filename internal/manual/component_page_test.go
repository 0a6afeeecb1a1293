package manual

import (
	"fmt"
	"strings"

	"ringflow/flowengine/flowfile"
)

// componentPage is the page of a component in Markdown.
func componentPage(s *flowfile.Spec) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n`%s` · %s\n\n%s\n", s.Title, s.Name, s.Category, s.Summary)
	if s.Doc != "" {
		fmt.Fprintf(&b, "\n%s\n", s.Doc)
	}
	if s.Voice && !s.Dials {
		fmt.Fprintf(&b, "\nIt needs a call: every way to it passes the exit `answered` of a `make_outbound_call`. If the contact hangs up "+
			"meanwhile, the step leaves by `%s` and the flow goes on, up to the next step that needs a call.\n", s.Neutral)
	}
	if len(s.NotAfter) > 0 {
		var exits []string
		for _, e := range s.NotAfter {
			exits = append(exits, "`"+string(e)+"`")
		}
		fmt.Fprintf(&b, "\nIt does not stand behind the exit %s of another step, neither at once nor after steps that need no call.\n", strings.Join(exits, ", "))
	}
	b.WriteString("\n## Settings\n\n")
	if len(s.Fields) == 0 {
		b.WriteString("None.\n")
	} else {
		b.WriteString("| setting | value | default | |\n|---|---|---|---|\n")
		componentFields(&b, "", s.Fields)
	}
	componentExits(&b, s)
	if len(s.Variables) > 0 {
		fmt.Fprintf(&b, "\n## Step variables\n\nWhat the step found out. `set` stores it in variables of the flow: `set: {my_variable: %s}`.\n\n| variable | |\n|---|---|\n", anyVariable(s))
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
	fmt.Fprintf(&b, "\n## Example\n\n```yaml\n%s\n```\n", componentExample(s))
	return b.String()
}

// anyVariable names a step variable for an example.
func anyVariable(s *flowfile.Spec) string {
	for _, v := range s.Variables {
		if v.Name != "" {
			return v.Name
		}
	}
	return "name_of_the_item"
}

func componentFields(b *strings.Builder, prefix string, fields []flowfile.Field) {
	for _, f := range fields {
		name := prefix + f.Name
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", name, describe(f, fields), code(standard(f)), strings.ReplaceAll(f.Doc, "|", "\\|"))
		if f.Type == flowfile.FieldList && len(f.Fields) > 0 {
			name += "[]"
		}
		componentFields(b, name+".", f.Fields)
	}
}

// standard is what holds when the field is left out.
func standard(f flowfile.Field) string {
	if f.Type == flowfile.FieldBoolean && f.Default == "" && !f.Required {
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

// describe says in a few words what a value of the field, which is one of fields, looks
// like.
func describe(f flowfile.Field, fields []flowfile.Field) string {
	s := string(f.Type)
	if f.Choices != nil {
		s = "`" + strings.Join(f.Choices, "`, `") + "`"
	}
	if f.Limits() != "" {
		unit := map[flowfile.FieldType]string{flowfile.FieldText: " characters", flowfile.FieldList: " items"}[f.Type]
		s += ", " + f.Limits() + unit
	}
	if f.Variables && f.Type != flowfile.FieldList && f.Type != flowfile.FieldObject {
		s += ", variables allowed"
	}
	switch {
	case f.Required:
		s += ", **required**"
	case f.OneOf != "":
		var oneOf []string
		for _, other := range fields {
			if other.OneOf == f.OneOf {
				oneOf = append(oneOf, other.Name)
			}
		}
		s += ", exactly one of " + "`" + strings.Join(oneOf, "`, `") + "`"
	}
	return s
}

func componentExits(b *strings.Builder, s *flowfile.Spec) {
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
		case e.Fallback != "":
			kind = fmt.Sprintf("optional; leading nowhere, it goes where `%s` does", e.Fallback)
		}
		doc := e.Doc
		if e.NotFor != "" {
			doc += fmt.Sprintf(" Not %s: that is an error.", e.NotFor)
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, doc, kind)
	}
}

// componentExample writes the example as it stands in a flow file.
func componentExample(s *flowfile.Spec) string {
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
