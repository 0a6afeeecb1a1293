package tts_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"ringflow/tts"
)

// engines are all that satisfy Synthesizer; the conformance test runs on each.
func engines(t *testing.T) []tts.Synthesizer {
	espeak, err := tts.NewEspeak(t.Context(), 2)
	if err != nil {
		t.Fatalf("%v: make setup installs it", err)
	}
	return []tts.Synthesizer{espeak}
}

func TestEnginesSpeak(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.Name(), func(t *testing.T) {
			pcm, err := e.Synthesize(t.Context(), tts.Speech{Text: "Thank you for reaching out to us.", Language: "en-US"})
			if err != nil {
				t.Fatal(err)
			}
			if s := len(pcm) / 8000; s < 1 || s > 5 {
				t.Errorf("the sentence lasts %d s", s)
			}
			if level := rms(pcm); level < 300 {
				t.Errorf("it is as quiet as %.0f of 32768", level)
			}
		})
	}
}

func rms(pcm []int16) float64 {
	sum := 0.0
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

func TestEnginesRefuseWhatCannotBeSpoken(t *testing.T) {
	for _, e := range engines(t) {
		for name, c := range map[string]struct {
			speech tts.Speech
			want   error
		}{
			"empty":              {tts.Speech{Text: " \n"}, tts.ErrText},
			"too long":           {tts.Speech{Text: strings.Repeat("a", tts.MaxText+1)}, tts.ErrText},
			"a device for voice": {tts.Speech{Text: "Hello.", Voice: "../../../../../../../dev/zero"}, tts.ErrVoice},
			"a variant of one":   {tts.Speech{Text: "Hello.", Voice: "en+../../../../../../../dev/zero"}, tts.ErrVoice},
			"a device to speak":  {tts.Speech{Text: "Hello.", Language: "../../../../../../../dev/zero"}, tts.ErrVoice},
			"a file for voice":   {tts.Speech{Text: "Hello.", Voice: "/etc/passwd"}, tts.ErrVoice},
			"control characters": {tts.Speech{Text: "a\x00b"}, tts.ErrText},
			"unknown language":   {tts.Speech{Text: "a", Language: "xx-XX"}, tts.ErrVoice},
			"option as language": {tts.Speech{Text: "a", Language: "--path=/tmp"}, tts.ErrVoice},
			"unknown voice":      {tts.Speech{Text: "a", Voice: "Jonna"}, tts.ErrVoice},
		} {
			if _, err := e.Synthesize(t.Context(), c.speech); !errors.Is(err, c.want) {
				t.Errorf("%s %s: %v, want %v", e.Name(), name, err, c.want)
			}
		}
	}
}

func TestTextThatLooksLikeAnOptionIsSpoken(t *testing.T) {
	for _, e := range engines(t) {
		if pcm, err := e.Synthesize(t.Context(), tts.Speech{Text: "-v xx --help <break/> &amp;"}); err != nil || len(pcm) < 4000 {
			t.Errorf("%s: %d samples, %v", e.Name(), len(pcm), err)
		}
	}
}

func TestEnginesStopWithTheirContext(t *testing.T) {
	for _, e := range engines(t) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := e.Synthesize(ctx, tts.Speech{Text: "a"}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", e.Name(), err)
		}
	}
}

// The limit counts characters, as the limit of a text in a flow does.
func TestLongTextsInOtherScripts(t *testing.T) {
	if err := (tts.Speech{Text: strings.Repeat("あ", tts.MaxText)}).Check(); err != nil {
		t.Error(err)
	}
}
