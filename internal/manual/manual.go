// Package manual prints the pages of docs/ that are generated from the code. The
// program does not carry it.
package manual

import (
	"bytes"
	"fmt"
	"strings"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/internal/api"
	"ringflow/internal/call"
	"ringflow/internal/cli"
	"ringflow/internal/config"
)

// Pages holds each generated page by its path below docs/.
func Pages() map[string][]byte {
	pages := map[string][]byte{
		"configuration.md": withHeader(config.Manual()),
		"exits.md":         exitsPage(),
		"destinations.md":  destinationsPage(),
		"verbs.md":         withHeader(cli.Manual()),
		"http.md":          withHeader(api.Manual()),
		"openapi.json":     api.Document(),
		"flow.schema.json": flowfile.Schema(components.All()),
	}
	for _, c := range components.All() {
		spec := c.Spec()
		pages["components/"+spec.Name+".md"] = []byte(generated + flowfile.Manual(spec))
	}
	pages["components/README.md"] = componentsPage()
	return pages
}

// withHeader puts the line before a page that keeps people from editing it.
func withHeader(page []byte) []byte { return append([]byte(generated), page...) }

const generated = "<!-- Printed by `make docs`: change the code, not this page. -->\n"

// componentsPage lists the components in the order of the palette.
func componentsPage() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s# Components\n\nThe kinds of steps that a flow is made of. [Flow files](../flows.md) tells how steps are written down, joined and\ntested.\n\n| component | category | what it does |\n|---|---|---|\n", generated)
	for _, c := range components.All() {
		s := c.Spec()
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s |\n", s.Title, s.Name, s.Category, s.Summary)
	}
	return b.Bytes()
}

func exitsPage() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s# From SIP to exit\n\nHow the far end's answer to an INVITE becomes the exit of the step that dialled. A Q.850 cause in a\n"+
		"Reason header field (RFC 3326) says more than the code and overrides it. A trunk's `exits` setting\n"+
		"overrides both. The raw code, phrase and cause always stay in the journal, and what Reason, Warning\n"+
		"(RFC 3261 §20.43) and Call-Info say about why.\n\n"+
		"| exit | SIP final answer | Q.850 cause |\n|---|---|---|\n", generated)
	for _, r := range call.ExitRules() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Exit, list(r.Codes, r.Codes == nil), list(r.Causes, false))
	}
	fmt.Fprintf(&b, `
An answer of 2xx leaves by `+"`answered`"+`. A destination that is not a valid number, or that the account may not
call, leaves by `+"`invalid_number`"+` and no INVITE leaves. Our ring limit leaves by `+"`no_answer`"+`: it runs from the
first 18x, and a call with no 18x ends 10 s after the limit, counted from the INVITE. No reply at all, a failed
login, no port free, and no channel free within the account's `+"`line_wait`"+` leave by `+"`error`"+`. So does a 3xx: it is not followed,
and the step's `+"`detail`"+` says where it pointed. What carriers mean by a 403, and by silence, stands there too, and in [SIP and audio](sip.md).
What follows an `+"`error`"+` is for the step's `+"`on_error`"+` to say; `+"`{follow: invalid_number}`"+` treats it as products do that have no exit of its own for it.

What speaks of the person or the number (%s) is final and is never tried on another
target of the trunk. 5xx, silence and transport errors are, unless a phone has rung.

## Blocked by the network

Networks keep calls from the called party that their analytics take for unwanted. Nobody was busy then, and nobody
declined. Such a call leaves by `+"`busy`"+`, as the table says, but its `+"`ended_by`"+` is `+"`network`"+`, in the journal, in
`+"`/v1/calls`"+`, on the step's `+"`sip`"+` and in the report; a step whose exit `+"`blocked`"+` leads to a step leaves by that; and
`+"`ringflow_legs_blocked_total`"+` counts it by trunk and code. `+"`sip.reason_text`"+` and `+"`sip.call_info`"+` say whom to turn to.
It is told by:

| answer | what tells it |
|---|---|
| 603 | the phrase `+"`Network Blocked`"+`, or `+"`v=analytics1`"+` in the text of a Reason with `+"`SIP;cause=603`"+` or `+"`Q.850;cause=21`"+` (ATIS-1000099, known as 603+, which the FCC prescribes in the United States since 25 March 2026, FCC 25-15). One of the two is enough, since switches on the way drop the other. A 603 with neither is a person's refusal: a block that passed a network without IP has lost both |
| 603 from Twilio | `+"`X-Twilio-Error: 32203`"+` |
| 607 | RFC 8197: the called party, or what screens calls for it, has marked the call as unwanted |
| 608 | RFC 8688: an intermediary rejected the call; `+"`sip.call_info`"+` is the URI of a signed jCard |
| any other | a Reason with `+"`SIP;cause=607`"+` or `+"`SIP;cause=608`"+`, or with the text of a 603+: `+"`ended_by`"+` is `+"`network`"+`, the exit that of the code or of the Q.850 cause; 5xx is not tried on another target |
| a code that the trunk's `+"`exits`"+` maps to `+"`blocked`"+` | the setting |
`, list(call.FinalCodes(), false))
	return b.Bytes()
}

func list(numbers []int, rest bool) string {
	if rest {
		return "all else"
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]")
}
