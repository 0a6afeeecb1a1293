package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDeploymentUnits holds the units of docs/deployment.md: systemd's own judge
// looks at them where there is one, and each key is one that systemd knows.
func TestDeploymentUnits(t *testing.T) {
	page, err := os.ReadFile("../../docs/deployment.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)`/etc/systemd/system/([a-z.-]+)`:\n\n```ini\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 3 {
		t.Fatalf("the page has %d units, want 3", len(blocks))
	}
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, b := range blocks {
		name, unit := b[1], b[2]
		section := ""
		for line := range strings.Lines(unit) {
			switch line = strings.TrimSpace(line); {
			case line == "" || strings.HasPrefix(line, "#"):
			case strings.HasPrefix(line, "["):
				section = line
			case section == "" || !regexp.MustCompile(`^[A-Z][A-Za-z]+=`).MatchString(line):
				t.Errorf("%s: %q is no setting of a section", name, line)
			}
		}
		for command := range strings.Lines(unit) {
			if after, ok := strings.CutPrefix(command, "ExecStart="); ok {
				_, args, _ := strings.Cut(after, "/usr/local/bin/ringflow ")
				if v, _ := find(strings.Fields(args)); v == nil {
					t.Errorf("%s starts %q, which is no verb", name, args)
				}
			}
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(unit, "/usr/local/bin/ringflow", self)), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	judge, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Logf("no systemd-analyze is here: the units' form was judged, their settings were not")
		return
	}
	out, err := exec.Command(judge, append([]string{"verify", "--man=no"}, files...)...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, dir) {
			t.Errorf("%s", line)
		}
	}
	if err != nil && strings.Contains(string(out), dir) {
		t.Errorf("systemd-analyze verify: %v", err)
	}
}
