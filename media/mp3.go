package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

// decodeMP3 reads an MP3 file as 8 kHz samples. The decoder panics on some
// damaged files, which is an error like any other here.
func decodeMP3(file []byte) (pcm []int16, err error) {
	defer func() {
		if r := recover(); r != nil {
			pcm, err = nil, fmt.Errorf("%w: damaged MP3: %v", ErrSound, r)
		}
	}()
	if file, err = readableMP3(file); err != nil {
		return nil, err
	}
	// A reader that cannot seek spares the decoder a pass over the whole file.
	d, err := mp3.NewDecoder(struct{ io.Reader }{bytes.NewReader(file)})
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%w: no frame of the MP3 is whole", ErrNoSound)
	case err != nil:
		return nil, fmt.Errorf("%w: read MP3: %w", ErrSound, err)
	}
	rate := d.SampleRate()
	if err := checkRate(rate); err != nil {
		return nil, err
	}
	r := newResampler(rate)
	const frame = 4 // the decoder always gives two channels of 16 bits
	raw, block := make([]byte, 4096*frame), make([]float32, 4096)
	for total := 0; ; {
		n, err := io.ReadFull(d, raw)
		for i := range n / frame {
			left, right := binary.LittleEndian.Uint16(raw[i*frame:]), binary.LittleEndian.Uint16(raw[i*frame+2:])
			block[i] = (float32(int16(left)) + float32(int16(right))) / 2
		}
		r.push(block[:n/frame])
		total += n / frame
		if lengthErr := checkLength(total, rate); lengthErr != nil {
			return nil, lengthErr
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			if total == 0 {
				return nil, fmt.Errorf("%w: no frame of the MP3 could be decoded", ErrNoSound)
			}
			return r.finish(), nil
		case err != nil:
			return nil, fmt.Errorf("%w: read MP3: %w", ErrSound, err)
		}
	}
}

// readableMP3 returns what of a file the decoder can read: from the first frame of
// sound on.
func readableMP3(file []byte) ([]byte, error) {
	b := file
	for len(b) >= 10 && bytes.HasPrefix(b, []byte("ID3")) {
		size := int(b[6]&0x7F)<<21 | int(b[7]&0x7F)<<14 | int(b[8]&0x7F)<<7 | int(b[9]&0x7F)
		b = b[min(len(b), 10+size):]
	}
	b, err := firstFrame(b)
	if err != nil {
		return nil, err
	}
	if b, err = withoutInfo(b); err != nil {
		return nil, err
	}
	if b, err = firstFrame(b); err != nil {
		return nil, err
	}
	if version, rate := b[1]>>3&3, b[2]>>2&3; version == 2 && rate == 0 {
		if b = refitMP3(b); len(b) == 0 {
			return nil, fmt.Errorf("%w: no frame of the MP3 is whole", ErrNoSound)
		}
	}
	return b, nil
}

// firstFrame returns b from its first frame on. Layers I and II and MPEG 2.5 are
// refused: the decoder takes the latter, of 8 to 12 kHz, for MPEG 2 and plays
// noise.
func firstFrame(b []byte) ([]byte, error) {
	for ; len(b) >= 4; b = b[1:] {
		version, layer := b[1]>>3&3, b[1]>>1&3
		bitrate, rate := b[2]>>4, b[2]>>2&3
		if b[0] != 0xFF || b[1]&0xE0 != 0xE0 || version == 1 || layer == 0 || bitrate == 15 || rate == 3 {
			continue // not the header of a frame
		}
		switch {
		case version == 0:
			return nil, fmt.Errorf("%w: MP3 of MPEG 2.5 (8, 11.025 or 12 kHz), want 16 kHz or more", ErrSound)
		case layer != 1:
			return nil, fmt.Errorf("%w: MPEG audio layer I or II, want layer III", ErrSound)
		case bitrate == 0:
			return nil, fmt.Errorf("%w: MP3 of free bit rate, want a fixed or variable one", ErrSound)
		}
		return b, nil
	}
	return nil, fmt.Errorf("%w: the MP3 has no frame of sound", ErrNoSound)
}
