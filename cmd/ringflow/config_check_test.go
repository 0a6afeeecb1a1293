package main

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
	withFlows := strings.Replace(goodConfig, "    trunks:", "    flows: flows\n    trunks:", 1)
	for name, c := range map[string]struct {
		config, flow string
		status       int
		want         []string
	}{
		"good":       {withFlows, flow, 0, []string{"f.yaml: ok\n", "ringflow.yaml: ok\n"}},
		"wrong type": {strings.Replace(withFlows, "10s", "10", 1), flow, 1, []string{`ringflow.yaml:8: drain: "10" is not a duration`}},
		"wrong flow": {withFlows, strings.Replace(flow, "start: bye", "start: bey", 1), 1, []string{`f.yaml:3: error: step trigger: start: it leads to step "bey"`}},
		"files and connections": {strings.Replace(withFlows, "secret: s", "secret_file: none", 1) + "    connections:\n      - {name: a, base: x}\n      - {name: b, base: y}\n", flow, 1,
			[]string{"ringflow.yaml:12: accounts[0].clients[0]: ", "ringflow.yaml:22: accounts[0].connections[0]: ", "ringflow.yaml:23: accounts[0].connections[1]: "}},
	} {
		t.Run(name, func(t *testing.T) {
			path := write("ringflow.yaml", c.config)
			write("flows/f.yaml", c.flow)
			var out, complaints bytes.Buffer
			if status := run(t.Context(), []string{"config", "check", path}, &out, &complaints); status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("printed %s%s, want %s", &out, &complaints, want)
				}
			}
			made, err := os.ReadDir(dir)
			if err != nil || len(made) != 2 {
				t.Errorf("the folder holds %v, %v", made, err)
			}
		})
	}
}
