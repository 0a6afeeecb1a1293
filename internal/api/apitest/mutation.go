package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// ofParameters gives each parameter each invalid value, leaves it out, and sends it
// twice.
func (m *Maker) ofParameters(o *Operation) []mutation {
	var all []mutation
	for _, p := range o.Parameters {
		for _, value := range invalidTexts {
			name := fmt.Sprintf("%s %s is %q", p.In, p.Name, truncate(value))
			switch p.In {
			case "path":
				all = append(all, mutation{name, func(r *Request) { r.PathValues[p.Name] = escape(value) }})
			case "query":
				all = append(all, mutation{name, func(r *Request) { r.Query = set(r.Query, p.Name, escape(value)) }})
			default:
				if !strings.ContainsAny(value, "\r\n\x00") {
					all = append(all, mutation{name, func(r *Request) { r.Header = set(r.Header, p.Name, value) }})
				}
			}
		}
		switch p.In {
		case "query":
			valid := func(r *Request) { r.Query = set(r.Query, p.Name, escape(m.valueOf(p))) }
			all = append(all, mutation{"with " + p.Name, valid},
				mutation{p.Name + " twice", func(r *Request) { valid(r); r.Query = append(r.Query, r.Query[len(r.Query)-1]) }},
				mutation{"without " + p.Name, func(r *Request) {
					r.Query = slices.DeleteFunc(r.Query, func(q Pair) bool { return q.Name == p.Name })
				}})
		case "header":
			all = append(all, mutation{p.Name + " twice", func(r *Request) { r.Header = append(r.Header, Pair{p.Name, "a"}, Pair{p.Name, "b"}) }})
		}
	}
	return all
}

// ofTarget changes path and query.
func ofTarget(o *Operation) []mutation {
	suffix := func(text string, malformed bool) mutation {
		return mutation{fmt.Sprintf("the path ends with %q", truncate(text)), func(r *Request) { r.Suffix = text; r.malformed = r.malformed || malformed }}
	}
	query := func(text string) mutation {
		return mutation{fmt.Sprintf("the query is %q", truncate(text)), func(r *Request) { r.Query = append(r.Query, Pair{text, ""}) }}
	}
	all := []mutation{
		suffix("/", false), suffix("//", false), suffix("/.", false), suffix("/..", false), suffix("/%2e%2e/", false), suffix("%2f", false), suffix("/x", false), suffix("%00", false), suffix(";a=b", false), suffix(".json", false),
		suffix("%", true), suffix("%zz", true), suffix(" x", true), suffix("\x01", true), suffix("#x", false), suffix(strings.Repeat("/x", 2000), false),
		query("%zz"), query("unknown"), query("a;b"), query("="), query("&&"), query("%00"), query("\xff"), query("[]"), query(strings.Repeat("q", 5000)),
	}
	for _, p := range o.Parameters {
		if p.In == "path" {
			all = append(all, mutation{"no " + p.Name, func(r *Request) { r.PathValues[p.Name] = "" }},
				mutation{p.Name + " is not percent-encoded", func(r *Request) { r.PathValues[p.Name], r.malformed = "%g1", true }})
		}
	}
	return all
}

func ofMethod(o *Operation) []mutation {
	var all []mutation
	for _, name := range otherMethods {
		if name != o.Method {
			all = append(all, mutation{"the method is " + name, func(r *Request) { r.Method = name }})
		}
	}
	return all
}

func ofHeaders() []mutation {
	var all []mutation
	for _, h := range headerFields {
		all = append(all, mutation{fmt.Sprintf("%s is %q", h.Name, truncate(h.Value)), func(r *Request) { r.Header = set(r.Header, h.Name, h.Value) }})
	}
	return append(all,
		mutation{"a header field with NUL", func(r *Request) { r.Header, r.malformed = append(r.Header, Pair{"X-Bad", "\x00"}), true }},
		mutation{"a header field without a name", func(r *Request) { r.Header, r.malformed = append(r.Header, Pair{"", "x"}), true }},
		mutation{"a header field with a blank in its name", func(r *Request) { r.Header, r.malformed = append(r.Header, Pair{"X Bad", "x"}), true }},
		mutation{"an unknown expectation", func(r *Request) { r.Header, r.malformed = set(r.Header, "Expect", "x"), true }},
		mutation{"an unknown transfer coding", func(r *Request) { r.Header, r.malformed = append(r.Header, Pair{"Transfer-Encoding", "x"}), true }},
		mutation{"two lengths", func(r *Request) { r.Header, r.malformed = append(r.Header, Pair{"Content-Length", "99999"}), true }},
		mutation{"a huge header", func(r *Request) {
			r.Header, r.malformed = append(r.Header, Pair{"X-Huge", strings.Repeat("x", 40_000)}), true
		}},
		mutation{"a second Authorization", func(r *Request) { r.Header = append(r.Header, Pair{"Authorization", "Bearer x"}) }})
}

func ofAuth() []mutation {
	var all []mutation
	for name, auth := range map[string]Auth{"no token": AuthNone, "an unknown token": AuthUnknown, "a token of another scope": AuthScope, "a token of another account": AuthAccount} {
		all = append(all, mutation{name, func(r *Request) { r.Auth = auth }})
	}
	slices.SortFunc(all, func(a, b mutation) int { return strings.Compare(a.name, b.name) })
	for _, field := range []string{"Basic", "Bearer", "Bearer ", "Basic !", "Basic Og==", "Digest a=b", "bearer \x80", "Bearer a b"} {
		all = append(all, mutation{fmt.Sprintf("Authorization is %q", field), func(r *Request) {
			r.Auth, r.Header = AuthNone, set(r.Header, "Authorization", field)
		}})
	}
	return all
}

// ofBody replaces the body, and changes each part of it.
func (m *Maker) ofBody(o *Operation) []mutation {
	const large = 100_000
	all := []mutation{
		{"a body of great size", func(r *Request) { r.Body = bytes.Repeat([]byte("z"), large) }},
		{"a JSON string of great size", func(r *Request) { r.Body = []byte(`{"a":"` + strings.Repeat("z", large) + `"}`) }},
	}
	for _, value := range invalidBodies {
		all = append(all, mutation{fmt.Sprintf("the body is %q", truncate(value)), func(r *Request) { r.Body = []byte(value) }})
	}
	if o.RequestBody == nil {
		return all
	}
	for n := range 16 {
		all = append(all, mutation{"a body with random bytes, " + strconv.Itoa(n), func(r *Request) {
			r.Body = bytes.Clone(r.Body)
			for range min(len(r.Body), 1+n) {
				r.Body[m.random.IntN(len(r.Body))] = byte(m.random.Uint32())
			}
		}}, mutation{"a body that breaks off, " + strconv.Itoa(n), func(r *Request) { r.Body = r.Body[:len(r.Body)*n/16] }})
	}
	switch media, content := o.RequestBody.media(); {
	case content.Schema == nil:
	case media == jsonMedia:
		all = append(all, ofJSON(content)...)
	case media == formMedia:
		all = append(all, ofForm(content)...)
	}
	return all
}

// ofJSON changes each member of the example, and adds those that it leaves out.
func ofJSON(content *Media) []mutation {
	var value any
	if json.Unmarshal(content.Example, &value) != nil {
		return nil
	}
	var all []mutation
	each(content.Schema.Schema, value, nil, func(path []string) {
		where := strings.Join(path, ".")
		all = append(all, mutation{"without " + where, func(r *Request) { r.change(path, "") }})
		for _, value := range invalidJSON {
			all = append(all, mutation{fmt.Sprintf("%s is %s", where, truncate(value)), func(r *Request) { r.change(path, value) }})
		}
	})
	return append(all, mutation{"an unknown member", func(r *Request) { r.change([]string{"unknown_member"}, "1") }},
		mutation{"a member twice", func(r *Request) {
			if body := bytes.TrimSpace(r.Body); len(body) > 2 && body[0] == '{' {
				r.Body = append(append(body[:len(body)-1:len(body)-1], ','), body[1:]...)
			}
		}})
}

// each calls yield with the path of every member that the value or its schema has.
func each(s *jsonschema.Schema, value any, at []string, yield func(path []string)) {
	if s == nil {
		s = &jsonschema.Schema{}
	}
	s = target(s)
	switch v := value.(type) {
	case map[string]any:
		names := maps.Clone(v)
		for name := range s.Properties {
			names[name] = nil
		}
		for _, name := range slices.Sorted(maps.Keys(names)) {
			path := append(slices.Clone(at), name)
			yield(path)
			each(s.Properties[name], v[name], path, yield)
		}
	case []any:
		if s.Items2020 != nil && len(v) > 0 {
			path := append(slices.Clone(at), "0")
			yield(path)
			each(s.Items2020, v[0], path, yield)
		}
	}
}

// change gives the member at the path the JSON text, or removes it if that is "". A
// body that has no such member stays as it is.
func (r *Request) change(path []string, text string) {
	var body any
	if json.Unmarshal(r.Body, &body) != nil {
		return
	}
	const placeholder = "\x00mark\x00"
	at := body
	for _, name := range path[:len(path)-1] {
		switch v := at.(type) {
		case map[string]any:
			at = v[name]
		case []any:
			if len(v) > 0 {
				at = v[0]
			}
		}
	}
	last := path[len(path)-1]
	switch v := at.(type) {
	case map[string]any:
		if v[last] = placeholder; text == "" {
			delete(v, last)
		}
	case []any:
		if len(v) == 0 {
			return
		}
		v[0] = placeholder
	}
	changed, err := json.Marshal(body)
	if err != nil {
		return
	}
	quoted, _ := json.Marshal(placeholder) // a string is always JSON
	r.Body = bytes.Replace(changed, quoted, []byte(text), 1)
}

// ofForm changes each field of a form.
func ofForm(content *Media) []mutation {
	var all []mutation
	for _, field := range slices.Sorted(maps.Keys(content.Schema.Target().Properties)) {
		edit := func(name string, change func(url.Values)) {
			all = append(all, mutation{name, func(r *Request) {
				if form, err := url.ParseQuery(string(r.Body)); err == nil {
					change(form)
					r.Body = []byte(form.Encode())
				}
			}})
		}
		edit("without "+field, func(v url.Values) { v.Del(field) })
		edit(field+" twice", func(v url.Values) { v[field] = []string{"a", "b"} })
		for _, value := range invalidTexts {
			edit(fmt.Sprintf("%s is %q", field, truncate(value)), func(v url.Values) { v.Set(field, value) })
		}
	}
	return all
}
