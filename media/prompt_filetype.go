package media

import "bytes"

// foreignFormats are formats that are not read, recognised by bytes at an offset; the first
// match counts.
var foreignFormats = []struct {
	offset      int
	bytes, kind string
}{
	{4, "ftypM4A", "AAC or ALAC in an MP4 file (M4A)"},
	{4, "ftyp3g", "a 3GPP file, of AAC or AMR"},
	{4, "ftyp", "an MP4 file, of AAC or video"},
	{0, "ADIF", "AAC (ADIF)"},
	{28, "OpusHead", "Opus in an Ogg file"},
	{28, "\x01vorbis", "Vorbis in an Ogg file"},
	{0, "OggS", "an Ogg file"},
	{0, "fLaC", "FLAC"},
	{8, "AIFF", "AIFF"},
	{8, "AIFC", "AIFF"},
	{0, "#!AMR", "AMR"},
	{0, ".snd", "a Sun audio file (AU)"},
	{0, "caff", "a Core Audio file (CAF)"},
	{0, "\x1a\x45\xdf\xa3", "a WebM or Matroska file"},
	{0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media Audio (WMA)"},
	{0, "riff\x2e\x91\xcf\x11", "Sony Wave64 (W64)"},
	{0, "RIFX", "WAV of the other byte order (RIFX)"},
	{8, "AVI ", "an AVI file"},
	{0, "MThd", "MIDI, which is no recording"},
	{0, "PK\x03\x04", "a ZIP archive"},
	{0, "\x1f\x8b", "a gzip archive"},
	{0, "%PDF", "a PDF document"},
	{0, "\x89PNG", "a picture"},
	{0, "\xff\xd8\xff", "a picture"},
	{0, "<!DOCTYPE", "a web page"},
	{0, "<!doctype", "a web page"},
	{0, "<html", "a web page"},
	{0, "<?xml", "an XML document"},
	{0, `{"`, "a JSON document"},
}

// foreignFormat names the format of a file, "" if it is not known; sure says that it cannot
// be an MP3 behind other data.
func foreignFormat(file []byte) (kind string, sure bool) {
	for _, s := range foreignFormats {
		if len(file) >= s.offset && bytes.HasPrefix(file[s.offset:], []byte(s.bytes)) {
			return s.kind, len(s.bytes) >= 4
		}
	}
	return "", false
}
