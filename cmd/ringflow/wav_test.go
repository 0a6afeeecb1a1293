//go:build interop

package main_test

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// unwav reads the samples of a 16-bit mono WAV file at 8 kHz.
func unwav(file []byte) ([]int16, error) {
	if len(file) < 12 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WAVE" {
		return nil, errors.New("no WAV file")
	}
	for rest := file[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:8]))
		body := rest[8:min(8+size, len(rest))]
		switch name {
		case "fmt ":
			if !bytes.Equal(body[:8], []byte{1, 0, 1, 0, 0x40, 0x1f, 0, 0}) || body[14] != 16 {
				return nil, errors.New("not 16-bit mono at 8 kHz")
			}
		case "data":
			pcm := make([]int16, len(body)/2)
			for i := range pcm {
				pcm[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
			}
			return pcm, nil
		}
		rest = rest[min(8+size+size%2, len(rest)):]
	}
	return nil, errors.New("no data in the WAV file")
}
