package importer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/importer"
)

// exportedSteps is what a test reads of an export by itself: its steps and their exits
// by ID, of either product.
func exportedSteps(data []byte) map[string][]string {
	var root map[string]any
	if json.Unmarshal(data, &root) != nil {
		return nil
	}
	if d, ok := root["definition"].(map[string]any); ok {
		root = d
	}
	out := map[string][]string{}
	read := func(list, id, exits, exit string) {
		steps, _ := root[list].([]any)
		for _, s := range steps {
			step, _ := s.(map[string]any)
			key, _ := step[id].(string)
			out[key] = nil
			ways, _ := step[exits].([]any)
			for _, w := range ways {
				way, _ := w.(map[string]any)
				name, _ := way[exit].(string)
				out[key] = append(out[key], name)
			}
		}
	}
	if root["steps"] != nil && root["initial_step_id"] != nil {
		read("steps", "id", "exits", "name")
	} else {
		read("states", "name", "transitions", "event")
	}
	return out
}

// missing lists what of the original appears in no finding about its step.
func missing(r importer.Result, parts map[string][]string) []string {
	var out []string
	for id, exits := range parts {
		about := ""
		for _, f := range r.Findings {
			if strings.Contains(f.What, "("+id+")") {
				about = f.Step
			}
		}
		if about == "" {
			out = append(out, "step "+id)
			continue
		}
		all := ""
		for _, f := range r.Findings {
			if f.Step == about {
				all += f.What + "\n"
			}
		}
		for _, e := range exits {
			if !strings.Contains(all, e) {
				out = append(out, fmt.Sprintf("exit %s of step %s", e, id))
			}
		}
	}
	return out
}

func TestEveryStepAndEveryExitIsAccountedFor(t *testing.T) {
	for _, file := range files(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data := load(t, file)
			r, err := importer.Import(file, data, "", nil)
			if err != nil {
				t.Fatal(err)
			}
			parts := exportedSteps(data)
			if len(parts) == 0 {
				t.Fatal("the test found no steps")
			}
			for _, m := range missing(r, parts) {
				t.Errorf("%s appears in no finding", m)
			}
			f, err := flowfile.Parse(file, r.Flow)
			if err != nil {
				t.Fatal(err)
			}
			for _, finding := range r.Findings {
				if finding.Step != "" && stepOf(f, finding.Step) == nil {
					t.Errorf("a finding is about step %s, which the flow does not have", finding.Step)
				}
			}
		})
	}
}

// Every value of the original stands in the flow file, in a finding, or is one of
// the few that mean nothing outside of the product it comes from.
func TestEveryPropertyIsAccountedFor(t *testing.T) {
	for _, file := range files(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data := load(t, file)
			r, err := importer.Import(file, data, "", nil)
			if err != nil {
				t.Fatal(err)
			}
			spoilt := bytes.Replace(data, []byte(`"properties":`), []byte(`"zebra": "quagga", "properties":`), -1)
			spoilt = bytes.Replace(spoilt, []byte(`"properties": {`), []byte(`"properties": {"okapi": "tapir", `), -1)
			spoilt = bytes.Replace(spoilt, []byte(`"tapir", }`), []byte(`"tapir"}`), -1)
			s, err := importer.Import(file, spoilt, "", nil)
			if err != nil {
				t.Fatal(err)
			}
			steps := len(exportedSteps(data))
			for _, word := range []string{"quagga", "tapir"} {
				inFile := strings.Count(string(s.Flow), word)
				if inFile < steps {
					t.Errorf("%s was put into %d steps, and the file has it %d times", word, steps, inFile)
				}
			}
			if len(s.Findings) < len(r.Findings)+steps {
				t.Errorf("%d findings became %d, with a property added to each of %d steps", len(r.Findings), len(s.Findings), steps)
			}
		})
	}
}

// Long and deep properties of a placeholder must not make a file that is refused
// for its form.
func TestPropertiesOfAnyShapeComeBackAsTheyWere(t *testing.T) {
	row := `{"a": "b: c: d", "e": [1, [2, "x [ y {"]], "f": {"g": null}}`
	rows := "[" + strings.Repeat(row+",", 80) + row + "]"
	deep := strings.Repeat(`[`, 20) + row + strings.Repeat(`]`, 20)
	for _, shape := range []string{row, rows, "[" + rows + "," + rows + "]", deep, `{"k": [[` + rows + `], {}, [], ""]}`, `[[],[[]],{}]`} {
		in := fmt.Sprintf(`{"initial_state":"T","states":[{"name":"T","type":"trigger","transitions":[]},{"name":"odd","type":"odd","properties":{"p":%s}}]}`, shape)
		r, err := importer.Import("in", []byte(in), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		f, err := flowfile.Parse("out", r.Flow)
		if err != nil {
			t.Errorf("%.80s: %v", shape, err)
			continue
		}
		var want any
		d := json.NewDecoder(strings.NewReader(shape))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if got := stepOf(f, "odd").With()["p"]; fmt.Sprint(plain(got)) != fmt.Sprint(plain(want)) {
			t.Errorf("%.80s became %.200v", shape, got)
		}
	}
}

// plain drops nulls from objects, as With does.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, item := range v {
			if item != nil {
				out[k] = plain(item)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, plain(item))
		}
		return out
	}
	return v
}

func TestTheSameExportGivesTheSameBytes(t *testing.T) {
	for _, file := range files(t) {
		a, errA := importer.Import(file, load(t, file), "", nil)
		b, errB := importer.Import(file, load(t, file), "", nil)
		if errA != nil || errB != nil || !bytes.Equal(a.Flow, b.Flow) || findings(a) != findings(b) {
			t.Errorf("%s: two imports differ (%v, %v)", file, errA, errB)
		}
	}
}

func TestSecretsStayBehind(t *testing.T) {
	for _, in := range []string{
		`{"initial_state":"T","states":[{"name":"T","type":"trigger","transitions":[{"event":"incomingRequest","next":"a"}]},
		 {"name":"a","type":"make-outgoing-call-v2","transitions":[],"properties":{"sip_auth_password":"hunter2"}}]}`,
		`{"initial_state":"T","states":[{"name":"T","type":"trigger"},{"name":"a","type":"odd","properties":{"auth":{"apiKey":"hunter2"}}}]}`,
		`{"initial_step_id":"a","steps":[{"id":"a","component":{"name":"odd-0123456789"},"properties":{"client_secret":"hunter2"}},
		 {"id":"b","component":{"name":"hangup_call-0123456789"},"token":"hunter2","properties":{"x":{"password":["hunter2"]}}}]}`,
	} {
		r, err := importer.Import("in", []byte(in), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(r.Flow)+findings(r), "hunter2") {
			t.Errorf("a secret came along:\n%s%s", r.Flow, findings(r))
		}
		if !strings.Contains(string(r.Flow), "a secret, left out") {
			t.Errorf("the file does not say that a secret was left out:\n%s", r.Flow)
		}
	}
}

// checkImport holds what must be true of an import whatever was put in.
func checkImport(t *testing.T, data []byte) {
	r, err := importer.Import("in.json", data, "", nil)
	if err != nil {
		return
	}
	if _, err := flowfile.Parse("out.yaml", r.Flow); err != nil {
		t.Errorf("the flow file cannot be read: %v\n%s", err, r.Flow)
	}
	if len(exportedSteps(data)) > 0 {
		for _, m := range missing(r, exportedSteps(data)) {
			t.Errorf("%s appears in no finding\n%s", m, findings(r))
		}
	}
}

func FuzzTalkdesk(f *testing.F) {
	for _, file := range files(f) {
		if strings.Contains(file, "talkdesk") {
			f.Add(load(f, file))
		}
	}
	f.Add([]byte(`{"initial_step_id":"a","steps":[{"id":"a","component":{"name":"play_audio-1"},"properties":{"audio_message":{"text":"%{current_flow.x} 100% [[["}},"exits":[{"name":"ok"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) { checkImport(t, data) })
}

func FuzzTwilioStudio(f *testing.F) {
	for _, file := range files(f) {
		if strings.Contains(file, "twilio") {
			f.Add(load(f, file))
		}
	}
	f.Add([]byte(`{"initial_state":"a","states":[{"name":"a","type":"say-play","properties":{"say":"{{flow.data.x | default: 'y'}} %{ {{"},"transitions":[{"event":"audioComplete"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) { checkImport(t, data) })
}

// FuzzTexts puts any text wherever an export may hold one: it must come back from
// the flow file as it was.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"", "yes", "null", "1e3", "- a", "a: b", "# x", "\u2028", "\x00", "\U0001F600", "%{", "%%{x}", "{{", "[[[[{", "\"", "\\", "\ttab\r\n", "x: y: z: ", "~", "é", "&a *b !c", "'", "\ufeff", "0x1F", "a\u0085b", ": ", "<<", "=", "---"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back string // as JSON keeps it
		if json.Unmarshal(text, &back) != nil {
			t.Fatal("JSON did not keep a text")
		}
		in := fmt.Sprintf(`{"name":%[1]s,"description":%[1]s,"initial_step_id":"i","steps":[{"id":"i","name":%[1]s,"component":{"name":%[1]s},
			"properties":{"a":%[1]s,"b":[%[1]s,{"c":%[1]s}]},"exits":[{"name":%[1]s,"transition":"i"}],"context_mappings":{%[1]s:%[1]s},"x":%[1]s}]}`, text)
		r, err := importer.Import("in.json", []byte(in), "", nil)
		if err != nil {
			return // two keys that became one
		}
		flow, err := flowfile.Parse("out.yaml", r.Flow)
		if err != nil {
			t.Fatalf("%q: %v\n%s", s, err, r.Flow)
		}
		if back == "" {
			return
		}
		if flow.Name != back || flow.Description != back {
			t.Errorf("the name %q came back as %q, %q", back, flow.Name, flow.Description)
		}
		if len(flow.Steps) == 0 || strings.Contains(string(r.Flow), "api_request\n  arg") {
			return
		}
		with := flow.Steps[0].With()
		if with["a"] != nil && with["a"] != back {
			t.Errorf("the property %q came back as %q", back, with["a"])
		}
	})
}
