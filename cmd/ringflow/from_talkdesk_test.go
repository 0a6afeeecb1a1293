package main_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringflow/internal/sim"
)

// TestFromTalkdesk does what docs/from-talkdesk.md says, command by command, with
// its configuration and its flow, but for the addresses; and each row of its table
// says something that stands in them.
func TestFromTalkdesk(t *testing.T) {
	besideOthers(t)
	text, err := os.ReadFile("../../docs/from-talkdesk.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(page, -1)
	if len(blocks) != 2 {
		t.Fatalf("the page has %d files", len(blocks))
	}
	config, flow := blocks[0][1], blocks[1][1]
	examples := examplesOf(page)
	done := config + flow
	for _, e := range examples {
		done += e.command
	}
	rows := regexp.MustCompile(`(?m)^\| (.+?) \| (.+?) \| (.*?) ?\|$`).FindAllStringSubmatch(page, -1)
	if len(rows) < 24 {
		t.Fatalf("the table has %d rows", len(rows))
	}
	for _, row := range rows[1:] {
		for _, said := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[2], -1) {
			if !strings.Contains(done, said[1]) {
				t.Errorf("%s: %s is not done on the page", row[1], said[1])
			}
		}
	}
	for _, question := range []string{"request details", "caller id", "voices", "ssml", "voicemail", "how many requests", "kept", "carrier fails", "report", "imported", "go back"} {
		if !regexp.MustCompile("(?im)^### .*" + question).MatchString(page) {
			t.Errorf("the page does not ask about %s", question)
		}
	}

	w := newWorld(t)
	carrier, err := sim.Start(challenging(strings.TrimPrefix(ownNumber, "+"), "change-me-too", sim.Config{
		Addr: w.at(0), PortMin: 30000, PortMax: 30100,
		Phones: map[string]sim.Behaviour{customer: sim.Answers().After(100 * time.Millisecond), agent: sim.Answers(sim.Pause(300*time.Millisecond), sim.HangUp())},
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { carrier.Close() })
	here := strings.NewReplacer("0.0.0.0", w.addr.String(), "192.0.2.10", w.addr.String(), "127.0.0.1:8080", w.at(httpPort).String(), "sip.example.com:5060", carrier.Addr().String())
	server := w.serve(w.write("ringflow.yaml", []byte(here.Replace(config))))
	w.write("installation-help.yaml", []byte(flow))
	export, err := os.ReadFile("../../testdata/flows/import/talkdesk-installation-help.json")
	if err != nil {
		t.Fatal(err)
	}
	w.write("exported.json", export)
	got := w.printed(examples)
	for i, e := range examples {
		if i >= len(got) {
			t.Fatalf("the commands ended before %q", e.command)
		}
		if want, got := likeness(e.prints), likeness(got[i]); want != got {
			t.Errorf("$ %sprints\n%sand the page says\n%s", e.command, got, want)
		}
	}
	server.stop()
}
