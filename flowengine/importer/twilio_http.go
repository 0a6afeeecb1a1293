package importer

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strings"
)

// address is the parts of a web address: the connection that holds scheme and
// host, and what an action adds to it.
var address = regexp.MustCompile(`^(https?://([A-Za-z0-9.-]+)(?::[0-9]+)?)(/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$`)

var anyReference = regexp.MustCompile(`%\{[^}]*\}`)

// request begins an action that calls the address; false if its host is not
// known before the flow runs.
func (t *twilio) request(p *part, method, to string) bool {
	m := address.FindStringSubmatch(strings.TrimSpace(to))
	if m == nil {
		return false
	}
	connection := snake(m[2])
	p.doubt = append(p.doubt, "the account needs a connection "+connection+" to "+m[1])
	path, query := t.text(p.step, cmp.Or(m[3], "/")), obj()
	for _, one := range strings.FieldsFunc(m[4], func(r rune) bool { return r == '&' }) {
		name, to, _ := strings.Cut(one, "=")
		if name == "" || query.get(name) != nil || strings.ContainsAny(one, "%+") {
			return false // escapes would be escaped again
		}
		query.put(name, t.text(p.step, to))
	}
	p.with = obj("connection", connection, "method", method, "path", path, "query", some(query))
	return true
}

// parameters takes rows {key, value} as an object of texts; false if two rows
// have the same key.
func (t *twilio) parameters(p *part) (*value, bool) {
	out := obj()
	for _, row := range p.props.consume("parameters").items() {
		in := newSettings(row.value)
		key, to := in.text("key"), in.text("value")
		if key == "" || out.get(key) != nil || len(in.unread()) > 0 {
			return nil, false
		}
		out.put(key, t.text(p.step, to))
	}
	return out, true
}

func (t *twilio) httpRequest(p *part) bool {
	method := strings.ToUpper(cmp.Or(p.props.text("method"), "GET"))
	if method != "GET" && method != "POST" || !t.request(p, method, p.props.text("url")) {
		return false
	}
	if auth := p.props.root.get("add_twilio_auth"); auth.string() == "false" {
		p.props.consume("add_twilio_auth")
	}
	kind := p.props.text("content_type")
	if method == "GET" {
		query, distinct := t.parameters(p)
		if query.unset() {
			return distinct
		}
		if p.with.get("query") != nil {
			return false
		}
		p.with.put("query", query)
		return true
	}
	body := t.text(p.step, p.props.text("body"))
	p.with.put("body", body)
	withNumbers := anyReference.ReplaceAllString(body, "0") // it must be JSON whatever the variables are
	return strings.Contains(kind, "json") && json.Valid([]byte(withNumbers))
}

// runFunction calls a function at its address. Such functions read JSON as well
// as the form that the original sends.
func (t *twilio) runFunction(p *part) bool {
	if !t.request(p, "POST", p.props.text("url")) {
		return false
	}
	p.props.ignore("service_sid", "environment_sid", "function_sid") // the address says it all
	body, distinct := t.parameters(p)
	for _, e := range body.fields() {
		if strings.Contains(e.value.text, "| default:") {
			return false // its quotes would be escaped along with those of JSON
		}
	}
	if distinct {
		p.with.put("body", body.json())
	}
	p.doubt = append(p.doubt, "its parameters are now sent as JSON")
	return distinct
}

var parsedPath = regexp.MustCompile(`^parsed((?:\.[A-Za-z_][A-Za-z0-9_]*)+)$`)

// parsedOutput is the step variable for a value that another step reads from the answer
// of a request, "" for what is no such value.
func (t *twilio) parsedOutput(widget, output string) string {
	m := parsedPath.FindStringSubmatch(output)
	if m == nil {
		return ""
	}
	name, path := snake(output), "$"+m[1]
	for _, known := range t.parsed[widget].items() {
		if known.value.get("path").text == path {
			return known.value.get("name").text
		}
		if known.value.get("name").text == name {
			return "" // two paths that are alike in snake case
		}
	}
	if t.parsed[widget] == nil {
		t.parsed[widget] = &value{kind: list}
	}
	t.parsed[widget].add(obj("name", name, "path", path))
	return name
}
