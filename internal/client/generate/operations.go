package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// form is the media type of the request for a token, which token.go does.
const form = "application/x-www-form-urlencoded"

// conditions are the header fields that make a change depend on the state before it. No
// caller of the client sends them.
var conditions = []string{"If-Match", "If-None-Match"}

// pageParameters are those of the client's PageParams.
var pageParameters = []string{"limit", "cursor"}

// operations writes a method for each wanted operation. The others are written too, so
// that what is not known in them is an error, and dropped.
func operations(d *Document, wanted []string) (string, error) {
	all, err := d.operations()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(head + "import (\n\"context\"\n\"net/http\"\n\"net/url\"\n)\n\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		o := all[name]
		if o.RequestBody != nil && o.RequestBody.Content[form].Schema != nil {
			continue
		}
		text, err := o.write(d, name)
		if err != nil {
			return "", fmt.Errorf("%s %s: %w", o.method, o.path, err)
		}
		if slices.Contains(wanted, o.OperationID) {
			b.WriteString(text)
		}
	}
	return b.String(), nil
}

// write writes the method, and before it the type of its optional parameters.
func (o Operation) write(d *Document, name string) (string, error) {
	arguments, fields := []string{"ctx context.Context"}, fmt.Sprintf("name: %q, method: %q, path: %s", o.OperationID, o.method, o.pathExpression())
	var members []string
	paged := false
	for _, p := range o.Parameters {
		if p.In == "path" {
			arguments = append(arguments, local(p.Name)+" string")
			continue
		}
		t, err := goType(p.Schema)
		switch {
		case err != nil:
			return "", err
		case p.In != "query" && p.In != "header":
			return "", fmt.Errorf("the parameter %s is in %s, which this generator does not know", p.Name, p.In)
		case t == "time.Time":
			t = "string" // as the user of the client typed it, in RFC 3339
		case t != "string" && t != "int" && t != "bool":
			return "", fmt.Errorf("the parameter %s is a %s, which this generator does not know", p.Name, t)
		}
		switch {
		case slices.Contains(pageParameters, p.Name):
			paged = true
		case !slices.Contains(conditions, p.Name):
			members = append(members, fmt.Sprintf("%s %s `%s:%q` // %s", exported(p.Name), t, p.In, p.Name, p.Description))
		}
	}
	if o.RequestBody != nil {
		t, media, err := only(o.RequestBody)
		if err != nil {
			return "", err
		}
		arguments = append(arguments, "body "+t)
		fields += fmt.Sprintf(", body: body, media: %q", media)
	}
	var b strings.Builder
	parameters := ""
	switch {
	case members != nil:
		if parameters = name + "Params"; paged {
			members = append(members, "PageParams")
		}
		fmt.Fprintf(&b, "// %s are the parameters of %s that may be left out.\ntype %s struct {\n%s\n}\n\n", parameters, name, parameters, strings.Join(members, "\n"))
	case paged:
		parameters = "PageParams"
	}
	if parameters != "" {
		arguments = append(arguments, "p "+parameters)
		fields += ", parameters: p"
	}
	if len(o.Security) > 0 {
		fields += ", private: true"
	}
	result, call, remark, err := o.answer(d)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "// %s is %s %s: %s%s%s\nfunc (c *Client) %s(%s) %s {\nreturn %scall{%s})\n}\n\n",
		name, o.method, o.path, o.Summary, remark, o.scopes(), name, strings.Join(arguments, ", "), result, call, fields)
	return b.String(), nil
}

// pathExpression is the Go expression of the operation's path.
func (o Operation) pathExpression() string {
	var parts []string
	literal := ""
	for part := range strings.SplitSeq(strings.TrimPrefix(o.path, "/"), "/") {
		literal += "/"
		if !strings.HasPrefix(part, "{") {
			literal += part
			continue
		}
		parts = append(parts, fmt.Sprintf("%q", literal), "url.PathEscape("+local(strings.Trim(part, "{}"))+")")
		literal = ""
	}
	if literal != "" {
		parts = append(parts, fmt.Sprintf("%q", literal))
	}
	return strings.Join(parts, " + ")
}

// only returns the type and the media type of a body that has but one.
func only(b *Body) (t, media string, err error) {
	if len(b.Content) != 1 {
		return "", "", fmt.Errorf("a body has %d media types, this generator knows bodies of one", len(b.Content))
	}
	for media, c := range b.Content {
		if media != "application/json" {
			return "[]byte", media, nil
		}
		if c.Schema == nil {
			return "any", media, nil
		}
		t, err = goType(c.Schema)
		return t, media, err
	}
	return "", "", nil
}

// answer returns what the method returns, the function that does the call with its
// first arguments, and what its comment says about it.
func (o Operation) answer(d *Document) (result, call, remark string, err error) {
	schema, whole := o.answerSchema()
	switch {
	case whole && len(o.Responses["303"].Content) > 0:
		return "(*http.Response, error)", "c.do(ctx, ", " The answer is what it leads to. The caller closes its body.", nil
	case whole:
		return "(*http.Response, error)", "c.do(ctx, ", " The caller closes the answer's body.", nil
	case schema == nil:
		return "error", "nothing(ctx, c, ", "", nil
	}
	t, err := goType(schema)
	if item := d.itemOf(schema); item != nil && err == nil {
		t, err = goType(item)
		t = "Page[" + t + "]"
	}
	return "(" + t + ", error)", "answer[" + t + "](ctx, c, ", "", err
}

// answerSchema returns the schema of what the operation answers, nil if that has no body.
// JSON alone becomes a type; anything else, or JSON beside something else, is handed on
// whole, as it comes.
func (o Operation) answerSchema() (json *Schema, whole bool) {
	var media []string
	empty := false
	for status, r := range o.Responses {
		if status == "303" {
			return nil, true
		}
		if !strings.HasPrefix(status, "2") {
			continue
		}
		empty = empty || len(r.Content) == 0
		for m, c := range r.Content {
			if m != "application/json" || json == nil || !reflect.DeepEqual(json, c.Schema) { // 200 and 201 may say the same
				media = append(media, m)
			}
			if m == "application/json" {
				json = c.Schema
			}
		}
	}
	switch {
	case media == nil:
		return nil, false
	case len(media) > 1 || media[0] != "application/json" || json == nil || empty:
		return nil, true
	}
	return json, false
}

// scopes says what the client must be allowed to do.
func (o Operation) scopes() string {
	var names []string
	for _, s := range o.Security {
		names = append(names, s["oauth"]...)
	}
	if names == nil {
		return ""
	}
	return "\n// It needs the scope " + strings.Join(names, " or ") + "."
}
