package api

import (
	"slices"
	"strings"

	"ringflow/internal/resource"
)

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
