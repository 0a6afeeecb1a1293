package media

import "time"

// The decoder gets the size of an MPEG-2 frame wrong where the rate is 22.05 kHz
// and half the frame's bits make no whole number: it halves after adding the
// padding and loses a byte, and with it the bits that frames borrow from those
// before them. refitMP3 writes such a file anew with frames that are all of one
// even size and borrow nothing, each holding its own bits only. Sound is not
// touched.

const (
	refitBitrate = 14                       // index of 160 kbit/s, the largest of MPEG-2
	refitSize    = 144 * 160000 / 22050 / 2 // bytes, as the decoder computes it
	// refitMost is more than a prompt may hold, in bytes: what goes beyond it is
	// refused for its length.
	refitMost  = (int(maxSound/time.Second)*22050/576 + 2) * refitSize
	borrowMost = 255 // bytes: main_data_begin has eight bits in MPEG-2
)

// mpeg2Bitrates are the bit rates of MPEG-2 layer III, in kbit/s by index.
var mpeg2Bitrates = [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}

// frame22050 is one frame of MPEG-2 layer III at 22.05 kHz taken apart.
type frame22050 struct {
	size     int
	header   [4]byte
	side     []byte // side information
	mainData []byte // what the frame adds to the bits that frames draw from
}

// parseFrame22050 reads the frame that b begins with.
func parseFrame22050(b []byte) (f frame22050, ok bool) {
	if len(b) < 4 || b[0] != 0xFF || b[1]&0xFE != 0xF2 || b[2]>>2&3 != 0 || mpeg2Bitrates[b[2]>>4] == 0 {
		return f, false
	}
	f.header = [4]byte(b)
	f.size = 72*1000*mpeg2Bitrates[b[2]>>4]/22050 + int(b[2]>>1&1)
	at, side := 4, 17
	if b[1]&1 == 0 {
		at += 2 // a checksum
	}
	if b[3]>>6 == 3 {
		side = 9 // one channel
	}
	if at+side > f.size || f.size > len(b) {
		return f, false
	}
	f.side, f.mainData = b[at:at+side], b[at+side:f.size]
	return f, true
}

// needs is how many bytes of main data the frame's sound takes up.
func (f frame22050) needs() int {
	const channelBits, private = 63, 8
	bits, at := 0, private+1
	if len(f.side) > 9 {
		at = private + 2
		bits = f.bits(at+channelBits, 12)
	}
	return (bits + f.bits(at, 12) + 7) / 8
}

func (f frame22050) bits(at, n int) (v int) {
	for i := at; i < at+n; i++ {
		v = v<<1 | int(f.side[i/8]>>(7-i%8)&1)
	}
	return v
}

// refitMP3 rewrites a file of 22.05 kHz. A frame whose borrowed bits are missing,
// as at a cut, is left out, and so is what is no such frame.
func refitMP3(file []byte) []byte {
	var out, before []byte
	for at := 0; at < len(file) && len(out) < refitMost; {
		f, ok := parseFrame22050(file[at:])
		if !ok {
			at++
			continue
		}
		at += f.size
		borrowed := int(f.side[0])
		have := len(before) >= borrowed
		data := append(append([]byte(nil), before[max(0, len(before)-borrowed):]...), f.mainData...)
		before = append(before, f.mainData...)
		before = before[max(0, len(before)-borrowMost):]
		frame := make([]byte, refitSize)
		need := f.needs()
		if !have || need > len(data) || 4+len(f.side)+need > len(frame) {
			continue
		}
		copy(frame, []byte{f.header[0], f.header[1] | 1, refitBitrate<<4 | f.header[2]&0x01, f.header[3]})
		copy(frame[4:], f.side)
		frame[4] = 0 // borrows nothing
		copy(frame[4+len(f.side):], data[:need])
		out = append(out, frame...)
	}
	return out
}
