package media

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"ringflow/media/mp3"
)

// confirmingHeaders is how many headers that fit together make a frame out of bytes that
// look like one, where nothing else tells that it begins there.
const confirmingHeaders = 3

// eachFrame calls yield with each whole frame of layer III in turn; follows tells
// that it stands right behind the one before. It returns the error of yield, or
// that a stream of another kind stands where frames should.
func eachFrame(file []byte, yield func(h mp3.Header, frame []byte, follows bool) error) error {
	var odd error                 // the first header is one that is not read
	end, last := -1, mp3.Header{} // of the frame before
	tagEnd := 0                   // where a frame may begin that no other confirms
	for at := 0; at < len(file); {
		if n := tagSize(file[at:]); n > 0 {
			at += n
			tagEnd = at
			continue
		}
		h, is := mp3.ParseHeader(file[at:])
		follows := at == end
		switch sure := is && confirmed(file, at, h); {
		case is && follows && h.Follows(last), sure && h.Layer == 3:
		case sure:
			return layerError(h)
		case is && at == tagEnd && (h.Layer != 3 || h.Size == 0):
			if odd = layerError(h); h.Size == 0 {
				odd = fmt.Errorf("%w: MP3 of free bit rate, want a fixed or variable one", ErrAudio)
			}
			fallthrough
		case !is || at != tagEnd:
			if end < 0 && isADTS(file[at:]) {
				return fmt.Errorf("%w: AAC (ADTS), want WAV or MP3", ErrAudio)
			}
			at++
			continue
		}
		if h.Size <= h.SideSize() || at+h.Size > len(file) {
			at++ // cut by the end of the file, or no frame
			continue
		}
		if cut := cutAt(file, at, h); cut > 0 {
			at = cut
			continue
		}
		if err := yield(h, file[at:at+h.Size], follows); err != nil {
			return err
		}
		at += h.Size
		end, last = at, h
	}
	if end < 0 {
		return odd
	}
	return nil
}

func layerError(h mp3.Header) error {
	return fmt.Errorf("%w: MPEG audio layer %s, want layer III (MP3)", ErrAudio, map[int]string{1: "I", 2: "II (MP2)"}[h.Layer])
}

// confirmed reports whether headers that fit follow the one at a place, or the end
// of the file or a tag does.
func confirmed(file []byte, at int, h mp3.Header) bool {
	for i := range confirmingHeaders - 1 {
		if h.Size == 0 {
			return false
		}
		switch at += h.Size; {
		case at > len(file):
			return i > 0 // the frame itself is whole
		case at > len(file)-mp3.HeaderSize || tagSize(file[at:]) > 0:
			return true
		}
		next, is := mp3.ParseHeader(file[at:])
		if !is || !next.Follows(h) {
			return false
		}
		h = next
	}
	return true
}

// cutAt returns where in the frame at a place another begins, since the file was
// cut there and joined with the next; 0 if none does.
func cutAt(file []byte, at int, h mp3.Header) int {
	end := at + h.Size
	if end == len(file) || tagSize(file[end:]) > 0 {
		return 0
	}
	if next, is := mp3.ParseHeader(file[end:]); is && (next.Follows(h) || confirmed(file, end, next)) {
		return 0
	}
	for inside := at + mp3.HeaderSize; inside < end; inside++ {
		if n := tagSize(file[inside:]); n > mp3.HeaderSize {
			return inside
		}
		if h, is := mp3.ParseHeader(file[inside:]); is && confirmed(file, inside, h) {
			return inside
		}
	}
	return 0
}

// tagSize is the size of the tag that b begins with, 0 for none: ID3v2, ID3v1 and
// its extension, APEv2 and Lyrics3. A tag that says to be longer than the file
// takes all of it.
func tagSize(b []byte) int {
	size := 0
	switch {
	case len(b) >= 10 && string(b[:3]) == "ID3" && b[3] < 0xFF && b[4] < 0xFF && (b[6]|b[7]|b[8]|b[9])&0x80 == 0:
		size = 10 + (int(b[6])<<21 | int(b[7])<<14 | int(b[8])<<7 | int(b[9]))
		if b[5]&0x10 != 0 {
			size += 10 // a footer
		}
	case len(b) >= 227 && string(b[:4]) == "TAG+":
		size = 227
	case len(b) >= 128 && string(b[:3]) == "TAG":
		size = 128
	case len(b) >= 32 && string(b[:8]) == "APETAGEX":
		size = 32
		if binary.LittleEndian.Uint32(b[20:])>>29&1 == 1 { // the header, and no footer
			size += int(binary.LittleEndian.Uint32(b[12:]))
		}
	case bytes.HasPrefix(b, []byte(lyricsBegin)):
		size = lyricsSize(b)
	}
	return min(size, len(b))
}

const lyricsBegin = "LYRICSBEGIN"

// lyricsSize is the size of the Lyrics3 tag that b begins with, 0 if it does not end.
// Its end is looked for as far as another one begins: a file of nothing but
// beginnings is searched once.
func lyricsSize(b []byte) int {
	const most = 1 << 20
	b = b[:min(len(b), most)]
	if next := bytes.Index(b[len(lyricsBegin):], []byte(lyricsBegin)); next >= 0 {
		b = b[:len(lyricsBegin)+next]
	}
	for _, end := range [2]string{"LYRICS200", "LYRICSEND"} {
		if i := bytes.Index(b, []byte(end)); i >= 0 {
			return i + len(end)
		}
	}
	return 0
}

// isADTS reports whether b begins with three frames of AAC in their transport
// format (ISO/IEC 13818-7 §6.2) that fit together, or with one or two and its end.
func isADTS(b []byte) bool {
	const header, fixed = 7, 3 // fixed is how many bytes all frames of a stream share, but for the low bits of the next
	first := b
	for i := range 3 {
		if len(b) == 0 {
			return i > 0
		}
		if len(b) < header || b[0] != 0xFF || b[1]&0xF6 != 0xF0 || b[2]>>2&0xF > 12 || string(b[:fixed]) != string(first[:fixed]) || b[3]>>4 != first[3]>>4 {
			return false
		}
		size := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5
		if size < header || size > len(b) {
			return false
		}
		b = b[size:]
	}
	return true
}
