package components

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// ExecuteAction makes an HTTP request.
var ExecuteAction = flowengine.NewComponent(flowfile.Spec{
	Name: "execute_action", Title: "Execute Action", Category: flowfile.CategoryData,
	Summary: "Makes an HTTP request over a connection of the account and takes values from the answer.",
	Doc: "The connection holds the base address and the secrets; it is set up in the [configuration](../configuration.md) or [over the API](../http.md#resources). Variables are escaped where they stand: in the path and " +
		"the query for an address, in the body for JSON. Outputs are JSONPath expressions that name one value, such as " +
		"`$.customer.phones[0]`; one that finds nothing leaves its variable as it was.\n\n" +
		"An answer of another status, such as 404, is no error of the step: it leaves by `execution_error`. Only GET, PUT and DELETE " +
		"can be tried again, because the others might do their work twice.",
	Exits: []flowfile.ExitSpec{
		{Name: flowfile.ExitOK, Title: "OK", Doc: "The answer had a status from 200 to 299.", Expected: true},
		{Name: exitExecutionError, Title: "Execution Error", Doc: "The answer had another status, or none came in time.", Expected: true},
		{Name: exitUpstreamError, Title: "Upstream error", Doc: "What reports call an execution error.", Hidden: true, Fallback: exitExecutionError},
	},
	Variables: []flowfile.VariableSpec{
		{Name: "status_code", Doc: "The status of the answer, such as 200; empty if none came."},
		{Each: "outputs", Doc: "The value that its path finds."},
	},
	Example: `
connection: crm
method: POST
path: /customers/%{current_flow.contact_1}/notes
query: {notify: "true"}
body: '{"author": "%{current_flow.name}", "text": "Called back"}'
outputs:
  - {name: note_id, path: $.id}`,
}, runExecuteAction)

const (
	exitExecutionError flowfile.Exit = "execution_error"
	exitUpstreamError  flowfile.Exit = "upstream_error"
)

type executeAction struct {
	Connection string                   `field:"connection" required:"true" is:"connection" max:"64" doc:"The name of the connection."`
	Method     string                   `field:"method" choices:"GET,POST,PUT,PATCH,DELETE" default:"GET" doc:"The method."`
	Path       flowfile.Text            `field:"path" required:"true" max:"2000" doc:"What is added to the base address, beginning with a slash."`
	Query      map[string]flowfile.Text `field:"query" doc:"The query, by name."`
	Headers    map[string]flowfile.Text `field:"headers" doc:"Further header fields, by name."`
	Body       flowfile.Text            `field:"body" max:"60000" doc:"The body, in JSON."`
	Outputs    []output                 `field:"outputs" max:"50" doc:"What is taken from the answer."`
	Timeout    flowfile.Number          `field:"timeout_seconds" min:"1" max:"30" default:"10" doc:"How long to wait for the answer, each time."`
	Retries    int                      `field:"retries" min:"0" max:"3" doc:"How often to try again when no answer came, or one of status 502, 503 or 504."`
}

type output struct {
	Name string `field:"name" required:"true" is:"step_variable" doc:"The step variable that receives the value."`
	Path string `field:"path" required:"true" max:"500" doc:"Where the value stands in the answer, as JSONPath."`

	path jsonPath
}

// Check implements flowfile.Checker.
func (c *executeAction) Check(report func(field, what, mend string)) {
	if !strings.HasPrefix(c.Path.String(), "/") {
		report("path", "the path begins with no slash", "write /"+c.Path.String())
	}
	if c.Retries > 0 && slices.Contains([]string{"POST", "PATCH"}, c.Method) {
		report("retries", c.Method+" cannot be tried again safely", "remove it")
	}
	if c.Body.IsSet() && (c.Method == "GET" || c.Method == "DELETE") {
		report("body", c.Method+" has no body", "remove it, or choose another method")
	}
	for i := range c.Outputs {
		o := &c.Outputs[i]
		var err error
		if o.path, err = parseJSONPath(o.Path); err != nil {
			report(fmt.Sprintf("outputs[%d].path", i), err.Error(), "write a path to one value, such as $.customer.phones[0]")
		}
	}
}

func runExecuteAction(ctx context.Context, t *flowengine.StepContext, c *executeAction) (flowfile.Exit, error) {
	s := settings{StepContext: t}
	request, wait := c.request(&s), s.seconds(c.Timeout)
	if s.err != nil {
		return "", s.err
	}
	answer, err := c.try(ctx, t, request, wait)
	switch {
	case errors.Is(err, flowengine.ErrNoConnection) || ctx.Err() != nil:
		return "", err
	case err != nil:
		t.Set("status_code", "")
		t.SetDetail(err.Error())
		return exitUpstreamError, nil
	}
	t.Set("status_code", strconv.Itoa(answer.Status))
	if answer.Status < 200 || answer.Status > 299 {
		t.SetDetail("the answer was " + answer.StatusText())
		return exitUpstreamError, nil
	}
	if len(c.Outputs) == 0 {
		return flowfile.ExitOK, nil
	}
	return flowfile.ExitOK, c.setOutputs(t, answer.Body)
}

// request puts the values of variables into the request.
func (c *executeAction) request(s *settings) flowengine.HTTPRequest {
	r := flowengine.HTTPRequest{Method: c.Method, Path: s.escaped(c.Path, url.PathEscape), Header: map[string]string{}}
	if s.err == nil && climbsOut(r.Path) {
		s.err = fmt.Errorf("field path: with the values of its variables %s leaves its place", c.Path)
	}
	query := url.Values{}
	for name, text := range c.Query {
		query.Set(name, s.text(text))
	}
	if len(query) > 0 {
		r.Path += "?" + query.Encode()
	}
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		r.Header[name] = s.text(c.Headers[name])
	}
	if !c.Body.IsSet() {
		return r
	}
	r.Body = []byte(s.escaped(c.Body, insideJSON))
	if s.err == nil && !json.Valid(r.Body) {
		s.err = errors.New("field body: it is no JSON once its variables are replaced")
	}
	return r
}

// climbsOut reports whether a service might read the path as one that climbs, be it
// only after it has decoded the slashes of a value.
func climbsOut(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	plain, err := url.PathUnescape(path)
	if err != nil {
		return true
	}
	parts := strings.FieldsFunc(plain, func(r rune) bool { return r == '/' || r == '\\' })
	return slices.Contains(parts, ".") || slices.Contains(parts, "..")
}

// insideJSON escapes a value for its place between the quotes of a JSON text.
// A number or a boolean may stand without quotes, as nothing in it is escaped.
func insideJSON(s string) string {
	b, _ := json.Marshal(s) // a string always marshals
	return string(b[1 : len(b)-1])
}

// try makes the request, again where that is safe and may help.
func (c *executeAction) try(ctx context.Context, t *flowengine.StepContext, r flowengine.HTTPRequest, wait time.Duration) (answer flowengine.HTTPResponse, err error) {
	for n := 0; ; n++ {
		timed, cancel := context.WithTimeout(ctx, wait)
		answer, err = t.Request(timed, c.Connection, r)
		if err != nil && timed.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("no answer came within %v", wait)
		}
		cancel()
		again := err != nil && !errors.Is(err, flowengine.ErrNoConnection) || err == nil && slices.Contains([]int{502, 503, 504}, answer.Status)
		if !again || n == c.Retries || ctx.Err() != nil {
			return answer, err
		}
		select {
		case <-time.After(time.Second << n):
		case <-ctx.Done():
		}
	}
}

// setOutputs reads the outputs from the answer.
func (c *executeAction) setOutputs(t *flowengine.StepContext, body []byte) error {
	var root any
	if err := decodeJSON(body, &root); err != nil {
		return errors.New("the answer is no JSON")
	}
	for _, o := range c.Outputs {
		if value, found := o.path.find(root); found {
			if err := setOutput(t, o.Name, value); err != nil {
				return err
			}
		}
	}
	return nil
}
