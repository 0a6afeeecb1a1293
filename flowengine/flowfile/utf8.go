package flowfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf16"
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
		return fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, utf32BE[2:]):
		return fromUTF16(data[2:], binary.BigEndian)
	case len(data) >= 2 && data[0] != 0 && data[1] == 0:
		return fromUTF16(data, binary.LittleEndian)
	case len(data) >= 2 && data[0] == 0 && data[1] != 0:
		return fromUTF16(data, binary.BigEndian)
	}
	return data, nil
}

// fromUTF16 decodes UTF-16. A surrogate without its other half becomes U+FFFD.
func fromUTF16(data []byte, order binary.ByteOrder) ([]byte, error) {
	if len(data)%2 != 0 {
		return nil, errors.New("the file is UTF-16 and ends in the middle of a character: it was cut")
	}
	units := make([]uint16, len(data)/2)
	_, _ = binary.Decode(data, order, units) // as many as there are
	return []byte(string(utf16.Decode(units))), nil
}
