package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringflow/internal/sim"
)

// example is a command of docs/command-line.md, and what the page says it
// prints; a line of … stands for any lines.
type example struct{ command, prints string }

// TestCommandLineManual does what docs/command-line.md says, command by
// command, and compares what is printed with what the page shows.
func TestCommandLineManual(t *testing.T) {
	besideOthersFirst(t)
	w := newWorld(t)
	carrier, err := sim.Start(sim.Config{
		Addr: w.at(0), PortMin: 30000, PortMax: 30100,
		Phones: map[string]sim.Behaviour{customer: sim.Answers().After(100 * time.Millisecond), "+12025550177": sim.Silent()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { carrier.Close() })
	w.serve(w.write("ringflow.yaml", fmt.Appendf(nil, `http: {listen: %q}
sip: {listen: %q}
rtp: {bind: %s, ports: 20000-20100}
accounts:
  - name: mine
    rate_limit: 0
    clients: [{id: shop, secret: change-me, scopes: [flows-interactions:start, flows:read, flows:write, "flow-resources:write"]}]
    numbers: [%q]
    destinations: {allow: [US]}
    trunks: [{name: carrier, targets: [%q]}]
`, w.at(httpPort), w.at(sipPort), w.addr, ownNumber, carrier.Addr())))

	page := manualPage(t)
	for file, begins := range map[string]string{"reminder.yaml": "name:", "moved.yaml": "http:", "crm.yaml": "base:", "calls.yaml": "url:"} {
		w.write(file, []byte(regexp.MustCompile("(?s)```yaml\n(" + begins + ".*?)```").FindStringSubmatch(page)[1]))
	}
	w.write("crm-token.txt", []byte("hush\n"))
	examples := examplesOf(page)
	got := w.printed(examples)
	for i, e := range examples {
		if i >= len(got) {
			t.Fatalf("the commands ended before %q", e.command)
		}
		want, got := likeness(e.prints), likeness(got[i])
		like := strings.ReplaceAll(regexp.QuoteMeta(want), "…\n", "(.*\n)*")
		if !regexp.MustCompile("^" + like + "$").MatchString(got) {
			t.Errorf("$ %sprints\n%sand the page says\n%s", e.command, got, want)
		}
	}
}

func manualPage(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/command-line.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// examplesOf reads the console blocks of a page.
func examplesOf(page string) []example {
	var all []example
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(block[1]) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				all = append(all, example{command: command})
			} else {
				all[len(all)-1].prints += line
			}
		}
	}
	return all
}

// printed runs the commands in one shell, and returns what each printed.
func (w *world) printed(examples []example) []string {
	w.t.Helper()
	const mark = "--- end of a command ---\n"
	script := "ringflow() { " + program + " \"$@\"; }\n"
	for _, e := range examples {
		script += strings.ReplaceAll(e.command, "127.0.0.1:8080", w.at(httpPort).String()) + "echo '" + strings.TrimSpace(mark) + "'\n"
	}
	cmd := exec.Command("bash", "-c", "exec 2>&1\n"+script)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+w.dir, "RINGFLOW_SERVER=", "RINGFLOW_CLIENT_ID=", "RINGFLOW_CLIENT_SECRET=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Errorf("the shell: %v", err)
	}
	output := strings.ReplaceAll(string(out), w.at(httpPort).String(), "127.0.0.1:8080")
	return strings.SplitAfter(strings.ReplaceAll(output, mark, mark+"\x00"), mark)
}

// varying is what differs from one run or machine to the next: secrets, ids, times, durations,
// sizes and addresses.
var varying = []struct {
	is *regexp.Regexp
	as string
}{
	{regexp.MustCompile(`--- end of a command ---\n|\x00`), ""},
	{regexp.MustCompile(`whsec_[\w+/]{43}=`), "SECRET"},
	{regexp.MustCompile(`\b(CA)?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b`), "ID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\dZ?)?`), "DATE"},
	{regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{3}`), "TIME"},
	{regexp.MustCompile(`\b\d+(\.\d+)?m?s\b`), "WHILE"},
	{regexp.MustCompile(`\d+ bytes`), "BYTES"},
	{regexp.MustCompile(`which has [\w., ]+: `), "which has ADDRESSES: "},
	{regexp.MustCompile(`[ -]*\n`), "\n"},
	{regexp.MustCompile(` +`), " "},
}

// likeness is a text without what varies.
func likeness(text string) string {
	for _, v := range varying {
		text = v.is.ReplaceAllString(text, v.as)
	}
	return text
}
