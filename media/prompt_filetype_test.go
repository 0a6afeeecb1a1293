package media_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"ringflow/media"
)

// What is no MP3 and no WAV is called by its name.
func TestOtherFileFormatsAreNamed(t *testing.T) {
	adts := func(n int) []byte {
		frame := append([]byte{0xFF, 0xF1, 0x50, 0x80, 0x02, 0x1F, 0xFC}, junk(9)...)
		return bytes.Repeat(frame, n)
	}
	layer2 := bytes.Repeat(append([]byte("\xff\xfd\x84\xc4"), zeros(380)...), 5) // 128 kbit/s, 48 kHz
	layer1 := bytes.Repeat(append([]byte("\xff\xff\x44\xc4"), zeros(124)...), 5) // 128 kbit/s, 48 kHz
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"ADTS":             {adts(20), "AAC (ADTS)"},
		"two frames of it": {adts(2), "AAC (ADTS)"},
		"ADTS behind ID3":  {slices.Concat(id3v2(300, false), adts(20)), "AAC (ADTS)"},
		"ADTS behind junk": {slices.Concat(zeros(100), adts(20)), "AAC (ADTS)"},
		"M4A":              {[]byte("\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00" + strings.Repeat("\xff\xfb\x90\xc4", 100)), "AAC or ALAC in an MP4 file (M4A)"},
		"MP4":              {[]byte("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00mp41"), "MP4"},
		"3GP":              {[]byte("\x00\x00\x00\x18ftyp3gp4\x00\x00\x02\x00"), "3GPP"},
		"ADIF":             {[]byte("ADIF\x00\x00"), "AAC"},
		"layer II":         {layer2, "layer II"},
		"layer II behind":  {slices.Concat(id3v2(10, false), zeros(50), layer2), "layer II"},
		"layer I":          {layer1, "layer I,"},
		"layer II in WAV":  {wavOf(0x50, layer2), "layer II"},
		"free bit rate":    {[]byte("\xff\xfb\x00\xc4" + strings.Repeat("\x00", 2000)), "free bit rate"},
		"Opus":             {append([]byte("OggS"), append(zeros(24), "OpusHead"...)...), "Opus"},
		"Vorbis":           {append([]byte("OggS"), append(zeros(24), "\x01vorbis"...)...), "Vorbis"},
		"FLAC":             {[]byte("fLaC\x00\x00\x00\x22"), "FLAC"},
		"AIFF":             {[]byte("FORM\x00\x00\x10\x00AIFFCOMM"), "AIFF"},
		"AMR":              {[]byte("#!AMR\n\x3c"), "AMR"},
		"AU":               {[]byte(".snd\x00\x00\x00\x18"), "AU"},
		"WebM":             {[]byte("\x1a\x45\xdf\xa3\x01"), "WebM"},
		"WMA":              {[]byte("\x30\x26\xb2\x75\x8e\x66\xcf\x11"), "WMA"},
		"RIFX":             {[]byte("RIFX\x00\x00\x00\x00WAVE"), "RIFX"},
		"AVI":              {[]byte("RIFF\x00\x00\x00\x00AVI LIST"), "AVI"},
		"a page":           {[]byte("<html><body>404 Not Found</body></html>"), "web page"},
		"JSON":             {[]byte(`{"error": "not found"}`), "JSON"},
		"text":             {[]byte("not found"), "neither WAV nor MP3"},
		"noise":            {junk(200_000), "neither WAV nor MP3"},
		"GSM":              {read(t, testAudio+"/gsm.wav"), "GSM 06.10"},
		"G.726":            {wavOf(0x45, zeros(100)), "G.726"},
		"TrueSpeech":       {wavOf(0x22, zeros(100)), "TrueSpeech"},
		"AAC in WAV":       {wavOf(0xFF, zeros(100)), "AAC"},
		"unknown in WAV":   {wavOf(0x1234, zeros(100)), "WAV format 4660 of 0 bits"},
		"no MP3 in WAV":    {wavOf(0x55, zeros(1000)), "no frame of MP3"},
	} {
		_, err := media.DecodePCM(c.file)
		if !errors.Is(err, media.ErrAudio) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %s", name, err, c.want)
		}
	}
}
