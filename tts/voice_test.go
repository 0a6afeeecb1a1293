package tts_test

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"ringflow/tts"
)

// A language is spoken as written anywhere: in any case, with _ or -, and as the
// nearest more general one that the engine has.
func TestEnginesKnowTheirLanguages(t *testing.T) {
	for _, e := range engines(t) {
		for language, want := range map[string]string{
			"": "en-us", "en-US": "en-us", "en_US": "en-us", "EN-us": "en-us", "en": "en-gb", "en-GB": "en-gb",
			"de": "de", "de-DE": "de", "de_AT": "de", "de-CH-1996": "de", "es-ES": "es", "es-MX": "es-419", "es-419": "es-419",
			"en-AU": "en-gb", "en-US-x-twain": "en-us", "en-US-u-ca-gregory": "en-us", "zh-CN": "cmn", "zh-Hans-CN": "cmn", "cmn-Hans-CN": "cmn", "zh-yue": "yue", "yue-HK": "yue",
			"pt-BR": "pt-br", "pt-PT": "pt", "fr": "fr-fr", "fr-BE": "fr-be", "fr-CA": "fr-fr", "no": "nb", "no-NO": "nb", "nb-NO": "nb", "sr-Latn-RS": "sr",
			"iw-IL": "he", "in": "id", "arb": "ar", "ar-XA": "ar", "sv-SE": "sv", "ja-JP": "ja", "vi-VN-x-south": "vi-vn-x-south",
		} {
			if v, err := e.Voice(t.Context(), language, ""); err != nil || v.Name != want {
				t.Errorf("%s: %q is spoken by %+v, want %s: %v", e.Name(), language, v, want, err)
			}
		}
		for _, language := range []string{"xx", "xx-XX", "english", "e", "en--US", "en-", "-en", "*", "en US", "en-US;q=1", "1en", "en-ninelettr9", "de-DE,en", "\u00e9n", "x-en"} {
			if v, err := e.Voice(t.Context(), language, ""); !errors.Is(err, tts.ErrVoice) {
				t.Errorf("%s: %q is spoken by %+v: %v", e.Name(), language, v, err)
			}
		}
	}
}

// Whatever language espeak-ng lists is spoken, and so is a region of it that nobody
// knows.
func TestEveryLanguageOfEspeakIsSpoken(t *testing.T) {
	e := engines(t)[0]
	list, err := exec.CommandContext(t.Context(), "espeak-ng", "--voices").Output()
	if err != nil {
		t.Fatal(err)
	}
	listed := 0
	for line := range strings.Lines(string(list)) {
		words := strings.Fields(line)
		if len(words) < 5 || words[1] == "Language" {
			continue
		}
		listed++
		for _, language := range []string{words[1], strings.ToUpper(strings.ReplaceAll(words[1], "-", "_")), words[1] + "-ZZ"} {
			if v, err := e.Voice(t.Context(), language, ""); err != nil {
				t.Errorf("%s is spoken by %+v: %v", language, v, err)
			}
		}
	}
	if listed < 50 {
		t.Errorf("only %d languages are listed:\n%s", listed, list)
	}
}

// Voices are those of the engine, and those of other products are replaced by one of
// the same language and gender, which is told.
func TestEnginesKnowVoices(t *testing.T) {
	for _, e := range engines(t) {
		for _, c := range []struct{ language, voice, want, near string }{
			{"en-US", "en-us", "en-us", ""},
			{"en-US", "EN-us+F3", "en-us+f3", ""},
			{"en-US", "en-gb+Annie", "en-gb+Annie", ""},
			{"en-US", "gmw/en-US", "en-us", ""},
			{"en-US", "German", "de", ""},
			{"en-US", "de-DE", "de", ""},
			{"en-US", "en-gb-x-rp", "en-gb-x-rp", ""},
			{"en-US", "Joanna", "en-us+f3", "Joanna is a female voice of Amazon Polly for en-US: en-us+f3 speaks in its place"},
			{"en-US", "joanna", "en-us+f3", "a female voice of Amazon Polly for en-US"},
			{"en-US", "Polly.Joanna-Neural", "en-us+f3", "a female voice of Amazon Polly for en-US"},
			{"en-US", "Polly.Matthew-Generative", "en-us", "a male voice of Amazon Polly for en-US"},
			{"en-US", "amazon.Kendra:neural:en-US", "en-us+f3", "a female voice of Amazon Polly for en-US"},
			{"en-AU", "Polly.Nicole", "en-gb+f3", "a female voice of Amazon Polly for en-AU"},
			{"en-US", "Polly.Vicki", "de+f3", "a female voice of Amazon Polly for de-DE"},
			{"en-US", "Zhiyu", "cmn+f3", "a female voice of Amazon Polly for cmn-CN"},
			{"en-US", "Zeina", "ar+f3", "a female voice of Amazon Polly for arb"},
			{"fr-FR", "Léa", "fr-fr+f3", "a female voice of Amazon Polly for fr-FR"},
			{"es-ES", "Polly.Newcomer-Neural", "es", "a voice of Amazon Polly"},
			{"en-GB", "Google.en-GB-Wavenet-B", "en-gb", "a male voice of Google Cloud for en-GB"},
			{"en-US", "en-US-Neural2-F", "en-us+f3", "a female voice of Google Cloud for en-US"},
			{"en-US", "de-DE-Chirp3-HD-Aoede", "de+f3", "a female voice of Google Cloud for de-DE"},
			{"en-US", "de-DE-Standard-B", "de", "a male voice of Google Cloud for de-DE"},
			{"en-US", "en-US-JennyNeural", "en-us+f3", "a female voice of Azure for en-US"},
			{"en-US", "de-DE-ConradNeural", "de", "a male voice of Azure for de-DE"},
			{"en-US", "fr-FR-VivienneMultilingualNeural", "fr-fr+f3", "a female voice of Azure for fr-FR"},
			{"en-US", "azure.en-GB-SoniaNeural", "en-gb+f3", "a female voice of Azure for en-GB"},
			{"en-US", "Microsoft Server Speech Text to Speech Voice (zh-CN, XiaoxiaoNeural)", "cmn+f3", "a female voice of Azure for zh-CN"},
			{"en-US", "zh-HK-HiuMaanNeural", "yue+f3", "a female voice of Azure for yue-HK"},
			{"en-US", "nl-NL-SomebodyNeural", "nl", "a voice of Azure for nl-NL"},
			{"de-DE", "JennyNeural", "de+f3", "a female voice of Azure"},
			{"de-DE", "woman", "de+f3", ""},
			{"de-DE", "alice", "de+f3", ""},
			{"", "man", "en-us", ""},
			{"pt-BR", "ElevenLabs.UgBBYS2sOqTuMpoF3BR0-flash_v2_5", "pt-br", "a voice of ElevenLabs"},
		} {
			v, err := e.Voice(t.Context(), c.language, c.voice)
			if err != nil || v.Name != c.want || !strings.Contains(v.Substitute, c.near) || (c.near == "") != (v.Substitute == "") {
				t.Errorf("%s: %s %q is spoken by %+v, want %s, %q: %v", e.Name(), c.language, c.voice, v, c.want, c.near, err)
			}
			again, err := e.Voice(t.Context(), "", v.Name)
			if err != nil || again.ID != v.ID {
				t.Errorf("%s: %s is %s when it is written, and not %s: %v", e.Name(), v.Name, again.ID, v.ID, err)
			}
		}
		for _, c := range []struct{ language, voice, want string }{
			{"en-US", "Jonna", `has no such voice: "Jonna"`},
			{"en-US", "en-us+nobody", `has no such voice: "en-us+nobody"`},
			{"en-US", "en-us+", `has no such voice: "en-us+"`},
			{"en-US", "en-us+f3+f2", "has no such voice"},
			{"en-US", "en-US-Bogus", "has no such voice"},
			{"en-US", "Acme.Joanna", "has no such voice"},
			{"en-US", "Citrus", "has no such voice"}, // ends like a voice of Azure
			{"en-US", "fil-PH-Wavenet-A", `for fil-PH, and none speaks "fil-PH"`},
			{"xx", "woman", `and none speaks "xx"`},
		} {
			if v, err := e.Voice(t.Context(), c.language, c.voice); !errors.Is(err, tts.ErrVoice) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %s %q is spoken by %+v, %v, want %s", e.Name(), c.language, c.voice, v, err, c.want)
			}
		}
	}
}

// A voice of another language than the text's is told, with one of the text's.
func TestMismatchOfLanguage(t *testing.T) {
	for _, e := range engines(t) {
		for _, c := range []struct{ language, voice, apart string }{
			{"de-DE", "Matthew", "Matthew is a male voice of Amazon Polly for en-US, and the text is de-DE: de speaks that"},
			{"de-DE", "Polly.Joanna-Neural", "Polly.Joanna-Neural is a female voice of Amazon Polly for en-US, and the text is de-DE: de+f3 speaks that"},
			{"en-US", "de+f3", "de+f3 speaks de, and the text is en-US: en-us+f3 speaks that"},
			{"en-US", "German", "German speaks de, and the text is en-US: en-us speaks that"},
			{"de-DE", "en-GB-SoniaNeural", "the text is de-DE: de+f3 speaks that"},
			{"en-AU", "Matthew", ""}, {"en-US", "en-gb+f3", ""}, {"de_AT", "de+f3", ""}, {"de-DE", "woman", ""}, {"zh-HK", "zh-HK-HiuMaanNeural", ""}, {"zh-CN", "Zhiyu", ""},
			{"de-DE", "JennyNeural", ""}, {"", "de+f3", ""}, {"de-DE", "", ""},
		} {
			v, err := e.Voice(t.Context(), c.language, c.voice)
			if err != nil || !strings.Contains(v.Mismatch, c.apart) || (c.apart == "") != (v.Mismatch == "") {
				t.Errorf("%s: %s %q is spoken by %+v, want %q: %v", e.Name(), c.language, c.voice, v, c.apart, err)
			}
		}
	}
}

// A voice that the engine lists, and whose files may not be there, is one exactly if
// it speaks.
func TestAVoiceIsOneIfItSpeaks(t *testing.T) {
	for _, e := range engines(t) {
		for _, voice := range []string{"mb-us1", "mb-de1", "iro/chr", "en-us"} {
			_, err := e.Voice(t.Context(), "", voice)
			pcm, spoken := e.Synthesize(t.Context(), tts.Speech{Text: "one", Voice: voice})
			if (err == nil) != (len(pcm) > 0) || err != nil && (!errors.Is(err, tts.ErrVoice) || !errors.Is(spoken, tts.ErrVoice)) {
				t.Errorf("%s: %s is %v, and has spoken %d samples, %v", e.Name(), voice, err, len(pcm), spoken)
			}
		}
	}
}

// A voice in another's place is heard as itself.
func TestVoiceOfAnotherProduct(t *testing.T) {
	for _, e := range engines(t) {
		hear := func(voice string) []int16 {
			pcm, err := e.Synthesize(t.Context(), tts.Speech{Text: "Good morning.", Language: "en-US", Voice: voice})
			if err != nil {
				t.Fatalf("%s: %q: %v", e.Name(), voice, err)
			}
			return pcm
		}
		if joanna, own := hear("Joanna"), hear("en-us+f3"); !slices.Equal(joanna, own) || len(own) < 4000 {
			t.Errorf("%s: Joanna is %d samples, en-us+f3 %d", e.Name(), len(joanna), len(own))
		}
	}
}

// What one name of a voice has spoken is not spoken again for another name of it.
func TestSpeechIsCachedByVoice(t *testing.T) {
	e := &counting{}
	c := newCache(t, e, t.TempDir(), 1<<20)
	for _, language := range []string{"en-US", "en_us"} {
		if _, err := c.Prompt(context.Background(), "acme", tts.Speech{Text: "Hello", Language: language}); err != nil {
			t.Fatal(err)
		}
	}
	if n := e.spoke.Load(); n != 1 {
		t.Errorf("it was spoken %d times", n)
	}
	if _, err := c.Prompt(context.Background(), "acme", tts.Speech{Text: "Hello", Language: "de-DE"}); err != nil {
		t.Fatal(err)
	}
	if n := e.spoke.Load(); n != 2 {
		t.Errorf("another voice is taken for the same: %d were spoken", n)
	}
}
