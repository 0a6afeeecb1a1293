package config

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// trunkText is a mapping as the only item of trunks in good.yaml.
func trunkText(mapping string) string {
	before, _, _ := strings.Cut(goodConfig, "    trunks:")
	before = strings.Replace(before, "127.0.0.1:5060", "192.0.2.10:5060", 1)
	return before + "    trunks:\n      - " + strings.TrimSpace(strings.ReplaceAll(mapping, "\n", "\n        ")) + "\n"
}

// keyValues are the keys of a preset in the order of a trunk's, each with its value in YAML.
func (p Preset) keyValues(t *testing.T) (pairs [][2]string) {
	values := map[string]string{}
	for i := 0; i+1 < len(p.Trunk.Content); i += 2 {
		b, err := yaml.Marshal(p.Trunk.Content[i+1])
		if err != nil {
			t.Fatal(err)
		}
		values[p.Trunk.Content[i].Value] = strings.TrimSpace(string(b))
	}
	for f := range reflect.TypeFor[Trunk]().Fields() {
		if key := f.Tag.Get("yaml"); values[key] != "" {
			pairs = append(pairs, [2]string{key, values[key]})
			delete(values, key)
		}
	}
	for key := range values {
		t.Errorf("preset %s: there is no key %s", p.Name, key)
	}
	return pairs
}

// Each preset says its sources, why it sets what it sets, and what is not known. Its
// sample is a whole trunk of four to eight lines, its needs are needed, and it sets nothing
// that names a customer.
func TestPresets(t *testing.T) {
	if len(presetNames()) < 12 {
		t.Errorf("there are %d presets", len(presetNames()))
	}
	for _, name := range presetNames() {
		t.Run(name, func(t *testing.T) {
			text, err := presetFiles.ReadFile("presets/" + name + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			strictly := yaml.NewDecoder(bytes.NewReader(text))
			strictly.KnownFields(true)
			var p Preset
			if err := strictly.Decode(&p); err != nil {
				t.Fatal(err)
			}
			p.Name = name
			for field, value := range map[string]string{"title": p.Title, "sources": p.Sources, "unknown": p.Unknown, "weak": p.Weak, "sample": p.Sample} {
				if strings.TrimSpace(value) == "" {
					t.Errorf("%s is empty", field)
				}
			}
			if !slices.Contains([]string{"provider", "PBX"}, p.Kind) || !regexp.MustCompile(`^20\d\d-[01]\d$`).MatchString(p.Read) {
				t.Errorf("kind %q, read in %q", p.Kind, p.Read)
			}
			reasons := maps.Clone(p.Why)
			for _, pair := range p.keyValues(t) {
				if reasons[pair[0]] == "" {
					t.Errorf("why %s is set stands nowhere", pair[0])
				}
				if delete(reasons, pair[0]); slices.Contains([]string{"name", "preset", "username", "password", "password_file", "auth_user"}, pair[0]) {
					t.Errorf("it sets %s, which is the customer's", pair[0])
				}
			}
			if len(reasons) > 0 {
				t.Errorf("it says why it sets %v, and sets none of them", reasons)
			}
			if len(p.needs()) != len(p.Needs) {
				t.Errorf("a trunk has no such keys as one of %v", p.Needs)
			}
			if lines := strings.Count(strings.TrimSpace(p.Sample), "\n") + 1; lines < 4 || lines > 8 {
				t.Errorf("the sample has %d lines", lines)
			}
			c, err := Parse("x.yaml", []byte(trunkText(p.Sample)))
			if err != nil {
				t.Fatalf("the sample: %v", err)
			}
			if _, err := c.CallAccounts(); err != nil || c.Accounts[0].Trunks[0].Preset != name {
				t.Errorf("the sample: %v, preset %q", err, c.Accounts[0].Trunks[0].Preset)
			}
			_, err = Parse("x.yaml", []byte(trunkText("name: bare\npreset: "+name+"\ncountry: DE")))
			for _, key := range p.needs() {
				if want := fmt.Sprintf("trunks[0].%s: the preset %s needs it: %s", key, name, p.Needs[key]); err == nil || strings.Count(err.Error(), want) != 1 || strings.Count(err.Error(), "trunks[0]."+key+": ") != 1 {
					t.Errorf("without %s: %v, want once %s", key, err, want)
				}
			}
			if len(p.Needs) == 0 && err != nil {
				t.Errorf("it names no needs: %v", err)
			}
		})
	}
}

// What the trunk has itself counts, also where a merge gives it.
func TestKeysOfATrunkBeforeItsPreset(t *testing.T) {
	c, err := Parse("x.yaml", []byte(trunkText("name: mine\npreset: sipgate\nuser: me\npassword_file: x\nfrom: shown\ntargets: [192.0.2.1:5060]\ncodecs: [pcmu]\ndiversion: none")+
		"      - {name: other, preset: sipgate, username: you, password: p}\n      - {name: plain, targets: ['192.0.2.1:5060']}\n"))
	if err != nil {
		t.Fatal(err)
	}
	mine, other, plain := c.Accounts[0].Trunks[0], c.Accounts[0].Trunks[1], c.Accounts[0].Trunks[2]
	if mine.From != "shown" || mine.Username != "me" || mine.Targets[0] != "192.0.2.1:5060" || mine.Codecs[0] != "pcmu" || mine.Diversion != "none" || mine.Preferred != "shown" || mine.Calling != "digits" {
		t.Errorf("mine is %+v", mine)
	}
	if other.From != "username" || other.Domain != "sipconnect.sipgate.de" || other.Targets[0] != "sipconnect.sipgate.de" || other.Diversion != "account" {
		t.Errorf("other is %+v", other)
	}
	if plain.From != "shown" || plain.Preferred != "none" {
		t.Errorf("plain is %+v", plain)
	}
	for text, want := range map[string]string{
		"name: a\npreset: sipgat\ntargets: [a]":               `x.yaml:19: accounts[0].trunks[0].preset: "sipgat" is not one of 3cx, `,
		"name: a\npreset: ../presets/sipgate":                 "is not one of",
		"name: a\npreset: [sipgate]":                          "a list stands where one value is needed",
		"name: a\npreset: SIPgate\ntargets: [a]":              "write sipgate",
		"name: a\npreset: sipgate\npassword: x":               "x.yaml:18: accounts[0].trunks[0].username: the preset sipgate needs it: the SIP-ID of the trunk",
		"name: a\npreset: twilio":                             "accounts[0].trunks[0].targets: the preset twilio needs it: the trunk's termination URI, such as [acme.pstn.twilio.com]",
		"name: a\npreset: fritzbox\nusername: a\npassword: b": "called_number: national is how a number is dialled in a country",
	} {
		if _, err := Parse("x.yaml", []byte(trunkText(text))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got  %v\nwant %s", text, err, want)
		}
	}
}

func TestCarriersPageIsFresh(t *testing.T) {
	const path = "../../docs/carriers.md"
	want := carriersPage(t)
	if *write {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Error(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is stale (%v): run make docs", path, err)
	}
}

// carriersPage is the page of the manual about presets.
func carriersPage(t *testing.T) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("<!-- Printed by `make docs`: change the files in internal/config/presets, not this page. -->")
	line("# Carriers and PBXs\n")
	line("With `preset: sipgate` a trunk takes settings that the provider or PBX wants, wherever it has none of its own: a key that stands in the trunk replaces")
	line("that of the preset, whole. Presets are a start and no promise: they were made from what the providers publish and users report, and each says what is not known.")
	line("What a preset needs and a trunk lacks is an error of `ringflow config check`; what the INVITEs of the trunk then say is shown by `ringflow config invite`.")
	line("There is none for Microsoft Teams Direct Routing, which wants the name of this machine's certificate in Contact, where Ringflow writes an address.")
	line("All keys are in [configuration](configuration.md), and those that say who calls [here](sip.md#who-calls).\n")
	line("| preset | of | needs |\n|---|---|---|")
	var presets []Preset
	for _, name := range presetNames() {
		p, _ := presetOf(name)
		presets = append(presets, p)
		var needs []string
		for _, key := range p.needs() {
			needs = append(needs, "`"+key+"`")
		}
		line("| [`%s`](#%s) | %s | %s |", name, anchor(p.Title), p.Title, strings.Join(needs, ", "))
	}
	for _, p := range presets {
		line("\n## %s\n", p.Title)
		line("```yaml\ntrunks:\n  - %s\n```\n", strings.TrimSpace(strings.ReplaceAll(p.Sample, "\n", "\n    ")))
		line("| key | value | why |\n|---|---|---|")
		for _, key := range p.needs() {
			line("| `%s` | yours | %s |", key, p.Needs[key])
		}
		for _, pair := range p.keyValues(t) {
			if pair[0] == "responses" {
				pair[1] = "see below"
			}
			line("| `%s` | `%s` | %s |", pair[0], strings.Trim(pair[1], `"'`), p.Why[pair[0]])
		}
		p.writeResponses(t, line)
		line("\n%s\n", p.Weak)
		line("Not known: %s.\n", strings.TrimSuffix(p.Unknown, "."))
		line("Sources, read in %s: %s.", p.Read, strings.TrimSuffix(p.Sources, "."))
	}
	return b.Bytes()
}

// writeResponses writes the table of what the provider means by its responses, if there is any.
func (p Preset) writeResponses(t *testing.T, line func(string, ...any)) {
	var trunk struct {
		Responses []ResponseRule `yaml:"responses"`
	}
	if err := p.Trunk.Decode(&trunk); err != nil {
		t.Fatal(err)
	}
	if len(trunk.Responses) == 0 {
		return
	}
	line("\n| response | `then` | means |\n|---|---|---|")
	for _, r := range trunk.Responses {
		response := fmt.Sprint(r.Code)
		if r.Text != "" {
			response += " with " + r.Text
		}
		line("| %s | `%s` | %s |", response, r.Then, r.Means)
	}
}

// anchor is the anchor of a heading.
func anchor(heading string) string {
	plain := regexp.MustCompile(`[^a-z0-9_ -]`).ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(plain, " ", "-")
}

// What providers mean by 403 is told apart as carriers.md has it: a limit that passes, a
// mistake that stays, by the text where there is one.
func TestPresetsReadResponses(t *testing.T) {
	for _, c := range []struct {
		preset string
		keys   string
		code   int
		text   string
		then   string
		means  string
	}{
		{"telnyx", "", 403, "D1", "wait", "limit"},
		{"telnyx", "", 403, "D24", "wait", "limit"},
		{"telnyx", "", 403, "D35", "error", "format"},
		{"telnyx", "", 403, "D36", "error", "another account's"},
		{"sipgate", "username: a\npassword: b", 403, "", "error", "SIP-ID"},
		{"twilio", "targets: [a.pstn.twilio.com]\ndomain: a.pstn.twilio.com", 403, "32204", "error", "verified"},
		{"twilio", "targets: [a.pstn.twilio.com]\ndomain: a.pstn.twilio.com", 403, "", "error", "does not name the trunk"},
		{"twilio-secure", "targets: [a.pstn.twilio.com]\ndomain: a.pstn.twilio.com", 603, "10001", "error", "closed or suspended"},
	} {
		conf, err := Parse("x.yaml", []byte(trunkText("name: t\npreset: "+c.preset+"\n"+c.keys)))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, r := range conf.Accounts[0].Trunks[0].Responses {
			found = found || r.Code == c.code && r.Text == c.text && r.Then == c.then && strings.Contains(r.Means, c.means)
		}
		if !found {
			t.Errorf("%s: no rule for %d %s that is %s", c.preset, c.code, c.text, c.then)
		}
	}
	for preset, want := range map[string]float64{"twilio": 1, "twilio-secure": 1, "plivo": 2, "telnyx": 50} {
		conf, err := Parse("x.yaml", []byte(trunkText("name: t\npreset: "+preset+"\ntargets: [a.example.com]\ndomain: a.example.com")))
		if err != nil {
			t.Fatal(err)
		}
		if got := conf.Accounts[0].Trunks[0].PerSecond; got != want {
			t.Errorf("%s begins %g calls a second, want %g", preset, got, want)
		}
	}
}
