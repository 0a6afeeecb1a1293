package config

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Every example of docs/sip.md in YAML is taken, each as a part of a whole configuration, and
// gives trunks that calls can use.
func TestSIPManualExamples(t *testing.T) {
	page, err := os.ReadFile("../../docs/sip.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) < 5 {
		t.Fatalf("the page has %d examples", len(blocks))
	}
	path := filepath.Join(t.TempDir(), "ringflow.yaml")
	for _, block := range blocks {
		var whole, part map[string]any
		for text, into := range map[string]*map[string]any{goodConfig: &whole, string(block[1]): &part} {
			if err := yaml.Unmarshal([]byte(text), into); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
		}
		account := whole["accounts"].([]any)[0].(map[string]any)
		if accounts, is := part["accounts"].([]any); is {
			maps.Copy(account, accounts[0].(map[string]any))
			delete(part, "accounts")
		}
		if trunks, is := part["trunks"]; is {
			account["trunks"] = trunks
			delete(part, "trunks")
		}
		maps.Copy(whole, part)
		text, err := yaml.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`password_file: (\S+)`).FindAllSubmatch(text, -1) {
			if err := os.WriteFile(filepath.Join(filepath.Dir(path), string(m[1])), []byte("zanzibar"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c, err := Parse(path, text)
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		accounts, err := c.CallAccounts()
		if err != nil || len(accounts[0].Trunks) == 0 {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		for _, trunk := range accounts[0].Trunks {
			if trunk.Register != nil && trunk.Password != "zanzibar" {
				t.Errorf("trunk %s registers without the password of its file", trunk.Name)
			}
		}
		if renamed := c.RenamedKeys(); len(renamed) > 0 {
			t.Errorf("the page has other names of keys than the manual: %v", renamed)
		}
	}
}
