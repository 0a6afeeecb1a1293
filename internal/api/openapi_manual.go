package api

import (
	"bytes"
	_ "embed" // openapi_page.html
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"ringflow/internal/resource"
)

// Document returns the OpenAPI document, as /openapi.json shows it.
func Document() []byte { return openAPI(routes()) }

// conventions hold for all resources.
var conventions = []string{
	"Bodies are JSON in UTF-8 unless said otherwise, and are read as such whatever `Content-Type` says: there is no 415. `Accept` decides between a stream and pages of events alone: there is no 406. An answer has the type that the operation names.",
	"A body that `Content-Length` says to be larger than may be is refused with 413 before any of it is asked for: who sends `Expect: 100-continue` is not told to continue. One without a length is read up to the limit. Behind a 413 the connection is closed. Without a token that suffices, 401 and 403 come before the body too. Whoever writes all of a request before it reads can read every refusal: what is left of the body is taken and thrown away, 64 MiB of it for 30 seconds at most.",
	"Times are RFC 3339, in answers in UTC; only the report writes them as Talkdesk Studio does. Lengths of time end with `_ms`. What is not known yet is null; what does not apply is left out.",
	"A parameter that an operation does not know, or that is given twice, is refused, so that a misspelt `start_at` does not call somebody at once.",
	"Lists come in pages, of what traffic makes and of versions the newest first, of events the oldest first, of what people make by name: `limit` says how many, `next` of the answer is the `cursor` of the page that follows, null at the end. What comes or goes between two pages has nothing else told twice or left out. Talkdesk Studio's report jobs have its own pages.",
	"What can be edited has an `ETag`. A change with `If-Match` is made only if nobody has changed it since, one with `If-None-Match: *` only if there is nothing yet, else the answer is 412; without them the last one wins.",
	"`HEAD` answers as `GET` does without the body, `OPTIONS` with the methods in `Allow`. A slash at the end of a path makes no difference; an empty part, `.` or `..` in it is not found. `/metrics`, `/healthz` and `/readyz` have this one spelling and no other, so that a proxy's rule for them holds.",
	"Whatever belongs to an account carries `Cache-Control: no-store`. `Range` and conditional reads are ignored.",
	"What is no HTTP at all is refused in plain text and the connection is closed.",
}

const errorProse = "A refusal is `{code, message, description?, fields?: [{name, description}]}`, but for `POST /oauth/token`, which refuses as RFC 6749 " +
	"§5.2 says. Branch on the status; the code tells apart what shares one."

// quoted is a list of code, "none" if it is empty.
func quoted(between string, words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return "`" + strings.Join(words, "`"+between+"`") + "`"
}

// longLine is where a command is broken, in characters.
const longLine = 110

// Command is the example as one types it, a long one on several lines.
func (e example) Command() string {
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

// Shown is the answer as one reads it: status, header fields that are worth a
// look, and the body, JSON indented and what is long cut.
func (e example) Shown() string {
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

// pageFile is the manual for a browser. It needs nothing but itself.
//
//go:embed openapi_page.html
var pageFile string

// page is what the template shows.
type page struct {
	Conventions []string
	Chapters    []pageChapter
	Scopes      map[string][]string // the requests that each allows
	Errors      string
	Codes       []code
}

type pageChapter struct {
	Title, Anchor, Prose string
	Routes               []pageRoute
}

// HasParameters reports whether one of the routes has parameters.
func (c pageChapter) HasParameters() bool {
	return slices.ContainsFunc(c.Routes, func(r pageRoute) bool { return len(r.Parameters) > 0 })
}

type pageRoute struct {
	ID, Method, Path, Summary string
	Scopes                    []string
	Parameters                []pageParameter
	Answers                   []int // statuses
	Examples                  []example
}

type pageParameter struct{ Name, In, Doc string }

// manual shows the routes for people, with the URL at which they asked: GET /docs.
func (a *api) manual(req *request) (any, error) {
	h := req.answer.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, err := req.answer.Write(bytes.ReplaceAll(a.page(), []byte(DefaultURL), []byte(html.EscapeString(a.base(req.Request)))))
	return nil, err
}

// rootPath leads to the manual.
const rootPath = "/"

// root leads to the manual: GET /.
func (a *api) root(req *request) (any, error) {
	below := issuerPath(a.config.URL)
	h := req.answer.Header()
	h.Set("Location", below+"/docs")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	req.answer.WriteHeader(http.StatusSeeOther)
	_, err := fmt.Fprintf(req.answer, "This is Ringflow. Its manual is at %s/docs, its OpenAPI document at %s/openapi.json.\n", below, below)
	return nil, err
}

// manualHTML returns the page.
func manualHTML(routes []route) []byte {
	t := template.Must(template.New("page").Funcs(template.FuncMap{"prose": prose, "quoted": quoted, "statusText": http.StatusText}).Parse(pageFile))
	var b bytes.Buffer
	if err := t.Execute(&b, newPage(routes)); err != nil {
		panic(fmt.Errorf("write the manual: %w", err)) // a template of ours; shows in every test
	}
	return b.Bytes()
}

// newPage returns what the manual shows of the routes.
func newPage(routes []route) page {
	p := page{Conventions: conventions, Scopes: scopesOf(routes), Errors: errorProse, Codes: codes()}
	shown := examplesByOperation()
	for _, c := range chaptersOf(routes) {
		chapter := pageChapter{Title: c.title, Anchor: strings.NewReplacer(" ", "-", ",", "").Replace(strings.ToLower(c.title)), Prose: c.prose}
		for _, r := range routes {
			if r.chapter() == c.title {
				chapter.Routes = append(chapter.Routes, r.page(shown[r.id()]))
			}
		}
		p.Chapters = append(p.Chapters, chapter)
	}
	return p
}

func (r route) page(shown []example) pageRoute {
	p := pageRoute{ID: r.id(), Method: r.method, Path: r.path, Summary: r.summary, Scopes: r.scopes}
	for _, one := range r.allParameters() {
		p.Parameters = append(p.Parameters, pageParameter{one.name, one.in, one.doc})
	}
	for _, a := range r.allAnswers() {
		p.Answers = append(p.Answers, a.status)
	}
	slices.Sort(p.Answers)
	p.Answers = slices.Compact(p.Answers)
	p.Examples = slices.DeleteFunc(slices.Clone(shown), func(e example) bool { return e.Answer == "" && e.Answered != "" })
	return p
}

var (
	quotedWords = regexp.MustCompile("`([^`]+)`")
	links       = regexp.MustCompile(`\[([^\]]+)\]\([^)]+\)`)
)

// prose turns the Markdown of our own prose into HTML: words in backquotes, and
// links, which lead to pages that are not served and become their text.
func prose(text string) template.HTML {
	text = links.ReplaceAllString(html.EscapeString(text), "$1")
	return template.HTML(quotedWords.ReplaceAllString(text, "<code>$1</code>"))
}

// chapter is a part of the manual: the routes of one resource.
type chapter struct {
	title string
	parts []string // what the paths of its routes begin with, below /v1 or at the root
	prose string
}

// chapters stand in the order of the manual. A route of none of them is in one
// that is called as the first part of its path.
var chapters = []chapter{
	{"Tokens", []string{"oauth", "oauth-authorization-server", "openid-configuration"}, "Every request but those of this chapter and the last carries an access token, which a client gets for its secret or by an assertion that its key signed. " +
		"A token holds the scopes that were asked for, or all that the client has, and is valid for as long as `expires_in` says: get another before then, or when a request is answered with 401.\n\n" +
		"A `client_assertion` (RFC 7523) is a JWT whose `iss` and `sub` are the client's id, whose `aud` is or holds the issuer or the token URL, and which has a `jti` that is used once and an `exp` at most 10 minutes ahead; `kid` may be left out where one of the client's keys fits. " +
		"The issuer is `http.url` of the configuration or, without one, the address that the server listens at. " +
		"By HTTP Basic, id and secret may be form-encoded, as RFC 6749 §2.3.1 wants, or stand as they are. " +
		"What is wrong with an `Authorization` header field, or a request without any authentication, is answered 401, what is wrong with a body 400, both as RFC 6749 §5.2 says.\n\n" +
		"Behind one address many may be: a right secret, a right assertion and a valid token are never refused for wrong ones that came before. Wrong ones are counted by address, those of secrets by the client's id too: 100 at once and 10 a second are answered 401 or 400, " +
		"those beyond 429 with `Retry-After`; both were looked at and are wrong. A token of the form that is issued here is always answered 401, so that its client gets another. " +
		"From where so many are wrong, what comes next is looked at in turn, right or wrong: 1,000 at once, then 100 a second, and where more than 500 wait faster, so that nobody waits for more than 10 seconds. " +
		"For secrets that are configured by their hash, see [operation](operation.md)."},
	{"Interactions", []string{"interactions"}, "A trigger names a flow and gives its arguments. 202 says that the interaction is on disk; what comes of the call, the execution tells. " +
		"Send an `Idempotency-Key` and repeat the request whenever you are in doubt: nobody is called twice. " +
		"An argument that the flow does not declare is not used, and told in `warnings`: it may be misspelt; so is a telephone number that is a number in JSON, which has no +. The account's rate counts what was started; the `RateLimit-` header fields tell what is left of it."},
	{"Executions", []string{"executions"}, "An execution is one run of a published version. It lasts as long as the flow, and is kept for as long as the account's retention says."},
	{"Events", []string{"events"}, "An execution's journal as it is written, as server-sent events: `event` is the kind, `data` a JSON object whose schema `/openapi.json` has kind by kind. " +
		"After a break, connect again with the `Last-Event-ID` of the last event that came, and nothing is missed or told twice. A comment every 15 seconds says that the stream lives. " +
		"If the event of `Last-Event-ID` is unknown, or older than a day, the stream says so by an event `last_event_id_unknown`, which has no id, and begins with what there is: the whole journal, or the last day of many executions. " +
		"With `Accept: application/json` the answer is what there is so far, in pages, the oldest first. " +
		"[Webhooks](webhooks.md) post the same events to you; the part `webhooks` of `/openapi.json` has what they post."},
	{"Calls", []string{"calls"}, "A call is all legs that one execution dialled; its id is the execution's."},
	{"Reports", []string{"reports", "data"}, "The Studio Flow Execution Report: one row for each step of each execution, in Talkdesk Studio's columns and ours behind them, at once; Time In Step Execution is a fraction of a day, as there. It is streamed; a million rows need no more memory than one. " +
		"A report that breaks off has no end: JSON that is not whole, CSV whose connection was cut."},
	{"Flows", []string{"flows", "check"}, "A flow has versions. One may be a draft, which you change; one is published, and triggers run it; the others are archived. " +
		"Definitions are flow files, see [flow files](flows.md). A flow that stands in the configuration's folder of flows is published from there at every start of the server: what " +
		"was published over HTTP since then is archived, if it differs. Change the file, or keep the flow out of the folder."},
	{"Prompts", []string{"prompts"}, "Stored sound, which flows name. A prompt that comes from a folder of the configuration is shown and cannot be changed. What an account has uploaded lasts ten hours at most, altogether; its files are taken in one after the other, and nobody else waits for that."},
	{"Resources", kindPlurals(), "Secrets, connections, functions and webhooks are kept under names. `PUT` writes the whole of one and answers 201 if it is new, " +
		"200 if it replaces one; from the answer on it is in use, without a restart, and a step that has begun goes on with what it found. What stands in the configuration is listed with `\"source\": \"configuration\"` and is " +
		"changed there. What flows or other resources use is not deleted. Secrets are written and never shown: connections and webhooks name them, and use the new value once one is replaced; on the disk everything is sealed, see [operation](operation.md). " +
		"`If-Match` changes only the state of that `ETag`, `If-None-Match: *` only creates. Who may change a connection or a webhook decides where secrets and the events of calls go: that takes the scope `flow-resources:write`, not `flows:write`. " +
		"Private addresses and plain http are refused unless the account's configuration says `private_addresses`."},
	{"Account", []string{"account"}, "Whose token it is, and what the configuration lets that account do."},
	{"Numbers, trunks and components", []string{"numbers", "trunks", "components"}, "What the configuration and the program give the account to work with."},
	{"Operation", []string{"", "healthz", "readyz", "metrics", "openapi.json", "docs"}, "For whoever runs the server. These ask for no token."},
}

func kindPlurals() (plurals []string) {
	for _, k := range resource.Kinds() {
		plurals = append(plurals, k.Plural)
	}
	return plurals
}

// chapter returns the title of the route's chapter.
func (r route) chapter() string {
	parts := strings.Split(strings.TrimPrefix(strings.Trim(r.path, "/"), "v1/"), "/")
	for _, part := range []string{parts[len(parts)-1], parts[0]} {
		for _, c := range chapters {
			if slices.Contains(c.parts, part) {
				return c.title
			}
		}
	}
	return strings.ToUpper(parts[0][:1]) + strings.ReplaceAll(parts[0][1:], "_", " ")
}

// chaptersOf returns the chapters of the routes: those of the table, then the
// others in the order of the routes. Operation stands last.
func chaptersOf(routes []route) []chapter {
	last := len(chapters) - 1
	all := slices.Clone(chapters[:last])
	for _, r := range routes {
		if !slices.ContainsFunc(chapters, func(c chapter) bool { return c.title == r.chapter() }) &&
			!slices.ContainsFunc(all, func(c chapter) bool { return c.title == r.chapter() }) {
			all = append(all, chapter{title: r.chapter()})
		}
	}
	return append(all, chapters[last])
}
