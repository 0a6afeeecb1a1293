package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// mpeg1Bitrates are the bit rates of MPEG-1 layer III, in kbit/s by index;
// mpeg2Bitrates has those of MPEG-2.
var mpeg1Bitrates = [16]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0}

// layer3 is the header of an MPEG-1 or MPEG-2 layer III frame taken apart.
type layer3 struct {
	size    int // of the whole frame, in bytes
	body    int // where what follows header, checksum and side information begins
	samples int // for each channel
}

// readLayer3 takes apart the header that b begins with, which firstFrame has
// found to be one.
func readLayer3(b []byte) (f layer3) {
	mpeg1, mono := b[1]>>3&3 == 3, b[3]>>6 == 3
	bitrate, rate := mpeg2Bitrates[b[2]>>4], [4]int{22050, 24000, 16000, 1}[b[2]>>2&3]
	f.samples, f.body = 576, 4+17
	if mpeg1 {
		bitrate, rate, f.samples, f.body = mpeg1Bitrates[b[2]>>4], 2*rate, 1152, 4+32
	}
	if mono {
		f.body = map[bool]int{true: 4 + 17, false: 4 + 9}[mpeg1]
	}
	if b[1]&1 == 0 {
		f.body += 2
	}
	f.size = f.samples/8*1000*bitrate/rate + int(b[2]>>1&1)
	return f
}

// Where the fields of an info frame of the Xing layout stand, in bytes from its
// tag, and in the LAME extension from that on.
const (
	infoFlags, infoFrames, infoLAME = 4, 8, 120
	lameDelays                      = 21
	infoHasAll                      = 0xF // flags: frames, bytes, table of contents, quality
)

// withoutInfo returns what follows the frame with which many encoders begin a
// file to tell of the sound in it (Xing, Info and VBRI): it is none itself. It
// refuses a file whose encoder says that no sample of the frames is sound: they
// hold its delay and padding only.
func withoutInfo(b []byte) ([]byte, error) {
	f := readLayer3(b)
	frame := b[:min(f.size, len(b))]
	rest := b[len(frame):]
	const vbriAt = 4 + 32 // wherever the side information ends
	if len(frame) >= vbriAt+4 && string(frame[vbriAt:vbriAt+4]) == "VBRI" {
		return rest, nil
	}
	if len(frame) < f.body+4 {
		return b, nil
	}
	info := frame[f.body:]
	if tag := string(info[:4]); tag != "Xing" && tag != "Info" {
		return b, nil
	}
	if len(info) >= infoLAME+lameDelays+3 && binary.BigEndian.Uint32(info[infoFlags:]) == infoHasAll && bytes.HasPrefix(info[infoLAME:], []byte("LA")) {
		delays := info[infoLAME+lameDelays:]
		delay, padding := int(delays[0])<<4|int(delays[1])>>4, int(delays[1]&0xF)<<8|int(delays[2])
		if frames := int(binary.BigEndian.Uint32(info[infoFrames:])); frames*f.samples <= delay+padding {
			return nil, fmt.Errorf("%w: all %d samples of the MP3 are its encoder's delay and padding", ErrNoSound, frames*f.samples)
		}
	}
	return rest, nil
}
