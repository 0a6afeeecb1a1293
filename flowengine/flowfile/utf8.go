package flowfile

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// UTF8 returns a text file in UTF-8, without its byte order mark. UTF-16 is told
// by its mark, or by the zero byte beside its first character, which is ASCII in
// every file of this package (RFC 4627 §3). The error is about UTF-16 that is
// broken off, and about UTF-32.
func UTF8(data []byte) ([]byte, error) {
	if rest, marked := bytes.CutPrefix(data, []byte("\xEF\xBB\xBF")); marked {
		return rest, nil
	}
	utf32LE, utf32BE := []byte{0xFF, 0xFE, 0, 0}, []byte{0, 0, 0xFE, 0xFF}
	switch {
	case bytes.HasPrefix(data, utf32LE) || bytes.HasPrefix(data, utf32BE):
		return nil, errors.New("the file is UTF-32: save it as UTF-8")
	case bytes.HasPrefix(data, utf32LE[:2]):
		return fromUTF16(data[2:], 0)
	case bytes.HasPrefix(data, utf32BE[2:]):
		return fromUTF16(data[2:], 1)
	case len(data) >= 2 && data[0] != 0 && data[1] == 0:
		return fromUTF16(data, 0)
	case len(data) >= 2 && data[0] == 0 && data[1] != 0:
		return fromUTF16(data, 1)
	}
	return data, nil
}

// fromUTF16 decodes units whose low byte stands at low. A surrogate without its
// other half becomes U+FFFD.
func fromUTF16(data []byte, low int) ([]byte, error) {
	if len(data)%2 != 0 {
		return nil, errors.New("the file is UTF-16 and ends in the middle of a character: it was cut")
	}
	unit := func(i int) rune { return rune(data[i+low]) | rune(data[i+1-low])<<8 }
	out := make([]byte, 0, len(data)/2)
	for i := 0; i < len(data); i += 2 {
		r := unit(i)
		if utf16.IsSurrogate(r) {
			pair := utf8.RuneError
			if i+2 < len(data) {
				pair = utf16.DecodeRune(r, unit(i+2))
			}
			if r = pair; r != utf8.RuneError {
				i += 2
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out, nil
}
