package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ofParameters gives each parameter each bad value, leaves it out, and sends it
// twice.
func ofParameters(m *Maker, o *Operation) []mutation {
	var all []mutation
	for _, p := range o.Parameters {
		for _, bad := range badTexts {
			why := fmt.Sprintf("%s %s is %q", p.In, p.Name, brief(bad))
			switch p.In {
			case "path":
				all = append(all, mutation{why, func(r *Request) { r.Path[p.Name] = escape(bad) }})
			case "query":
				all = append(all, mutation{why, func(r *Request) { r.Query = set(r.Query, p.Name, escape(bad)) }})
			default:
				if !strings.ContainsAny(bad, "\r\n\x00") {
					all = append(all, mutation{why, func(r *Request) { r.Header = set(r.Header, p.Name, bad) }})
				}
			}
		}
		switch p.In {
		case "query":
			good := func(r *Request) { r.Query = set(r.Query, p.Name, escape(m.valueOf(p))) }
			all = append(all, mutation{"with " + p.Name, good},
				mutation{p.Name + " twice", func(r *Request) { good(r); r.Query = append(r.Query, r.Query[len(r.Query)-1]) }},
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
	tail := func(text string, broken bool) mutation {
		return mutation{fmt.Sprintf("the path ends with %q", brief(text)), func(r *Request) { r.Tail = text; r.Broken = r.Broken || broken }}
	}
	query := func(text string) mutation {
		return mutation{fmt.Sprintf("the query is %q", brief(text)), func(r *Request) { r.Query = append(r.Query, Pair{text, ""}) }}
	}
	all := []mutation{
		tail("/", false), tail("//", false), tail("/.", false), tail("/..", false), tail("/%2e%2e/", false), tail("%2f", false), tail("/x", false), tail("%00", false), tail(";a=b", false), tail(".json", false),
		tail("%", true), tail("%zz", true), tail(" x", true), tail("\x01", true), tail("#x", false), tail(strings.Repeat("/x", 2000), false),
		query("%zz"), query("unknown"), query("a;b"), query("="), query("&&"), query("%00"), query("\xff"), query("[]"), query(strings.Repeat("q", 5000)),
	}
	for _, p := range o.Parameters {
		if p.In == "path" {
			all = append(all, mutation{"no " + p.Name, func(r *Request) { r.Path[p.Name] = "" }},
				mutation{p.Name + " is badly encoded", func(r *Request) { r.Path[p.Name], r.Broken = "%g1", true }})
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
	for _, h := range strange {
		all = append(all, mutation{fmt.Sprintf("%s is %q", h.Name, brief(h.Value)), func(r *Request) { r.Header = set(r.Header, h.Name, h.Value) }})
	}
	return append(all,
		mutation{"a header field with NUL", func(r *Request) { r.Header, r.Broken = append(r.Header, Pair{"X-Bad", "\x00"}), true }},
		mutation{"a header field without a name", func(r *Request) { r.Header, r.Broken = append(r.Header, Pair{"", "x"}), true }},
		mutation{"a header field with a blank in its name", func(r *Request) { r.Header, r.Broken = append(r.Header, Pair{"X Bad", "x"}), true }},
		mutation{"an unknown expectation", func(r *Request) { r.Header, r.Broken = set(r.Header, "Expect", "x"), true }},
		mutation{"an unknown transfer coding", func(r *Request) { r.Header, r.Broken = append(r.Header, Pair{"Transfer-Encoding", "x"}), true }},
		mutation{"two lengths", func(r *Request) { r.Header, r.Broken = append(r.Header, Pair{"Content-Length", "99999"}), true }},
		mutation{"a huge header", func(r *Request) {
			r.Header, r.Broken = append(r.Header, Pair{"X-Huge", strings.Repeat("x", 40_000)}), true
		}},
		mutation{"a second Authorization", func(r *Request) { r.Header = append(r.Header, Pair{"Authorization", "Bearer x"}) }})
}

func ofAuth() []mutation {
	var all []mutation
	for why, auth := range map[string]Auth{"no token": AuthNone, "an unknown token": AuthUnknown, "a token of another scope": AuthNarrow, "a token of another account": AuthForeign} {
		all = append(all, mutation{why, func(r *Request) { r.Auth = auth }})
	}
	slices.SortFunc(all, func(a, b mutation) int { return strings.Compare(a.why, b.why) })
	for _, field := range []string{"Basic", "Bearer", "Bearer ", "Basic !", "Basic Og==", "Digest a=b", "bearer \x80", "Bearer a b"} {
		all = append(all, mutation{fmt.Sprintf("Authorization is %q", field), func(r *Request) {
			r.Auth, r.Header = AuthNone, set(r.Header, "Authorization", field)
		}})
	}
	return all
}

// ofBody replaces the body, and changes each part of it.
func (m *Maker) ofBody(o *Operation) []mutation {
	large := max(m.Large, 100_000)
	all := []mutation{
		{"a body of great size", func(r *Request) { r.Body = bytes.Repeat([]byte("z"), large) }},
		{"a JSON string of great size", func(r *Request) { r.Body = []byte(`{"a":"` + strings.Repeat("z", large) + `"}`) }},
	}
	for _, bad := range badBodies {
		all = append(all, mutation{fmt.Sprintf("the body is %q", brief(bad)), func(r *Request) { r.Body = []byte(bad) }})
	}
	if o.Body == nil {
		return all
	}
	for n := range 16 {
		all = append(all, mutation{"a body with wrong bytes, " + strconv.Itoa(n), func(r *Request) {
			r.Body = bytes.Clone(r.Body)
			for range min(len(r.Body), 1+n) {
				r.Body[m.random.IntN(len(r.Body))] = byte(m.random.Uint32())
			}
		}}, mutation{"a body that breaks off, " + strconv.Itoa(n), func(r *Request) { r.Body = r.Body[:len(r.Body)*n/16] }})
	}
	media, content := o.Body.first()
	switch media {
	case "application/json":
		all = append(all, ofJSON(content)...)
	case formMedia:
		all = append(all, ofForm(content)...)
	}
	return all
}

// ofJSON changes each member of the example, and adds those that it leaves out.
func ofJSON(content Media) []mutation {
	var example any
	if content.Schema == nil || json.Unmarshal(content.Example, &example) != nil {
		return nil
	}
	var all []mutation
	each(content.Schema, example, nil, func(place []string) {
		where := strings.Join(place, ".")
		all = append(all, mutation{"without " + where, func(r *Request) { r.change(place, "") }})
		for _, bad := range badJSON {
			all = append(all, mutation{fmt.Sprintf("%s is %s", where, brief(bad)), func(r *Request) { r.change(place, bad) }})
		}
	})
	all = append(all, mutation{"an unknown member", func(r *Request) { r.change([]string{"unknown_member"}, "1") }},
		mutation{"a member twice", func(r *Request) {
			if body := bytes.TrimSpace(r.Body); len(body) > 2 && body[0] == '{' {
				r.Body = append(append(body[:len(body)-1:len(body)-1], ','), body[1:]...)
			}
		}})
	return all
}

// each calls yield with the place of every member of the value and of its
// schema.
func each(s *Schema, value any, at []string, yield func([]string)) {
	s = s.Target()
	switch v := value.(type) {
	case map[string]any:
		names := slices.Collect(maps.Keys(v))
		for name := range s.Properties {
			if _, there := v[name]; !there {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			place := append(slices.Clone(at), name)
			yield(place)
			inner := s.Properties[name]
			if inner == nil {
				inner = &Schema{}
			}
			each(inner, v[name], place, yield)
		}
	case []any:
		if s.Items != nil && len(v) > 0 {
			place := append(slices.Clone(at), "0")
			yield(place)
			each(s.Items, v[0], place, yield)
		}
	}
}

// change gives the member at the place the JSON text, or takes it away if that
// is "". A body that has no such place stays as it is.
func (r *Request) change(place []string, text string) {
	var whole any
	if json.Unmarshal(r.Body, &whole) != nil {
		return
	}
	const mark = "\x00mark\x00"
	at := whole
	for _, name := range place[:len(place)-1] {
		switch v := at.(type) {
		case map[string]any:
			at = v[name]
		case []any:
			if len(v) > 0 {
				at = v[0]
			}
		}
	}
	last := place[len(place)-1]
	switch v := at.(type) {
	case map[string]any:
		if v[last] = mark; text == "" {
			delete(v, last)
		}
	case []any:
		if len(v) == 0 {
			return
		}
		v[0] = mark
	}
	body, err := json.Marshal(whole)
	if err != nil {
		return
	}
	quoted, _ := json.Marshal(mark) // a string is always JSON
	r.Body = bytes.Replace(body, quoted, []byte(text), 1)
}

// ofForm changes each field of a form.
func ofForm(content Media) []mutation {
	var all []mutation
	for _, name := range slices.Sorted(maps.Keys(content.Schema.Target().Properties)) {
		edit := func(why string, f func(url.Values)) {
			all = append(all, mutation{why, func(r *Request) {
				if form, err := url.ParseQuery(string(r.Body)); err == nil {
					f(form)
					r.Body = []byte(form.Encode())
				}
			}})
		}
		edit("without "+name, func(v url.Values) { v.Del(name) })
		edit(name+" twice", func(v url.Values) { v[name] = []string{"a", "b"} })
		for _, bad := range badTexts {
			edit(fmt.Sprintf("%s is %q", name, brief(bad)), func(v url.Values) { v.Set(name, bad) })
		}
	}
	return all
}
