package apitest

import (
	"encoding/json"
	"iter"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
)

const formMedia = "application/x-www-form-urlencoded"

// Maker makes up requests for a contract. One goroutine may use it.
type Maker struct {
	// Values are valid values of parameters by their names: without any of a
	// required one, every request is refused.
	Values map[string][]string

	random *rand.Rand
}

// NewMaker returns a maker whose requests depend on the seed alone.
func NewMaker(seed uint64) *Maker {
	return &Maker{Values: make(map[string][]string), random: rand.New(rand.NewPCG(seed, 3))}
}

// AddValues adds the names and values of a JSON response, and those of the path
// that it came for, to the valid values.
func (m *Maker) AddValues(body []byte, path map[string]string) {
	for name, value := range path {
		if plain, err := url.PathUnescape(value); err == nil {
			m.addValue(name, plain)
		}
	}
	var value any
	if json.Unmarshal(body, &value) == nil {
		m.addMembers(value)
	}
}

// maxValues bounds the valid values of one name.
const maxValues = 8

func (m *Maker) addValue(name, value string) {
	if value != "" && len(m.Values[name]) < maxValues && !slices.Contains(m.Values[name], value) {
		m.Values[name] = append(m.Values[name], value)
	}
}

func (m *Maker) addMembers(value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			m.addMembers(item)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if text, ok := v[name].(string); ok {
				m.addValue(name, text)
			}
			m.addMembers(v[name])
		}
	}
}

// Valid returns a request that the document allows: with every parameter that is
// required, and the body of the document's own example.
func (m *Maker) Valid(o *Operation) *Request {
	r := &Request{Operation: o, Method: o.Method, PathValues: make(map[string]string)}
	for _, p := range o.Parameters {
		switch {
		case p.In == "path":
			r.PathValues[p.Name] = url.PathEscape(m.valueOf(p))
		case p.In == "query" && p.Required:
			r.Query = append(r.Query, Pair{p.Name, escape(m.valueOf(p))})
		case p.In == "header" && p.Required:
			r.Header = append(r.Header, Pair{p.Name, m.valueOf(p)})
		}
	}
	if o.RequestBody != nil {
		media, content := o.RequestBody.media()
		r.Header = append(r.Header, Pair{"Content-Type", media})
		r.Body = content.body(media)
	}
	return r
}

// valueOf returns a value that the parameter may have.
func (m *Maker) valueOf(p *Parameter) string {
	s := p.Schema.Target()
	switch known := m.Values[p.Name]; {
	case len(known) > 0:
		return known[m.random.IntN(len(known))]
	case s.Enum != nil:
		text, _ := s.Enum.Values[m.random.IntN(len(s.Enum.Values))].(string)
		return text
	case s.Format != nil && s.Format.Name == "date-time":
		return "2026-11-22T09:00:00Z"
	case p.Schema.allows("integer"):
		return "1"
	case p.Schema.allows("boolean"):
		return "true"
	}
	return "x"
}

// media returns the media type that stands first, by name.
func (b *Body) media() (string, *Media) {
	name := slices.Min(slices.Collect(maps.Keys(b.Content)))
	return name, b.Content[name]
}

// body returns the example as a body: JSON as it is, a form of the members that the
// example has, anything else as the text that the example quotes.
func (m *Media) body(media string) []byte {
	var text string
	var members map[string]string
	switch {
	case media != jsonMedia && json.Unmarshal(m.Example, &text) == nil:
		return []byte(text)
	case media == formMedia && json.Unmarshal(m.Example, &members) == nil:
		form := url.Values{}
		for name, value := range members {
			form.Set(name, value)
		}
		return []byte(form.Encode())
	}
	return m.Example
}

// Each yields, of every operation, a valid request and then each mutation of it
// alone.
func (m *Maker) Each(c *Contract) iter.Seq[*Request] {
	return func(yield func(*Request) bool) {
		for _, o := range c.Operations {
			if !yield(m.Valid(o)) {
				return
			}
			for _, change := range m.mutations(o) {
				r := m.Valid(o)
				change.to(r)
				if !yield(r) {
					return
				}
			}
		}
	}
}

// Random yields requests without end, of any operation and each with one to three
// mutations.
func (m *Maker) Random(c *Contract) iter.Seq[*Request] {
	changes := make(map[*Operation][]mutation)
	for _, o := range c.Operations {
		changes[o] = m.mutations(o)
	}
	return func(yield func(*Request) bool) {
		for {
			o := c.Operations[m.random.IntN(len(c.Operations))]
			r := m.Valid(o)
			for range 1 + m.random.IntN(3) {
				changes[o][m.random.IntN(len(changes[o]))].to(r)
			}
			if !yield(r) {
				return
			}
		}
	}
}

// mutation is one way in which a request differs from a valid one.
type mutation struct {
	name  string
	apply func(*Request)
}

func (c mutation) to(r *Request) {
	c.apply(r)
	r.Mutations = append(r.Mutations, c.name)
}

func (m *Maker) mutations(o *Operation) []mutation {
	all := slices.Concat(m.ofParameters(o), ofTarget(o), ofMethod(o), ofHeaders(), ofAuth())
	return append(all, m.ofBody(o)...)
}

func truncate(value string) string {
	if len(value) > 40 {
		value = value[:40] + "…"
	}
	return strings.ToValidUTF8(value, "?")
}
