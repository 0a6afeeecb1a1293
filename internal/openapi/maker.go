package openapi

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

// Maker makes requests up from a document. It is for one goroutine, but for
// what it has yielded.
type Maker struct {
	// Values are good values of parameters by their names: without any of a
	// required one, nothing but refusals comes of a request.
	Values map[string][]string
	// Large is how many bytes a body of great size has. 0: 100,000.
	Large int

	random *rand.Rand
}

// NewMaker returns a maker whose requests depend on the seed alone.
func NewMaker(seed uint64) *Maker {
	return &Maker{Values: make(map[string][]string), random: rand.New(rand.NewPCG(seed, 3))}
}

// Learn adds the names and values of a JSON answer, and those of the path that
// gave it, to the good values.
func (m *Maker) Learn(body []byte, path map[string]string) {
	for name, value := range path {
		if plain, err := url.PathUnescape(value); err == nil {
			m.learn(name, plain)
		}
	}
	var value any
	if json.Unmarshal(body, &value) == nil {
		m.learnAll(value)
	}
}

// maxKnown bounds the good values of one name.
const maxKnown = 8

func (m *Maker) learn(name, value string) {
	if value != "" && len(m.Values[name]) < maxKnown && !slices.Contains(m.Values[name], value) {
		m.Values[name] = append(m.Values[name], value)
	}
}

func (m *Maker) learnAll(value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			m.learnAll(item)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if text, ok := v[name].(string); ok {
				m.learn(name, text)
			}
			m.learnAll(v[name])
		}
	}
}

func (m *Maker) pick(from []string) string { return from[m.random.IntN(len(from))] }

// Good returns a request that the document allows: with every parameter that is
// required, and the body of the document's own example.
func (m *Maker) Good(o *Operation) *Request {
	r := &Request{Operation: o, Method: o.Method, Path: make(map[string]string)}
	for _, p := range o.Parameters {
		switch {
		case p.In == "path":
			r.Path[p.Name] = url.PathEscape(m.valueOf(p))
		case p.In == "query" && p.Required:
			r.Query = append(r.Query, Pair{p.Name, escape(m.valueOf(p))})
		case p.In == "header" && p.Required:
			r.Header = append(r.Header, Pair{p.Name, m.valueOf(p)})
		}
	}
	if o.Body != nil {
		media, content := o.Body.first()
		r.Header = append(r.Header, Pair{"Content-Type", media})
		r.Body = content.good(media)
	}
	return r
}

// valueOf returns a value that the parameter may have.
func (m *Maker) valueOf(p Parameter) string {
	s := p.Schema.Target()
	switch {
	case len(m.Values[p.Name]) > 0:
		return m.pick(m.Values[p.Name])
	case len(s.Enum) > 0:
		text, _ := s.Enum[m.random.IntN(len(s.Enum))].(string)
		return text
	case s.Format == "date-time":
		return "2026-11-22T09:00:00Z"
	case s.Allows("integer"):
		return "1"
	case s.Allows("boolean"):
		return "true"
	}
	return "x"
}

// first returns the media type that stands first, by name.
func (b *Body) first() (string, Media) {
	name := slices.Sorted(maps.Keys(b.Content))[0]
	return name, b.Content[name]
}

// good returns the example's body: JSON as it is, a form of the members that the
// example has, anything else as the text that the example quotes.
func (m Media) good(media string) []byte {
	var text string
	var members map[string]string
	switch {
	case m.Example == nil:
		return nil
	case media != "application/json" && json.Unmarshal(m.Example, &text) == nil:
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

// All yields, of every operation, a good request and then each mutation of it
// alone.
func (m *Maker) All(d *Document) iter.Seq[*Request] {
	return func(yield func(*Request) bool) {
		for o := range d.Operations() {
			if !yield(m.Good(o)) {
				return
			}
			for _, change := range m.mutations(o) {
				r := m.Good(o)
				change.to(r)
				if !yield(r) {
					return
				}
			}
		}
	}
}

// Some yields requests without end, of any operation and each with one to three
// mutations.
func (m *Maker) Some(d *Document) iter.Seq[*Request] {
	all := slices.Collect(d.Operations())
	changes := make(map[*Operation][]mutation)
	for _, o := range all {
		changes[o] = m.mutations(o)
	}
	return func(yield func(*Request) bool) {
		for {
			o := all[m.random.IntN(len(all))]
			r := m.Good(o)
			for range 1 + m.random.IntN(3) {
				changes[o][m.random.IntN(len(changes[o]))].to(r)
			}
			if !yield(r) {
				return
			}
		}
	}
}

// mutation is one way in which a request differs from a good one.
type mutation struct {
	why   string
	apply func(*Request)
}

func (c mutation) to(r *Request) {
	c.apply(r)
	r.Why = append(r.Why, c.why)
}

// mutations returns all that are known of an operation.
func (m *Maker) mutations(o *Operation) []mutation {
	all := slices.Concat(ofParameters(m, o), ofTarget(o), ofMethod(o), ofHeaders(), ofAuth())
	return append(all, m.ofBody(o)...)
}

func brief(value string) string {
	if len(value) > 40 {
		value = value[:40] + "…"
	}
	return strings.ToValidUTF8(value, "?")
}
