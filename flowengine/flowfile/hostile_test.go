package flowfile_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
)

// fill repeats what line writes until a flow file is nearly as long as it may be.
func fill(head string, line func(i int) string, tail string) string {
	return fillTo(510<<10, head, line, tail)
}

func fillTo(size int, head string, line func(i int) string, tail string) string {
	var b strings.Builder
	b.WriteString(head)
	for i := 0; b.Len() < size; i++ {
		b.WriteString(line(i))
	}
	b.WriteString(tail)
	return b.String()
}

// flowOf is a flow file of so many steps, the last of which ends it, and of what
// follows them.
func flowOf(n int, name func(i int) string, step func(i int) string) string {
	var b strings.Builder
	b.WriteString("name: x\ntrigger: {component: api_request}\nstart: " + name(0) + "\nsteps:\n")
	for i := range n - 1 {
		b.WriteString("  " + name(i) + ": " + step(i) + "\n")
	}
	return b.String() + "  " + name(n-1) + ": {component: end_flow}\n"
}

func end(int) string { return "{component: end_flow}" }

// dialling is a step that calls and leads to the next.
func dialling(name func(i int) string, more string) func(i int) string {
	return func(i int) string {
		return fmt.Sprintf("{component: make_outbound_call, with: {from: '+12025550100', to: '+12025550101'}%s, exits: {answered: %s, busy: %[2]s, no_answer: %[2]s, invalid_number: %[2]s}}",
			more, name(i+1))
	}
}

// Whatever stands in a file, looking at it costs little, and what is told of it
// stays short: accounts send files to a server that has calls to carry.
func TestHostileFlowsCostLittle(t *testing.T) {
	long := func(i int) string { return fmt.Sprintf("%s%04d", strings.Repeat("x", 60), i) }
	short := func(i int) string { return fmt.Sprintf("s%d", i) }
	word := func(i int) string { return fmt.Sprintf("%c%c%c%d", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, i) }
	const speaks = "  t:\n    component: play_audio\n    with: {say: {text: a}}\n"
	for name, data := range map[string]string{
		"each call leads to all others": flowOf(1000, short, dialling(short, "")),
		"their names are long":          flowOf(800, long, dialling(long, "")),
		"exits lead to nobody":          fill(flowOf(900, long, end)+speaks+"    exits:\n", func(i int) string { return fmt.Sprintf("      e%d: zzzzz\n", i) }, ""),
		"unknown keys":                  fill("{", func(i int) string { return fmt.Sprintf("\"%x\":1,", i) }, "\"z\":1}"),
		"unknown keys in YAML":          fill("", func(i int) string { return fmt.Sprintf("%x: 1\n", i) }, ""),
		"unknown fields":                fill(flowOf(2, short, end)+"  t:\n    component: play_audio\n    with:\n", func(i int) string { return fmt.Sprintf("      e%d: z\n", i) }, ""),
		"a variable is set after it is read": fill(flowOf(900, short, dialling(short, ", set: {x: sip_code}"))+"  r: {component: play_audio, with: {say: {text: \"",
			func(int) string { return "%{current_flow.x}" }, "\"}}}\n"),
		"variables that nobody sets": fill(fillTo(250<<10, flowOf(2, short, end)+"  u:\n    component: input_ivr\n    with: {say: {text: a}}\n    set:\n", func(i int) string {
			return "      " + word(i) + strings.Repeat("y", 30) + ": digits\n"
		}, "")+"  v:\n    component: play_audio\n    with:\n      say:\n        text: \"", func(i int) string { return "%{current_flow." + word(i) + strings.Repeat("z", 30) + "}" }, "\"\n"),
		"percent signs":            fill("name: x\ntrigger: {component: api_request}\nstart: s\nsteps: {s: {component: play_audio, with: {say: {text: \"", func(int) string { return "%%" }, "\"}}}}\n"),
		"percent signs and braces": fill("name: x\ntrigger: {component: api_request}\nstart: s\nsteps: {s: {component: play_audio, with: {say: {text: \"", func(int) string { return "%%{}" }, "\"}}}}\n"),
		"comments in a text that nobody closes": fill("name: x\ntrigger: {component: api_request}\nstart: s\nsteps: {s: {component: play_audio, with: {say: {text: \"",
			func(int) string { return "<!--" }, "\"}}}}\n"),
		"comments": fill("", func(int) string { return "#\n" }, "a: 1\n"),
		"long words": fill(flowOf(2, short, end), func(i int) string {
			return fmt.Sprintf("  t%d: {component: play_audio, with: {say: {text: a}}, exits: {%s: s1}}\n", i, strings.Repeat(word(i), 100))
		}, ""),
	} {
		before := processorTime(t)
		reported := 0
		flow, err := flowfile.Parse(name, []byte(data))
		found := flowfile.Problems(err)
		if err == nil {
			found = flowfile.Check(flow, components.All(), flowfile.Environment{})
		}
		for _, p := range found {
			reported += len(p.String())
		}
		if took := processorTime(t) - before; took > 5*time.Second || reported > 1<<20 {
			t.Errorf("%s: %d bytes, %d problems told in %d bytes after %s", name, len(data), len(found), reported, took)
		}
	}
}

// processorTime is what this process has used up, whoever else there is on the
// machine.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
