package main_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringflow.test/apitest"
)

// renew writes what the server answers to openapi_examples.json.
var renew = flag.Bool("examples", false, "write the examples of the manual anew")

const examplesFile = "../../internal/api/openapi_examples.json"

// apiExample is one as internal/api prints it.
type apiExample struct {
	Operation string   `json:"operation"`
	Curl      string   `json:"curl"`
	Media     string   `json:"media,omitempty"`
	Body      string   `json:"body,omitempty"`
	Status    int      `json:"status"`
	Header    []string `json:"header,omitempty"`
	Answered  string   `json:"answered,omitempty"`
	Answer    string   `json:"answer,omitempty"`
}

// shownHeaders are the header fields of an answer that the manual shows.
var shownHeaders = []string{"ETag", "Retry-After", "WWW-Authenticate"}

// examples types the rows into a shell, one after the other, and compares the
// answers with what the manual shows.
func (c *contract) examples(t *testing.T) {
	var stored []apiExample
	text, err := os.ReadFile(examplesFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &stored); err != nil {
		t.Fatal(err)
	}
	c.w.write(".curlrc", []byte("dump-header = \""+c.w.path("headers")+"\"\n"))
	c.vars = map[string]string{"API": c.server.base, "CLIENT_ID": "shop", "CLIENT_SECRET": "change-me"}
	var got []apiExample
	shown := make(map[string]bool)
	for _, row := range exampleRows {
		c.await(t, row)
		e := c.typed(t, row)
		shown[e.Operation] = true
		got = append(got, e)
	}
	for _, o := range c.document.Operations {
		if !shown[o.OperationID] && Without[o.OperationID] == "" {
			t.Errorf("%s (%s %s) has no example: add a row to contract_rows_test.go", o.OperationID, o.Method, o.Path)
		}
	}
	if *renew && t.Failed() {
		t.Fatal("nothing is written: an answer is not what the document says")
	}
	if *renew {
		c.write(t, got)
		return
	}
	if len(stored) != len(got) {
		t.Fatalf("the manual has %d examples, there are %d: go test ./cmd/ringflow -run TestContract -examples, then make docs", len(stored), len(got))
	}
	for i := range got {
		if problem := unlike(stored[i], got[i]); problem != "" {
			t.Errorf("%s: the manual shows another answer: %s\n%s\n(go test ./cmd/ringflow -run TestContract -examples, then make docs)", got[i].Curl, problem, got[i].Answer)
		}
	}
}

// await waits for what a row needs.
func (c *contract) await(t *testing.T, row exampleRow) {
	t.Helper()
	if row.until != "" {
		within(t, 40*time.Second, row.until+" has ended", func() string {
			if x := c.show(t, c.vars[row.until]); x.Finished == nil {
				return x.Status
			}
			return ""
		})
	}
	if row.dialled != "" {
		within(t, 20*time.Second, row.dialled+" has its contact", func() string {
			if x := c.show(t, c.vars[row.dialled]); len(x.Steps) < 3 {
				return x.Status
			}
			return ""
		})
	}
}

func (c *contract) show(t *testing.T, id string) (x execution) {
	t.Helper()
	o, _, _ := c.document.Find("GET", "/v1/executions/x")
	a := c.ask(t, &apitest.Request{Operation: o, Method: "GET", PathValues: map[string]string{"flow_execution_id": id}})
	if err := json.Unmarshal(a.Body, &x); err != nil {
		t.Fatalf("execution %s: %v", id, err)
	}
	return x
}

var (
	curlMethod = regexp.MustCompile(` -X ([A-Z]+) `)
	curlTarget = regexp.MustCompile(`\$API(/[^ "]*)`)
	curlData   = regexp.MustCompile(` -d '([^']*)'`)
	curlFile   = regexp.MustCompile(` --data-binary @(\S+)`)
	curlMedia  = regexp.MustCompile(`Content-Type: ([a-z/-]+)`)
)

// typed runs a row in a shell, and checks the response.
func (c *contract) typed(t *testing.T, row exampleRow) apiExample {
	t.Helper()
	cmd := exec.Command("bash", "-c", row.curl)
	cmd.Dir, cmd.Env = c.w.dir, append(os.Environ(), "CURL_HOME="+c.w.dir)
	for name, value := range c.vars {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.Output()
	if err != nil && !strings.Contains(row.curl, " -m ") { // a stream without end ends by curl's limit
		t.Fatalf("%s: %v", row.curl, err)
	}
	head, err := os.ReadFile(c.w.path("headers"))
	if err != nil {
		t.Fatal(err)
	}
	status, header := parseHead(t, head)
	e := apiExample{Curl: row.curl, Status: status}
	target := os.Expand(curlTarget.FindStringSubmatch(row.curl)[1], func(name string) string { return c.vars[name] })
	path, _, _ := strings.Cut(target, "?")
	method := http.MethodGet
	if m := curlMethod.FindStringSubmatch(row.curl); m != nil {
		method = m[1]
	} else if strings.Contains(row.curl, " -d ") || curlFile.MatchString(row.curl) {
		method = http.MethodPost
	}
	c.body(t, row, &e)
	o, values, _ := c.document.Find(method, path)
	if o == nil {
		t.Fatalf("%s meets no operation", row.curl)
	}
	e.Operation = o.OperationID
	a := apitest.Response{Status: status, Header: header, Body: out, Truncated: strings.Contains(row.curl, " -m ")}
	if err := c.document.CheckResponse(method, path, a); err != nil {
		t.Errorf("%s: %v", row.curl, err)
	}
	c.seen[o.OperationID+" "+strconv.Itoa(status)] = true
	if status < 300 {
		c.maker.AddValues(out, values)
	}
	for _, name := range shownHeaders {
		if v := header.Get(name); v != "" {
			e.Header = append(e.Header, name+": "+v)
		}
	}
	e.Answered, _, _ = strings.Cut(header.Get("Content-Type"), ";")
	if !row.hide {
		e.Answer = string(out)
	}
	keep(t, row, out, header, c.vars)
	return e
}

// body tells what a row sends; a file of sound is not shown.
func (c *contract) body(t *testing.T, row exampleRow, e *apiExample) {
	t.Helper()
	if m := curlMedia.FindStringSubmatch(row.curl); m != nil {
		e.Media = m[1]
	}
	if m := curlFile.FindStringSubmatch(row.curl); m != nil && e.Media != "application/octet-stream" {
		text, err := os.ReadFile(c.w.path(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		e.Body = string(text)
	} else if m := curlData.FindStringSubmatch(row.curl); m != nil {
		e.Body = m[1]
	} else if strings.Contains(row.curl, " -d grant_type=") {
		e.Media, e.Body = "application/x-www-form-urlencoded", "grant_type=client_credentials"
	}
}

func parseHead(t *testing.T, head []byte) (int, http.Header) {
	t.Helper()
	line, rest, _ := bytes.Cut(head, []byte("\r\n"))
	fields := strings.Fields(string(line))
	if len(fields) < 2 {
		t.Fatalf("the answer begins with %q", line)
	}
	status, err := strconv.Atoi(fields[1])
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	for l := range strings.SplitSeq(string(rest), "\r\n") {
		if name, value, ok := strings.Cut(l, ": "); ok {
			header[textproto.CanonicalMIMEHeaderKey(name)] = append(header[textproto.CanonicalMIMEHeaderKey(name)], value)
		}
	}
	return status, header
}

// keep sets the variable of a row.
func keep(t *testing.T, row exampleRow, body []byte, header http.Header, vars map[string]string) {
	t.Helper()
	name, key, ok := strings.Cut(row.keep, "=")
	if !ok {
		return
	}
	if field, ok := strings.CutPrefix(key, "@"); ok {
		vars[name] = header.Get(field)
		return
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatalf("%s: %s", row.curl, body)
	}
	for part := range strings.SplitSeq(key, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			if n, err := strconv.Atoi(part); err == nil && n < len(v) {
				value = v[n]
			}
		}
	}
	text, ok := value.(string)
	if !ok {
		t.Fatalf("%s: no %s in %s", row.curl, key, body)
	}
	vars[name] = text
}

// volatile are the texts that differ from run to run; each matches a whole one.
var volatile = []*regexp.Regexp{
	regexp.MustCompile(`^SERVER/[a-z_/]+/[0-9a-f]{32}$`), regexp.MustCompile(`^[0-9a-f]{32}$`), regexp.MustCompile(`^[0-9a-f]{16}$`), regexp.MustCompile(`^[A-Z2-7]{26}$`),
	regexp.MustCompile(`^(CA)?[0-9a-f]{32}(\.\d+)?$`), regexp.MustCompile(`^rf_[A-Za-z0-9_-]+$`), regexp.MustCompile(`^whsec_[A-Za-z0-9+/]+=*$`),
	regexp.MustCompile(`^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?$`), regexp.MustCompile(`^\d{4}-\d\d-\d\d$`),
	regexp.MustCompile(`^(127\.\d+\.\d+\.\d+):\d+$`), regexp.MustCompile(`^ETag: "[^"]+"$`),
	regexp.MustCompile(`^\d+(\.\d+)?m?s$`), regexp.MustCompile(`^[A-Za-z0-9._-]+@[0-9.]+$`), regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f-]{27}$`),
}

// ownAddress is where the server is, wherever in a text: it differs from run to run.
var ownAddress = regexp.MustCompile(`http://127\.\d+\.\d+\.\d+:\d+`)

// measured are members whose numbers differ from run to run, and may be null.
var measured = regexp.MustCompile(`_ms$|_percent$|^packets_|^time_in_step$|^mos$|^legs$`)

func isMeasure(name string, v any) bool {
	_, number := v.(float64)
	return measured.MatchString(name) && (number || v == nil)
}

// unlike says where two examples differ in more than a run does from another.
func unlike(stored, got apiExample) string {
	switch {
	case stored.Curl != got.Curl || stored.Body != got.Body || stored.Operation != got.Operation:
		return "the request is another"
	case stored.Status != got.Status || stored.Answered != got.Answered:
		return "it has another status or type"
	case !slices.EqualFunc(stored.Header, got.Header, func(a, b string) bool { return differ(a, b, "header") == "" }):
		return "it has other header fields"
	case got.Answered != "application/json":
		return differ(kinds(stored.Answer), kinds(got.Answer), "")
	case got.Answer == "":
		return differ(stored.Answer, "", "")
	}
	var a, b any
	if json.Unmarshal([]byte(stored.Answer), &a) != nil || json.Unmarshal([]byte(got.Answer), &b) != nil {
		return "it is no JSON"
	}
	return differ(a, b, "")
}

// kinds is what of a stream or a table is the same in every run: the kinds of
// events, or the titles of the columns.
func kinds(text string) string {
	var found []string
	for line := range strings.Lines(text) {
		if name, kind, ok := strings.Cut(line, ": "); ok && name == "event" {
			found = append(found, kind)
		}
	}
	if found == nil {
		text, _, _ = strings.Cut(text, "\n")
		return text
	}
	slices.Sort(found)
	return strings.Join(slices.Compact(found), "")
}

// differ says where two values of JSON differ, "" if nowhere that matters. at
// is the name of the member.
func differ(a, b any, at string) string {
	what := at + ": " + brief(a) + " and " + brief(b)
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		x, y = ownAddress.ReplaceAllString(x, "SERVER"), ownAddress.ReplaceAllString(y, "SERVER")
		if !ok || x != y && !slices.ContainsFunc(volatile, func(v *regexp.Regexp) bool { return v.MatchString(x) && v.MatchString(y) }) {
			return what
		}
	case float64:
		if x != b {
			return what
		}
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return what
		}
		for i := range x {
			if d := differ(x[i], y[i], at); d != "" {
				return d
			}
		}
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return what
		}
		for name := range x {
			if isMeasure(name, x[name]) && isMeasure(name, y[name]) {
				continue
			}
			if d := differ(x[name], y[name], name); d != "" {
				return d
			}
		}
	default:
		if a != b {
			return what
		}
	}
	return ""
}

func brief(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text[:min(len(text), 200)])
}
