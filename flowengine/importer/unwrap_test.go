package importer_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/importer"
)

// utf16Of encodes a text, with a byte order mark or without.
func utf16Of(order binary.AppendByteOrder, text []byte, mark bool) []byte {
	var out []byte
	if mark {
		out = order.AppendUint16(out, 0xFEFF)
	}
	for _, unit := range utf16.Encode([]rune(string(text))) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

// asText writes JSON as a text of JSON, so many times over.
func asText(t *testing.T, data []byte, times int) string {
	t.Helper()
	out := string(data)
	for range times {
		b, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		out = string(b)
	}
	return out
}

// However a product hands out a flow, the flow is the same.
func TestAFlowIsReadHoweverItIsWrapped(t *testing.T) {
	talkdesk, twilio := load(t, samples+"/talkdesk-installation-help.json"), load(t, samples+"/twilio-callback.json")
	twilio = bytes.ReplaceAll(twilio, []byte("Delivery call-back"), []byte("Delivery 📞"))
	for product, plain := range map[string][]byte{"talkdesk": talkdesk, "twilio": twilio} {
		bare, err := importer.Import("in.json", plain, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, in := range map[string]string{
			"UTF-8 with its mark":     "\ufeff" + string(plain),
			"UTF-16, little end":      string(utf16Of(binary.LittleEndian, plain, true)),
			"UTF-16, big end":         string(utf16Of(binary.BigEndian, plain, true)),
			"UTF-16 without a mark":   string(utf16Of(binary.LittleEndian, plain, false)),
			"the same, big end":       string(utf16Of(binary.BigEndian, plain, false)),
			"an array of one":         fmt.Sprintf("[%s]", plain),
			"an array in an array":    fmt.Sprintf("[[%s]]", plain),
			"under flow":              fmt.Sprintf(`{"flow": %s}`, plain),
			"under data":              fmt.Sprintf(`{"data": %s}`, plain),
			"data of an API":          fmt.Sprintf(`{"data": {"attributes": {"flow": %s}}}`, plain),
			"a page of one":           fmt.Sprintf(`{"meta": {"page": 0, "page_size": 50}, "flows": [%s], "links": {}}`, plain),
			"a body as a text":        fmt.Sprintf(`{"body": %s}`, asText(t, plain, 1)),
			"a text":                  asText(t, plain, 1),
			"a text in a text":        asText(t, plain, 2),
			"an array as a text":      asText(t, fmt.Appendf(nil, "[%s]", plain), 1),
			"a text in UTF-16":        string(utf16Of(binary.LittleEndian, []byte(asText(t, plain, 1)), true)),
			"empty values beside it":  fmt.Sprintf(`{"flow": %s, "errors": [], "warnings": null, "next": ""}`, plain),
			"a wrapper's other names": fmt.Sprintf(`{"Response": {"FlowData": %s}}`, plain),
		} {
			r, err := importer.Import("in.json", []byte(in), "", nil)
			if err != nil {
				t.Errorf("%s, %s: %v", product, name, err)
				continue
			}
			if !bytes.Equal(r.Flow, bare.Flow) || findings(r) != findings(bare) {
				t.Errorf("%s, %s: the flow is another:\n%s%s", product, name, r.Flow, findings(r))
			}
		}
	}
}

// What the REST API says around a definition is told alike whether the definition
// is an object, a text or a text of a text, and whatever form its keys have.
func TestADefinitionAsATextIsTheDefinition(t *testing.T) {
	var bare struct{ Definition json.RawMessage }
	if err := json.Unmarshal(load(t, samples+"/twilio-callback.json"), &bare); err != nil {
		t.Fatal(err)
	}
	definition := bare.Definition
	resource := func(definition string) []byte {
		return fmt.Appendf(nil, `{"friendly_name": "Main", "sid": "FW00000000000000000000000000000001", "revision": 7, "definition": %s}`, definition)
	}
	want, err := importer.Import("in.json", resource(string(definition)), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := flowfile.Parse("out.yaml", want.Flow); err != nil || f.Name != "Main" {
		t.Fatalf("the flow is not named Main: %v\n%s", err, want.Flow)
	}
	for name, in := range map[string][]byte{
		"a text":                  resource(asText(t, definition, 1)),
		"a text of a text":        resource(asText(t, definition, 2)),
		"keys of a command line":  bytes.Replace(resource(string(definition)), []byte("friendly_name"), []byte("friendlyName"), 1),
		"its list of one, a text": append(append([]byte("["), bytes.Replace(resource(asText(t, definition, 1)), []byte("friendly_name"), []byte("friendlyName"), 1)...), ']'),
	} {
		r, err := importer.Import("in.json", in, "", nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(r.Flow, want.Flow) || findings(r) != findings(want) {
			t.Errorf("%s: the flow is another:\n%s%s", name, r.Flow, findings(r))
		}
	}
}

// A file of several flows says which there are, and gives the one that is asked
// for.
func TestOneFlowOfSeveralIsChosen(t *testing.T) {
	flow := func(name, id string) string {
		return fmt.Sprintf(`{"name":%q,"group_id":%q,"initial_step_id":"a","steps":[{"id":"a","component":{"name":"hangup_call-1"}}]}`, name, id)
	}
	const a, b = "0f3c9a52d1b84e6fa7c2583be9d01746", "6b1f0e7a4c2d4f0f9a5e1d3c7b8a9f01"
	two := fmt.Sprintf(`{"flows": [%s, %s]}`, flow("Morning", a), flow("Evening", b))
	same := fmt.Sprintf(`[%s, %s, %s]`, flow("Night", a), flow("Night", b), flow("", ""))
	for _, c := range []struct{ in, wanted, name, err string }{
		{two, "", "", `the file holds 2 flows: choose one with --flow: "Morning" and "Evening"`},
		{two, "evening", "Evening", ""},
		{two, a, "Morning", ""},
		{two, "flows.2", "Evening", ""},
		{two, "Noon", "", `no flow Noon is in the file: it holds "Morning" and "Evening"`},
		{same, "", "", `choose one with --flow: "1", "2" and "3"`},
		{same, "Night", "", `the file holds 2 flows`},
		{same, "2", "Night", ""},
		{flow("Only", a), "Other", "", `no flow Other is in the file: it holds "Only"`},
		{`{"flows": [{"sid": "FW1", "friendly_name": "x", "definition": null}]}`, "", "", "without what is in them"},
		{`[{"sid": "FW1", "definition": ""}, {"sid": "FW2", "definition": null}]`, "", "", "without what is in them"},
		{`{"definition": "{\"states\": [}"}`, "", "", "definition: it is JSON in a text of JSON, which cannot be read"},
		{"\xff\xfe{\x00}", "", "", "UTF-16 and ends in the middle of a character"},
		{"\xff\xfe\x00\x00{\x00\x00\x00", "", "", "UTF-32"},
	} {
		r, err := importer.Import("in.json", []byte(c.in), c.wanted, nil)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || r.Flow != nil {
				t.Errorf("%s of %.80s: got %v, want %s", c.wanted, c.in, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s of %.80s: %v", c.wanted, c.in, err)
		} else if f, err := flowfile.Parse("out.yaml", r.Flow); err != nil || f.Name != c.name {
			t.Errorf("%s of %.80s: it is not %s: %v\n%s", c.wanted, c.in, c.name, err, r.Flow)
		}
	}
}

// What stands around a flow is not lost unseen, and names one that has no name.
func TestWhatStandsAroundAFlowIsTold(t *testing.T) {
	r, err := importer.Import("in.json", []byte(`{"title": "Reminder", "owner": "quagga", "api_key": "hunter2",
		"data": {"flow": {"initial_step_id":"a","steps":[{"id":"a","component":{"name":"hangup_call-1"}}]}, "folder": ["okapi"]}}`), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := flowfile.Parse("out.yaml", r.Flow)
	if err != nil || f.Name != "Reminder" {
		t.Errorf("the flow is not named Reminder: %v\n%s", err, r.Flow)
	}
	for _, want := range []string{`owner "quagga" is not imported`, `data.folder ["okapi"] is not imported`} {
		if !strings.Contains(findings(r), want) {
			t.Errorf("nothing tells that %s:\n%s", want, findings(r))
		}
	}
	if strings.Contains(string(r.Flow)+findings(r), "hunter2") {
		t.Error("a secret came along")
	}
}

// Names of settings, and whatever else an export may make long, give a file that
// can be read, and come back as they were.
func TestLongNamesComeBackAsTheyWere(t *testing.T) {
	for _, n := range []int{998, 999, 1000, 1024, 5000} {
		for _, char := range []string{"k", "é", "\u0085", "\"", "\U0001F600", ": ", "[", "# "} {
			long := strings.Repeat(char, n/len([]rune(char)))
			key := asText(t, []byte(long), 1)
			for _, shape := range []string{`{%s: "v"}`, `{%s: {"a": 1}}`, `{%s: [{"a": "b"}]}`, `{"a": [{%s: "v", "b": [1, 2]}]}`, `{"a": {"b": {%s: null, "c": "d"}}}`, `{"a": [[{%s: {"c": ["d"]}}]]}`, `{"a": %s}`} {
				properties := fmt.Sprintf(shape, key)
				for _, in := range []string{
					fmt.Sprintf(`{"initial_state":"T","states":[{"name":"T","type":"trigger","transitions":[]},{"name":"odd","type":"odd","properties":%s}]}`, properties),
					fmt.Sprintf(`{"initial_step_id":"odd","steps":[{"id":"odd","name":"odd","component":{"name":"odd"},"properties":%s}]}`, properties),
				} {
					r, err := importer.Import("in.json", []byte(in), "", nil)
					if err != nil {
						t.Fatalf("%d × %q: %v", n, char, err)
					}
					f, err := flowfile.Parse("out.yaml", r.Flow)
					if err != nil {
						t.Fatalf("%d × %q in %s: %.300v", n, char, shape, err)
					}
					var want any
					if err := json.Unmarshal([]byte(properties), &want); err != nil {
						t.Fatal(err)
					}
					if got := any(stepOf(f, "odd").With()); fmt.Sprint(plain(got)) != fmt.Sprint(plain(want)) {
						t.Errorf("%d × %q in %s did not come back", n, char, shape)
					}
				}
			}
		}
	}
}

// The other names and texts that an import writes into the file may be long too.
func TestLongNamesElsewhereGiveAFileThatCanBeRead(t *testing.T) {
	long := strings.Repeat("Long name ", 130)
	in := fmt.Sprintf(`{"name":%[1]q,"description":%[1]q,"group_id":%[1]q,"id":%[1]q,"initial_step_id":%[1]q,%[1]q:%[1]q,
		"model":{%[1]q:{"display_name":%[1]q,"format":{"type":%[1]q},%[1]q:%[1]q}},
		"steps":[{"id":%[1]q,"name":%[1]q,"component":{"name":%[1]q},"properties":{%[1]q:%[1]q},%[1]q:%[1]q,
		"exits":[{"name":%[1]q,"transition":%[1]q,"condition":{%[1]q:%[1]q}}],"context_mappings":{%[1]q:%[1]q}}]}`, long)
	r, err := importer.Import("in.json", []byte(in), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flowfile.Parse("out.yaml", r.Flow); err != nil {
		t.Errorf("%.500v", err)
	}
	twilio := fmt.Sprintf(`{"description":%[1]q,"initial_state":%[1]q,%[1]q:1,"states":[{"name":%[1]q,"type":%[1]q,
		"transitions":[{"event":%[1]q,"next":%[1]q,"conditions":[{%[1]q:%[1]q}]}],"properties":{%[1]q:%[1]q}}]}`, long)
	if r, err = importer.Import("in.json", []byte(twilio), "", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := flowfile.Parse("out.yaml", r.Flow); err != nil {
		t.Errorf("%.500v", err)
	}
}

// A flow file of our own may be UTF-16 too, as an editor may save it: lines of
// mistakes count as in UTF-8, and what guards against hostile files sees through.
func TestFlowFilesInUTF16(t *testing.T) {
	yaml := "name: Grüße 📞\ntrigger: {component: api_request}\nstart: a\nsteps:\n  a: {component: end_flow}\n"
	tabs := "{\t\"name\": \"Gr\\u00fc\\ud83d\\udcde\",\n\t\"trigger\": {\"component\": \"api_request\"}, \"start\": \"a\", \"steps\": {\"a\": {\"component\": \"end_flow\"}}}"
	for _, text := range []string{yaml, tabs} {
		plain, err := flowfile.Parse("f", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range [][]byte{utf16Of(binary.LittleEndian, []byte(text), true), utf16Of(binary.BigEndian, []byte(text), true), []byte("\ufeff" + text)} {
			if f, err := flowfile.Parse("f", in); err != nil || f.Name != plain.Name {
				t.Errorf("%q: %v", in[:20], err)
			}
		}
	}
	mistaken := []byte(strings.Replace(yaml, "start: a", "start: [", 1))
	_, want := flowfile.Parse("f", mistaken)
	_, err := flowfile.Parse("f", utf16Of(binary.LittleEndian, mistaken, true))
	if err == nil || want == nil || err.Error() != want.Error() {
		t.Errorf("the mistake is told as %v, want %v", err, want)
	}
	_, err = flowfile.Parse("f", utf16Of(binary.LittleEndian, []byte("a: "+strings.Repeat("[", 5000)), true))
	if err == nil || !strings.Contains(err.Error(), "nested too deeply") {
		t.Errorf("deep brackets: %v", err)
	}
	if _, err = flowfile.Parse("f", []byte("\xff\xfea")); err == nil || errors.Is(err, importer.ErrUnknownFormat) {
		t.Errorf("half a character: %v", err)
	}
}

// A file of very many flows is searched once. A test that does not end is the failure.
func TestManyFlowsAreToldApart(t *testing.T) {
	const flow = `{"initial_state":"a","states":[]}`
	many := "[" + strings.Repeat(flow+",", 30_000) + flow + "]"
	if _, err := importer.Import("in.json", []byte(many), "", nil); err == nil || !strings.Contains(err.Error(), "holds 30001 flows") {
		t.Errorf("got %v", err)
	}
}
