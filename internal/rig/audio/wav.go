package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ReadWAV takes the samples of a 16-bit mono PCM file at 8,000 Hz; any other
// kind is an error, since a reference must not pass through a conversion.
func ReadWAV(file []byte) ([]int16, error) {
	if len(file) < 12 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WAVE" {
		return nil, errors.New("read WAV: no RIFF WAVE header")
	}
	known := false
	for at := 12; at+8 <= len(file); {
		size := int(binary.LittleEndian.Uint32(file[at+4:]))
		body := file[at+8:]
		body = body[:min(size, len(body))]
		switch string(file[at : at+4]) {
		case "fmt ":
			if len(body) < 16 {
				return nil, errors.New("read WAV: short fmt chunk")
			}
			channels, rate, bits := binary.LittleEndian.Uint16(body[2:]), binary.LittleEndian.Uint32(body[4:]), binary.LittleEndian.Uint16(body[14:])
			if channels != 1 || rate != Rate || bits != 16 {
				return nil, fmt.Errorf("read WAV: %d channels at %d Hz with %d bits, want 1 at 8000 with 16", channels, rate, bits)
			}
			known = true
		case "data":
			if !known {
				return nil, errors.New("read WAV: data before fmt")
			}
			samples := make([]int16, len(body)/2)
			for i := range samples {
				samples[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
			}
			return samples, nil
		}
		at += 8 + size + size&1
	}
	return nil, errors.New("read WAV: no data chunk")
}

// WriteWAV makes such a file.
func WriteWAV(samples []int16) []byte {
	size := 2 * len(samples)
	b := append(make([]byte, 0, 44+size), "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(36+size))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	for _, field := range []uint16{1, 1, Rate, 0, 2 * Rate, 0, 2, 16} {
		b = binary.LittleEndian.AppendUint16(b, field)
	}
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}
