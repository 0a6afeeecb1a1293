package importer

import (
	"encoding/json"
	"regexp"
	"strings"
)

// address is the parts of a web address: the connection that holds scheme and
// host, and what an action adds to it.
var address = regexp.MustCompile(`^(https?://([A-Za-z0-9.-]+)(?::[0-9]+)?)(/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$`)

// request begins an action that calls the address; false if its host is not
// known before the flow runs.
func (t *twilio) request(w *widget, method, to string) bool {
	m := address.FindStringSubmatch(strings.TrimSpace(to))
	if m == nil {
		return false
	}
	connection := snake(m[2])
	route := m[3]
	if route == "" {
		route = "/"
	}
	w.doubt = append(w.doubt, "the account needs a connection "+connection+" to "+m[1])
	w.with = obj("connection", connection, "method", method, "path", t.text(w.step, route))
	query := &value{kind: object}
	if m[4] != "" {
		for _, one := range strings.Split(m[4], "&") {
			name, to, _ := strings.Cut(one, "=")
			if name == "" || query.get(name) != nil || strings.ContainsAny(one, "%+") {
				return false // escapes would be escaped again
			}
			query.put(name, t.text(w.step, to))
		}
	}
	if len(query.fields) > 0 {
		w.with.put("query", query)
	}
	return true
}

// parameters takes rows {key, value} as an object of texts; false if two rows
// have the same key.
func (t *twilio) parameters(w *widget, rows *value) (*value, bool) {
	out := &value{kind: object}
	if rows == nil {
		return out, true
	}
	for _, row := range rows.items {
		in := newSettings(row)
		key, to := in.text("key"), in.text("value")
		if key == "" || out.get(key) != nil || len(in.unread()) > 0 {
			return nil, false
		}
		out.put(key, t.text(w.step, to))
	}
	return out, true
}

func (t *twilio) httpRequest(w *widget) bool {
	method := strings.ToUpper(w.props.text("method"))
	if method == "" {
		method = "GET"
	}
	if method != "GET" && method != "POST" || !t.request(w, method, w.props.text("url")) {
		return false
	}
	if auth := w.props.root.get("add_twilio_auth"); auth.string() == "false" {
		w.props.consume("add_twilio_auth")
	}
	kind := w.props.text("content_type")
	if method == "GET" {
		query, distinct := t.parameters(w, w.props.consume("parameters"))
		if !distinct {
			return false
		}
		if len(query.fields) > 0 {
			if w.with.get("query") != nil {
				return false
			}
			w.with.put("query", query)
		}
		return true
	}
	body := t.text(w.step, w.props.text("body"))
	if !strings.Contains(kind, "json") || body == "" || !fitsJSON(body) {
		return false
	}
	w.with.put("body", body)
	return true
}

var anyReference = regexp.MustCompile(`%\{[^}]*\}`)

// fitsJSON reports whether the text is JSON when its variables are numbers.
func fitsJSON(body string) bool {
	return json.Valid([]byte(anyReference.ReplaceAllString(body, "0")))
}

// runFunction calls a function at its address. Such functions read JSON as well
// as the form that the original sends.
func (t *twilio) runFunction(w *widget) bool {
	if !t.request(w, "POST", w.props.text("url")) {
		return false
	}
	for _, name := range []string{"service_sid", "environment_sid", "function_sid"} {
		w.props.consume(name) // the address says it all
	}
	body, distinct := t.parameters(w, w.props.consume("parameters"))
	if !distinct {
		return false
	}
	for _, f := range body.fields {
		if strings.Contains(f.value.text, "| default:") {
			return false // its quotes would be escaped along with those of JSON
		}
	}
	w.with.put("body", body.json())
	w.doubt = append(w.doubt, "its parameters are now sent as JSON")
	return true
}

// parsed is a value that other steps read from the answer of a request.
type parsed struct{ name, path string }

var parsedPath = regexp.MustCompile(`^parsed((?:\.[A-Za-z_][A-Za-z0-9_]*)+)$`)

// parsedOutput is the step variable for a value of the answer, "" for what is no
// such value.
func (t *twilio) parsedOutput(widget, output string) string {
	m := parsedPath.FindStringSubmatch(output)
	if m == nil {
		return ""
	}
	p := parsed{name: snake(output), path: "$" + m[1]}
	for _, known := range t.parsed[widget] {
		if known.path == p.path {
			return known.name
		}
		if known.name == p.name {
			return "" // two paths that are alike in snake case
		}
	}
	t.parsed[widget] = append(t.parsed[widget], p)
	return p.name
}

// putOutputs lists in the step what other steps read from the answer.
func (t *twilio) putOutputs(widget string, s *step) {
	if s == nil || s.component != "execute_action" || len(t.parsed[widget]) == 0 {
		return
	}
	outputs := &value{kind: list}
	for _, p := range t.parsed[widget] {
		outputs.items = append(outputs.items, obj("name", p.name, "path", p.path))
	}
	s.with.put("outputs", outputs)
}
