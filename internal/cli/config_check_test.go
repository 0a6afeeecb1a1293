package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigCheck(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const flow = "name: F\ntrigger: {component: api_request}\nstart: bye\nsteps:\n  bye: {component: end_flow}\n"
	write("flows/f.yaml", flow)
	withFlows := strings.NewReplacer("    trunks:", "    flows: flows\n    trunks:", `"+1"`, "US", "flows:read", "flows-interactions:start").Replace(goodConfig)
	changed := func(from, to string) string { return strings.Replace(withFlows, from, to, 1) }
	wrong := strings.Replace(flow, "start: bye", "start: bey", 1)
	const wrongFlow = `f.yaml:3: error: step trigger: start: it leads to step "bey"`
	for name, c := range map[string]struct {
		config, flow string
		status       int
		want         []string
	}{
		"good":       {withFlows, flow, 0, []string{"f.yaml: ok\n", "ringflow.yaml: ok\n"}},
		"wrong type": {strings.Replace(withFlows, "10s", "10", 1), flow, 1, []string{`ringflow.yaml:8: drain: "10" is not a duration`}},
		"wrong flow": {withFlows, wrong, 1, []string{wrongFlow}},
		"both wrong": {changed("[\"+12025550100\"]", "[\"+1202555010\"]"), wrong, 1, []string{
			"ringflow.yaml:15: accounts[0].numbers[0]: not a valid telephone number: +1202555010 is no number of the North American plan", wrongFlow}},
		"all three wrong": {strings.Replace(changed("secret: s", "secret_file: none"), "10s", "10", 1), wrong, 1, []string{
			`ringflow.yaml:8: drain: "10" is not a duration`, "ringflow.yaml:12: accounts[0].clients[0]: ", wrongFlow}},
		"key taken for another": {changed("        targets:", "        user: me\n        targets:"), flow, 0, []string{
			"ringflow.yaml:20: accounts[0].trunks[0].user: warning: the key is username here", "ringflow.yaml: ok, but for what one warning says\n"}},
		"no trunk":        {withFlows[:strings.Index(withFlows, "    trunks:")], flow, 0, []string{":10: accounts[0].trunks: warning: account acme has no trunk", "one warning"}},
		"no number":       {changed("[\"+12025550100\"]", "[]"), flow, 0, []string{":15: accounts[0].numbers: warning: account acme has no number"}},
		"nobody to call":  {changed("{allow: [US]}", "{deny: [US]}"), flow, 0, []string{":16: accounts[0].destinations: warning: account acme may call nobody"}},
		"nobody to start": {changed("flows-interactions:start", "flows:write"), flow, 0, []string{":12: accounts[0].clients: warning: no client of account acme has the scope flows-interactions:start"}},
		"no flow":         {changed("    flows: flows\n", ""), flow, 0, []string{": accounts[0].flows: warning: account acme has no folder of flows"}},
		"loopback": {changed("127.0.0.1:5070", "192.0.2.7:5060"), flow, 0, []string{
			"ringflow.yaml:4: sip.listen: warning: 127.0.0.1:5060 is this machine alone: no INVITE from there reaches 192.0.2.7", ":6: rtp.bind: warning: ", "what 2 warnings say"}},
		"addresses of another machine": {strings.NewReplacer("127.0.0.1:8080", "192.0.2.7:8080", "bind: 127.0.0.1", "bind: 192.0.2.7").Replace(withFlows), flow, 0, []string{
			"ringflow.yaml:2: http.listen: warning: 192.0.2.7 is no address of this machine, which has ", ":6: rtp.bind: warning: 192.0.2.7 is no address", "what 2 warnings say"}},
		"port of the database": {withFlows + "database: {url: 'postgres://ringflow@db.example.com:99999/ringflow'}\n", flow, 1,
			[]string{"ringflow.yaml:21: database.url: the URL cannot be used: invalid port: write postgres://"}},
		"TLS of the database": {withFlows + "database: {url: 'postgres://ringflow@db.example.com/ringflow?sslmode=maybe'}\n", flow, 1,
			[]string{"ringflow.yaml:21: database.url: the URL cannot be used: failed to configure TLS (sslmode is invalid): write postgres://"}},
		"files and connections": {strings.Replace(withFlows, "secret: s", "secret_file: none", 1) + "    connections:\n      - {name: a, base: x}\n      - {name: b, base: y}\n", flow, 1,
			[]string{"ringflow.yaml:12: accounts[0].clients[0]: ", "ringflow.yaml:22: accounts[0].connections[0]: ", "ringflow.yaml:23: accounts[0].connections[1]: "}},
	} {
		t.Run(name, func(t *testing.T) {
			path := write("ringflow.yaml", c.config)
			write("flows/f.yaml", c.flow)
			var out, complaints bytes.Buffer
			if status := Run(t.Context(), []string{"config", "check", path}, &out, &complaints); status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("printed %s%s, want %s", &out, &complaints, want)
				}
			}
			if lines := strings.Count(out.String(), "accounts[0].numbers"); lines > 1 {
				t.Errorf("one mistake is told %d times: %s", lines, &out)
			}
			made, err := os.ReadDir(dir)
			if err != nil || len(made) != 2 {
				t.Errorf("the folder holds %v, %v", made, err)
			}
		})
	}
}

// A configuration that cannot be read is reported like any other mistake.
func TestUnreadableConfig(t *testing.T) {
	dir := t.TempDir()
	notYAML := filepath.Join(dir, "not.yaml")
	if err := os.WriteFile(notYAML, []byte("http: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.yaml"): "none.yaml: no such file or directory\n",
		dir:                             "is a directory\n",
		notYAML:                         "not.yaml:1: ",
	} {
		for _, arguments := range [][]string{{"config", "check", path}, {"flow", "check", "--config", path}, {"doctor", "--config", path}, {"config", "invite", path}} {
			var out, complaints bytes.Buffer
			status := Run(t.Context(), arguments, &out, &complaints)
			if text := out.String() + complaints.String(); status != 1 || strings.Count(text, want) != 1 {
				t.Errorf("%s: status %d, printed %s, want %s once", arguments, status, text, want)
			}
		}
	}
}
