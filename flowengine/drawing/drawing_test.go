package drawing_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"ringflow/flowengine/flowfile"
)

// parse reads a flow that a test writes.
func parse(t testing.TB, text string) *flowfile.Flow {
	t.Helper()
	f, err := flowfile.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// seed is the flow that most tests draw.
const seed = `
name: Installation help
trigger: {component: api_request, arguments: [{name: contact_1, variable: contact_1}, {name: contact_2, variable: contact_2}]}
start: call_customer
steps:
  call_customer:
    title: Call the customer
    component: make_outbound_call
    with: {from: "+12025550100", to: "%{current_flow.contact_1}", ring_seconds: 15}
    exits: {answered: announce, invalid_number: hang_up, busy: hang_up, no_answer: hang_up}
  announce:
    component: play_audio
    with: {say: {text: "Thank you.", language: en-US}}
    exits: {ok: agent}
  agent:
    component: forward_to_external_number
    with: {to: "%{current_flow.contact_2}", show: contact_number}
    exits: {no_answer: hang_up, invalid_number: announce}
    on_error: {go_to: hang_up}
  hang_up: {component: end_flow}
`

// strange flows are nonsense that parses: drawings show them all the same.
var strange = map[string]string{
	"exit to nowhere": `{"name":"N","trigger":{"component":"c"},"start":"s","steps":{"s":{"component":"c","exits":{"ok":"gone","again":"gone"}}}}`,
	"self loop":       `{"name":"N","trigger":{"component":"c"},"start":"s","steps":{"s":{"component":"c","exits":{"ok":"s","no":"trigger"}}}}`,
	"unreachable":     `{"name":"N","trigger":{"component":"c"},"start":"s","steps":{"s":{"component":"c"},"t":{"component":"c","exits":{"ok":"s"}}}}`,
	"no steps":        `{"name":"N","trigger":{"component":"c"},"start":"s","steps":{}}`,
	"markup":          `{"name":"<b>&\"","trigger":{"component":"c]\"-->x"},"start":"s","steps":{"s":{"title":"\"]<script>&#;|","component":"</svg>","exits":{"a\"<|>":"s"}}}}`,
	"long names":      `{"name":"N","trigger":{"component":"c"},"start":"s","steps":{"s":{"title":"` + strings.Repeat("very long ", 30) + `","component":"c","exits":{"` + strings.Repeat("x", 60) + `":"s"}}}}`,
}

// random writes a flow of steps with random exits, loops included.
func random(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	n := 1 + r.IntN(25)
	var b strings.Builder
	fmt.Fprintf(&b, "name: R%d\ntrigger: {component: api_request}\nstart: s%d\nsteps:\n", seed, r.IntN(n))
	for i := range n {
		fmt.Fprintf(&b, "  s%d:\n    component: c%d\n    exits: {", i, r.IntN(3))
		for e := range r.IntN(6) {
			fmt.Fprintf(&b, "e%d: s%d, ", e, r.IntN(n+1)) // one in n leads nowhere
		}
		b.WriteString("}\n")
		if r.IntN(5) == 0 {
			fmt.Fprintf(&b, "    on_error: {go_to: s%d}\n", r.IntN(n))
		}
	}
	return b.String()
}

// each runs a test on the seed flow, the strange ones and a hundred random ones.
func each(t *testing.T, test func(t *testing.T, f *flowfile.Flow)) {
	t.Run("seed", func(t *testing.T) { test(t, parse(t, seed)) })
	for name, text := range strange {
		t.Run(name, func(t *testing.T) { test(t, parse(t, text)) })
	}
	for i := range uint64(100) {
		t.Run(fmt.Sprint("random ", i), func(t *testing.T) { test(t, parse(t, random(i))) })
	}
}

// wires counts what must have an arrow: the wired exits of all steps by step,
// exit and target.
func wires(f *flowfile.Flow) map[[3]string]bool {
	out := map[[3]string]bool{}
	for _, s := range append([]*flowfile.Step{f.Trigger}, f.Steps...) {
		for _, w := range s.Exits {
			out[[3]string{s.ID, string(w.Exit), w.To}] = true
		}
		if s.OnError.Kind == flowfile.OnErrorGoTo {
			out[[3]string{s.ID, "error", s.OnError.To}] = true
		}
	}
	return out
}
