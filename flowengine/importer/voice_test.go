package importer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/importer"
)

// twoLanguages speaks German and English of England, each with one voice.
type twoLanguages struct{}

// Voice implements importer.Speech.
func (twoLanguages) Voice(language, voice string) (name, near string, err error) {
	switch {
	case voice == "Polly.Joanna":
		return "own+f", "Joanna is somebody else: own+f speaks in its place", nil
	case voice == "own":
		return "own", "", nil
	case voice != "":
		return "", "", fmt.Errorf("no voice %s", voice)
	case language == "en-AU":
		return "own", "no voice speaks en-AU: that of en-gb does", nil
	case language == "xx":
		return "", "", errors.New("none speaks xx")
	}
	return "own", "", nil
}

// An import asks the engine that will speak, and tells of every voice that is only
// near to what the flow had.
func TestImportedVoices(t *testing.T) {
	const (
		twilio   = `{"initial_state":"a","states":[{"name":"a","type":"say-play","transitions":[],"properties":{"say":"Hello"%s}}]}`
		talkdesk = `{"initial_step_id":"a","steps":[{"id":"a","component":{"name":"play_audio-1"},"exits":[],"properties":{"audio_message":{"text":"Hello"%s}}}]}`
	)
	for _, c := range []struct {
		with  string
		asked bool
		say   string
		found string // "" if nothing but mapped
	}{
		{``, true, `map[text:Hello]`, ""},
		{`,"language":"de-DE","voice":"default"`, true, `map[language:de-DE text:Hello]`, ""},
		{`,"language":"de-DE","voice":"own"`, true, `map[language:de-DE text:Hello voice:own]`, ""},
		{`,"language":"en-US","voice":"Polly.Joanna"`, true, `map[language:en-US text:Hello voice:own+f]`, "approximated: step a: Joanna is somebody else: own+f speaks in its place"},
		{`,"language":"en-AU"`, true, `map[language:en-AU text:Hello]`, "approximated: step a: no voice speaks en-AU: that of en-gb does"},
		{`,"language":"en-AU","voice":"Jonna"`, true, `map[language:en-AU text:Hello]`, "dropped-setting: step a: voice \"Jonna\" is not imported: no voice Jonna"},
		{`,"language":"xx"`, true, `map[language:xx text:Hello]`, "placeholder: step a: the language xx stands as it was: none speaks xx"},
		{`,"voice":{"id":7}`, true, `map[text:Hello]`, "dropped-setting: step a: voice {\"id\":7} is not imported: it is no name of a voice"},
		{`,"language":"en-AU","voice":"Polly.Joanna"`, false, `map[language:en-AU text:Hello voice:Polly.Joanna]`, "approximated: step a: the voice Polly.Joanna stands as it was: "},
		{`,"voice":"alice"`, false, `map[text:Hello voice:alice]`, ""},
		{`,"voice":"{{flow.data.voice}}"`, false, `map[text:Hello]`, "dropped-setting: step a: voice \"{{flow.data.voice}}\" is not imported: it is no name of a voice"},
		{`,"voice":"` + strings.Repeat("v", 129) + `"`, false, `map[text:Hello]`, "it is no name of a voice"},
	} {
		for _, product := range []string{twilio, talkdesk} {
			var speech importer.Speech
			if c.asked {
				speech = twoLanguages{}
			}
			r, err := importer.Import("in.json", fmt.Appendf(nil, product, c.with), "", speech)
			if err != nil {
				t.Fatal(err)
			}
			f, err := flowfile.Parse("out.yaml", r.Flow)
			if err != nil {
				t.Fatal(err)
			}
			id := "a"
			if product == talkdesk {
				id = f.Steps[0].ID
			}
			if say := fmt.Sprint(stepOf(f, id).With()["say"]); say != c.say {
				t.Errorf("%s: %s, want %s", c.with, say, c.say)
			}
			got := findings(r)
			finding := strings.Replace(c.found, "step a:", "step "+id+":", 1)
			if c.found == "" && (strings.Contains(got, "voice") || strings.Contains(got, "language")) || !strings.Contains(got, finding) {
				t.Errorf("%s: found\n%s, want %s", c.with, got, finding)
			}
		}
	}
}

// A pause between two words does not join them.
func TestImportedMarkupPartsWords(t *testing.T) {
	const flow = `{"initial_state":"talk","states":[{"name":"talk","type":"say-play","transitions":[],"properties":{"say":%s}}]}`
	for in, want := range map[string]string{
		`Hello<break time="1s"/>you`:                               "Hello you",
		`<speak><p>One.</p><p>Two.</p></speak>`:                    "One. Two.",
		`un<emphasis>believ</emphasis>able <say-as>1</say-as>`:     "unbelievable 1",
		`<speak>Hello <prosody rate="slow">you</prosody> </speak>`: "Hello you",
	} {
		if got, _ := importText(t, flow, in); got != want {
			t.Errorf("%s gives %q, want %q", in, got, want)
		}
	}
}
