package media_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"ringflow/media"
)

// Files made to be searched again and again, to have the filters of rates made again
// and again, or to hide how long they are, cost no more than their size. A test that
// does not end is the failure.
func TestHostileFilesAreReadOnce(t *testing.T) {
	empty := wavFile(1, 16, 1, 8000, nil)
	frame := func(header string, size int) []byte { return append([]byte(header), zeros(size-mp3HeaderSize)...) }
	tag := id3v2(0, false)
	flapping := slices.Concat(frame("\xff\xfb\x10\xc4", 104), tag, frame("\xff\xfb\x14\xc4", 96), tag) // 44.1 and 48 kHz
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"lyrics that do not end":      {bytes.Repeat([]byte("LYRICSBEGIN"), 100_000), media.ErrAudio},
		"lyrics and an MP3":           {append(bytes.Repeat([]byte("LYRICSBEGIN"), 100_000), mp3Tone(t, "mpeg25-8000-mono")...), nil},
		"empty chunks of data":        {append(slices.Clone(empty), bytes.Repeat([]byte("data\x00\x00\x00\x00"), 100_000)...), media.ErrNoSamples},
		"one that is not, among them": {append(slices.Clone(empty), bytes.Repeat([]byte("data\x00\x00\x00\x00data\x02\x00\x00\x00\x10\x10"), 50_000)...), nil},
		"rates that change":           {bytes.Repeat(flapping, 100), nil},
	} {
		if _, err := media.DecodePCM(c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

const mp3HeaderSize = 4

// What an encoder says of its silence does not make a file short that takes as long to
// decode as one of several hours.
func TestFramesThatAreCutOffCount(t *testing.T) {
	const frames = 3600 * 8000 / 576 // an hour
	frame := "\xff\xe3\x18\xc4" + strings.Repeat("\x00", 72-mp3HeaderSize)
	silent := "\xff\xe3\x18\xc4" + strings.Repeat("\x00", 9)
	info := silent + "Info\x00\x00\x00\x01\x7f\xff\xff\xffLAME3.100" + strings.Repeat("\x00", 12) + "\xff\xff\xff"
	info += strings.Repeat("\x00", 72-len(info))
	piece := info + strings.Repeat(frame, 14) // 8064 samples, of which the delay and the padding leave none
	if _, err := media.DecodePCM([]byte(strings.Repeat(piece, frames/14+2))); !errors.Is(err, media.ErrAudio) || errors.Is(err, media.ErrNoSamples) {
		t.Errorf("%v, want that it is longer than a prompt may be", err)
	}
}
