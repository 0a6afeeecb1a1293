package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestReadmeReachesAFirstCall does what README's five minutes say, in their
// order and to the letter, but for the addresses: the account registers, and
// everything lies in this test's world.
func TestReadmeReachesAFirstCall(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	blocks := readmeBlocks(t)
	flowFile, config, start, shown, call, look := blocks[0], blocks[1], blocks[2], blocks[3], blocks[4], blocks[5]

	carrier := w.registrar("UDP", map[string]string{strings.TrimPrefix(ownNumber, "+"): "change-me-too"})
	carrier.challenges, carrier.hangsUp = true, agent
	w.phone(audioPort)

	here := strings.NewReplacer(
		"192.0.2.10", w.addr.String(), "127.0.0.1:8080", w.at(httpPort).String(),
		"sip.example.com", carrier.at.String(), "bin/ringflow", program,
	)
	w.write("flows/installation-help.yaml", []byte(flowFile))
	w.write("ringflow.yaml", []byte(here.Replace(config)))

	commands := strings.Split(strings.TrimSpace(start), "\n")
	if len(commands) != 3 {
		t.Fatalf("the commands to check, to try and to start are %q", start)
	}
	serve := commands[2]
	if out := w.shell(here.Replace(commands[0])); !strings.Contains(out, ": ok") {
		t.Errorf("flow check says %s", out)
	}
	if out := w.shell(here.Replace(commands[1])); !strings.Contains(out, "ok       trunk carrier: ") || !strings.Contains(out, "takes the credentials of sip:12025550100@") || strings.Contains(out, "FAULT") {
		t.Errorf("doctor says %s", out)
	}
	server := exec.Command("bash", "-c", "exec "+here.Replace(serve))
	server.Dir = w.dir
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
		if t.Failed() {
			t.Logf("the server's log:\n%s", log.String())
		}
	})
	within(t, startLimit, "the server is ready", func() string {
		if out, err := exec.Command("curl", "-sf", "http://"+w.at(httpPort).String()+"/readyz").CombinedOutput(); err != nil {
			return fmt.Sprintf("%s %v", out, err)
		}
		return ""
	})

	beside := w.shell(here.Replace(commands[1]))
	for _, want := range []string{"a Ringflow server runs at " + w.at(httpPort).String(), "sip.listen: the running server holds ", "takes the credentials of"} {
		if !strings.Contains(beside, want) || strings.Contains(beside, "FAULT") {
			t.Errorf("beside the server doctor does not say %q, or of something that is wrong\n%s", want, beside)
		}
	}
	if out := w.shell("export XDG_CONFIG_HOME=$PWD RINGFLOW_SERVER=http://" + w.at(httpPort).String() + "\n" + here.Replace(shown)); !strings.Contains(out, "execution ended finished") {
		t.Errorf("the command line shows\n%s", out)
	}
	var accepted struct {
		ID string `json:"flow_execution_id"`
	}
	script := here.Replace(call) + "\necho; echo \"TOKEN=$TOKEN\"; echo \"ID=$ID\""
	body, rest, _ := strings.Cut(w.shell(script), "\nTOKEN=")
	if err := json.Unmarshal([]byte(body), &accepted); err != nil || accepted.ID == "" {
		t.Fatalf("the trigger answered %s", body)
	}
	if !strings.HasSuffix(rest, "\nID="+accepted.ID+"\n") {
		t.Errorf("the shell keeps the id as %s, and the answer has %s", rest, accepted.ID)
	}
	ask := "TOKEN=" + rest + here.Replace(look)
	within(t, 40*time.Second, "the call of the README is over", func() string {
		out := w.shell(ask)
		if strings.Contains(out, `"status":"finished"`) {
			return ""
		}
		return out
	})
	called := map[string]int{}
	for _, invite := range carrier.of("INVITE") {
		if invite.field("Proxy-Authorization") != "" {
			called[invite.user("To")]++
		}
	}
	if called[customer] != 2 || called[agent] != 2 || carrier.binding("12025550100") == "" {
		t.Errorf("the phones were called %v, over the binding %q", called, carrier.binding("12025550100"))
	}
	within(t, 10*time.Second, "both customers are off the line", func() string {
		if n := len(carrier.of("BYE")); n != 2 {
			return fmt.Sprintf("%d BYEs", n)
		}
		return ""
	})
}

// TestReadmeNamesVerbsThatExist holds the other commands of the README.
func TestReadmeNamesVerbsThatExist(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range regexp.MustCompile("(?:    |`)make ([a-z-]+)").FindAllStringSubmatch(readme(t), -1) {
		if !bytes.Contains(makefile, []byte("\n"+verb[1]+":")) {
			t.Errorf("README says make %s, which the Makefile does not know", verb[1])
		}
	}
	for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(readme(t), -1) {
		if _, err := os.Stat("../../" + link[1]); err != nil {
			t.Errorf("README links to %s: %v", link[1], err)
		}
	}
}

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// readmeBlocks are the fenced blocks of the README, their indentation taken off.
func readmeBlocks(t *testing.T) []string {
	t.Helper()
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)\n( *)```[a-z]*\n(.*?)\n *```").FindAllStringSubmatch(readme(t), -1) {
		blocks = append(blocks, strings.ReplaceAll("\n"+m[2], "\n"+m[1], "\n")[1:]+"\n")
	}
	if len(blocks) != 6 {
		t.Fatalf("README has %d fenced blocks; this test knows six: flow, configuration, start, command line, call, look", len(blocks))
	}
	return blocks
}

// shell runs a script as a reader would paste it, in the world's folder.
func (w *world) shell(script string) string {
	w.t.Helper()
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = w.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Errorf("%s: %v", script, err)
	}
	return string(out)
}
