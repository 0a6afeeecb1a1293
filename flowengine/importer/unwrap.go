package importer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxEncoded is how many times over a flow may be written as a text of JSON.
const maxEncoded = 3

// exported is one flow in a file, and what stands around it there.
type exported struct {
	root   *value
	path   string
	around []entry // by their paths
	speech Speech  // nil: no engine can be asked
}

// decodeTexts puts in the place of each text that holds an object or a list of
// JSON what it holds, where exports are known to write a flow so: as the whole
// file, and under the keys of wrappers.
func decodeTexts(v *value, depth int) error {
	for range maxEncoded {
		t := strings.TrimLeft(v.text, " \t\r\n\ufeff")
		if v.kind != text || t == "" || !strings.ContainsRune(`{["`, rune(t[0])) {
			break
		}
		inner, err := readJSON([]byte(v.text))
		if err != nil {
			return fmt.Errorf("it is JSON in a text of JSON, which cannot be read: %w", err)
		}
		*v = *inner
	}
	for _, e := range v.within(depth - 1) { // one level more: a flow may hold its definition as a text
		if err := decodeTexts(e.value, depth+1); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return nil
}

// wrappers are the keys, in snake case, under which APIs and command lines of
// other products hand out a flow, or several.
var wrappers = []string{"definition", "flow", "flows", "flow_definition", "flow_data", "data", "item", "items", "result", "results", "response", "body",
	"content", "payload", "attributes", "resource", "embedded", "export", "version", "versions", "revision", "revisions"}

// maxAround is how many objects and lists may stand around a flow.
const maxAround = 6

// within is what a flow may stand in, or be, of what the object or list holds at a
// depth.
func (v *value) within(depth int) []entry {
	switch {
	case depth >= maxAround:
		return nil
	case v.kind == list:
		return v.entries
	}
	var out []entry
	for _, e := range v.entries {
		if slices.Contains(wrappers, snake(e.name)) {
			out = append(out, e)
		}
	}
	return out
}

// flowsIn finds the flows in a file, in its order. A flow is not searched for
// others.
func flowsIn(root *value) []exported {
	var out []exported
	var walk func(path []string, v *value)
	walk = func(path []string, v *value) {
		if talkdeskStudio.wrote(v) || twilioStudio.wrote(definitionOf(v)) {
			out = append(out, exported{root: v, path: strings.Join(path, ".")})
			return
		}
		for _, e := range v.within(len(path)) {
			walk(append(path[:len(path):len(path)], e.name), e.value)
		}
	}
	walk(nil, root)
	return out
}

// names are the names and ids of the flow; empty for those that it lacks.
func (o exported) names() (names []string) {
	for _, key := range []string{"name", "friendly_name", "friendlyName", "sid", "group_id", "id"} {
		names = append(names, o.root.get(key).string())
	}
	return names
}

// label names a flow of several, for the choice.
func (o exported) label() string {
	return cmp.Or(append(o.names(), o.root.get("description").string(), o.path)...)
}

// named reports whether the flow is the one that is meant by its name, one of
// its ids, or its place in the file.
func (o exported) named(wanted string) bool {
	is := func(name string) bool { return name != "" && strings.EqualFold(name, wanted) }
	return slices.ContainsFunc(o.names(), is) || o.path == wanted || o.label() == wanted
}

var errOnlyList = errors.New("the file lists flows without what is in them (definition is null): export or fetch the one flow")

// choose finds the one flow to read in a file, or says which there are.
func choose(root *value, wanted string) (exported, error) {
	if err := decodeTexts(root, 0); err != nil {
		return exported{}, err
	}
	found := flowsIn(root)
	if wanted != "" {
		all := found
		found = slices.DeleteFunc(slices.Clone(all), func(o exported) bool { return !o.named(wanted) })
		if len(found) == 0 && len(all) > 0 {
			return exported{}, fmt.Errorf("no flow %s is in the file: it holds %s", wanted, labels(all))
		}
	}
	switch {
	case len(found) == 1:
		around := newSettings(root)
		around.consumed[found[0].root] = true
		found[0].around = around.unread()
		return found[0], nil
	case len(found) > 1:
		return exported{}, fmt.Errorf("the file holds %d flows: choose one with --flow: %s", len(found), labels(found))
	case listsOnly(root, 0):
		return exported{}, errOnlyList
	case root.unset():
		return exported{}, errors.New("the file holds nothing: export a flow")
	}
	return exported{}, ErrUnknownFormat
}

// labels names flows. Those of one name differ by their positions.
func labels(flows []exported) string {
	var out []string
	for i, o := range flows {
		label := o.label()
		for j, other := range flows {
			if i != j && other.label() == label {
				label = o.path
			}
		}
		if out = append(out, strconv.Quote(label)); len(out) == 20 && len(flows) > 20 {
			return strings.Join(out, ", ") + fmt.Sprintf(" and %d more", len(flows)-20)
		}
	}
	return listed(out)
}

// listsOnly reports whether the file holds a flow without its definition, as a list of
// flows of Twilio's API does.
func listsOnly(v *value, depth int) bool {
	if d := v.get("definition"); d != nil && d.unset() {
		return true
	}
	return slices.ContainsFunc(v.within(depth), func(e entry) bool { return listsOnly(e.value, depth+1) })
}
