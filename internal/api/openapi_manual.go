package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Document returns the OpenAPI document, as /openapi.json shows it.
func Document() []byte { return openAPI(routes()) }

// manualHead begins the manual.
const manualHead = `# HTTP

Two paths are those of Talkdesk Studio, whose clients can go on unchanged: it is called the original here. They stand at the root, and its report jobs under ` + "`/data`" + `; our own resources stand under ` + "`/v1`" + `.
` + "`/openapi.json`" + ` describes every field, every header field and every status for programs, ` + "`/docs`" + ` is this page for a browser.

The examples were typed into a shell as they stand here, and the answers are what a server said; a test types them again.
Before the first, say who you are and where the server is:

` + "```bash" + `
API=http://127.0.0.1:8080
CLIENT_ID=shop
CLIENT_SECRET=change-me
` + "```" + `

Later ones use what earlier ones answered: ` + "`TOKEN`" + ` is an ` + "`access_token`" + `, ` + "`EXECUTION`" + ` a ` + "`flow_execution_id`" + `, ` + "`ETAG`" + ` an ` + "`ETag`" + `, and so on.

`

// conventions hold for all resources.
var conventions = []string{
	"Bodies are JSON in UTF-8 unless said otherwise, and are read as such whatever `Content-Type` says: there is no 415. `Accept` decides between a stream and pages of events alone: there is no 406. An answer has the type that the operation names.",
	"A body that `Content-Length` says to be larger than may be is refused with 413 before any of it is asked for: who sends `Expect: 100-continue` is not told to continue. One without a length is read up to the limit. Behind a 413 the connection is closed. Without a token that suffices, 401 and 403 come before the body too. Whoever writes all of a request before it reads can read every refusal: what is left of the body is taken and thrown away, 64 MiB of it for 30 seconds at most.",
	"Times are RFC 3339, in answers in UTC; only the report writes them as the original does. Lengths of time end with `_ms`. What is not known yet is null; what does not apply is left out.",
	"A parameter that an operation does not know, or that is given twice, is refused, so that a misspelt `start_at` does not call somebody at once.",
	"Lists come in pages, of what traffic makes and of versions the newest first, of events the oldest first, of what people make by name: `limit` says how many, `next` of the answer is the `cursor` of the page that follows, null at the end. What comes or goes between two pages has nothing else told twice or left out. The original's report jobs have its own pages.",
	"What can be edited has an `ETag`. A change with `If-Match` is made only if nobody has changed it since, one with `If-None-Match: *` only if there is nothing yet, else the answer is 412; without them the last one wins.",
	"`HEAD` answers as `GET` does without the body, `OPTIONS` with the methods in `Allow`. A slash at the end of a path makes no difference; an empty part, `.` or `..` in it is not found. `/metrics`, `/healthz` and `/readyz` have this one spelling and no other, so that a proxy's rule for them holds.",
	"Whatever belongs to an account carries `Cache-Control: no-store`. `Range` and conditional reads are ignored.",
	"What is no HTTP at all is refused in plain text and the connection is closed.",
}

// Manual returns the page of the manual about the API, in Markdown. It is
// printed from the table of routes and the examples, like the OpenAPI document.
func Manual() []byte {
	var b bytes.Buffer
	all := routes()
	b.WriteString(manualHead + "## What holds for all\n\n")
	for _, m := range conventions {
		fmt.Fprintf(&b, "- %s\n", m)
	}
	shown := examplesByOperation()
	for _, c := range chaptersOf(all) {
		fmt.Fprintf(&b, "\n## %s\n\n", c.title)
		if c.prose != "" {
			fmt.Fprintf(&b, "%s\n\n", c.prose)
		}
		b.WriteString("| request | scope | |\n|---|---|---|\n")
		parameters := ""
		for _, r := range all {
			if r.chapter() != c.title {
				continue
			}
			fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", r.method, r.path, quoted(r.scopes), r.summary)
			for _, p := range r.allParameters() {
				parameters += fmt.Sprintf("| `%s` (%s) | `%s %s` | %s |\n", p.name, p.in, r.method, r.path, p.doc)
			}
		}
		if parameters != "" {
			b.WriteString("\n| parameter | of | |\n|---|---|---|\n" + parameters)
		}
		for _, r := range all {
			if r.chapter() == c.title {
				writeExamples(&b, shown[r.id()])
			}
		}
	}
	writeScopes(&b, all)
	writeCodes(&b)
	return b.Bytes()
}

func writeExamples(b *bytes.Buffer, shown []example) {
	for _, e := range shown {
		if e.Answer == "" && e.Answered != "" {
			continue
		}
		fmt.Fprintf(b, "\n```bash\n%s\n```\n```text\n%s\n```\n", e.command(), e.shown())
	}
}

func writeScopes(b *bytes.Buffer, all []route) {
	b.WriteString("\n## Scopes\n\nA token needs one of the scopes that a request names.\n\n| scope | lets a client |\n|---|---|\n")
	may := scopesOf(all)
	for _, scope := range slices.Sorted(maps.Keys(may)) {
		fmt.Fprintf(b, "| `%s` | `%s` |\n", scope, strings.ReplaceAll(may[scope].(string), ", ", "` · `"))
	}
}

func writeCodes(b *bytes.Buffer) {
	b.WriteString("\n## Refusals\n\n" + errorProse + "\n\n| code | status | what it says | what to do |\n|---|---|---|---|\n")
	for _, c := range codes() {
		fmt.Fprintf(b, "| `%s` | %d | %s | %s |\n", c.code, c.status, c.doc, c.todo)
	}
}

const errorProse = "A refusal is `{code, message, description?, fields?: [{name, description}]}`, but for `POST /oauth/token`, which refuses as RFC 6749 " +
	"§5.2 says. Branch on the status; the code tells apart what shares one."

func quoted(scopes []string) string {
	if len(scopes) == 0 {
		return "none"
	}
	return "`" + strings.Join(scopes, "` or `") + "`"
}

// longLine is where a command is broken, in characters.
const longLine = 110

// command is the example as one types it, a long one on several lines.
func (e example) command() string {
	if len(e.Curl) <= longLine {
		return e.Curl
	}
	text := e.Curl
	for _, option := range []string{" -H ", " -d ", " --data-binary "} {
		text = strings.ReplaceAll(text, option, " \\\n "+option)
	}
	return text
}

// longAnswer is how many lines of an answer are shown.
const longAnswer = 40

// shown is the answer as one reads it: status, header fields that are worth a
// look, and the body, JSON indented and what is long cut.
func (e example) shown() string {
	lines := append([]string{fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))}, e.Header...)
	if e.Answer == "" {
		return strings.Join(lines, "\n")
	}
	body := e.Answer
	if e.Answered == "application/json" {
		var b bytes.Buffer
		if json.Indent(&b, []byte(body), "", "  ") == nil {
			body = b.String()
		}
	}
	lines = append(lines, "")
	for line := range strings.SplitSeq(strings.TrimSpace(body), "\n") {
		if len(lines) > longAnswer {
			return strings.Join(lines, "\n") + "\n…"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
