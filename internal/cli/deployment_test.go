package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ringflow/internal/version"
)

// TestDeploymentUnits holds the units of docs/deployment.md: systemd's own check
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
				if v, _ := find(verbs(), strings.Fields(args)); v == nil {
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
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Logf("no systemd-analyze is here: the units' form was judged, their settings were not")
		return
	}
	out, err := exec.Command(analyze, append([]string{"verify", "--man=no"}, files...)...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, dir) {
			t.Errorf("%s", line)
		}
	}
	if err != nil && strings.Contains(string(out), dir) {
		t.Errorf("systemd-analyze verify: %v", err)
	}
}

// TestWhatPackagesStartWith holds what lies in packaging/ to what the manual says: the
// unit is that of docs/deployment.md, the flow that of the README, and the
// configuration starts a server that warns of nothing.
func TestWhatPackagesStartWith(t *testing.T) {
	read := func(path string) string {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	unit := strings.ReplaceAll(read("../../packaging/ringflow.service"), "/usr/bin/ringflow", "/usr/local/bin/ringflow")
	if !strings.Contains(read("../../docs/deployment.md"), "```ini\n"+unit+"```") {
		t.Error("packaging/ringflow.service is not the unit of docs/deployment.md")
	}
	flow := read("../../packaging/flows/installation-help.yaml")
	_, code, _ := strings.Cut(flow, "\n") // behind the comment
	if !strings.Contains(read("../../README.md"), "   ```yaml\n   "+strings.ReplaceAll(strings.TrimSuffix(code, "\n"), "\n", "\n   ")+"\n   ```") {
		t.Error("packaging/flows/installation-help.yaml is not the flow of the README")
	}
	for _, named := range regexp.MustCompile(`ringflow[_:](\d+\.\d+\.\d+)`).FindAllStringSubmatch(read("../../docs/deployment.md"), -1) {
		if named[1] != version.Number() {
			t.Errorf("docs/deployment.md says %s, and this is %s", named[0], version.Number())
		}
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ringflow.yaml": read("../../packaging/ringflow.yaml"), "flows/installation-help.yaml": flow, "shop.secret": "made by postinst\n", "prompts/.keep": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, "ringflow.yaml")
	if status, out := ringflow(t, "config check "+config); status != 0 || out != filepath.Join(dir, "flows/installation-help.yaml")+": ok\n"+config+": ok\n" {
		t.Errorf("config check ends with %d and says\n%s", status, out)
	}
	for _, script := range []string{"postinst", "prerm", "postrm", "build.sh", "image.sh"} {
		text := read("../../packaging/" + script)
		shell, _, _ := strings.Cut(strings.TrimPrefix(text, "#!"), "\n")
		words := append(strings.Fields(shell), "-n", "../../packaging/"+script)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
}
