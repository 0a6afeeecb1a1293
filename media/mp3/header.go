package mp3

// Header is the header of a frame of MPEG audio, of any layer.
type Header struct {
	// Version is 1 for MPEG-1, 2 for MPEG-2 and 25 for MPEG-2.5.
	Version int
	// Layer is 1, 2 or 3.
	Layer int
	// Rate is in samples a second.
	Rate int
	// Channels is 1 or 2.
	Channels int
	// Samples of each channel.
	Samples int
	// Size of the frame in bytes, header and padding included; 0 for one of free
	// bit rate, which no header tells.
	Size int

	protected bool // a checksum follows the header
	joint     bool
	intensity bool
	midSide   bool
	bands     int // index in the tables of bands
}

// HeaderSize is how many bytes ParseHeader looks at.
const HeaderSize = 4

// Bit rates in kbit/s by index: of MPEG-1 by layer, and of MPEG-2 for layer I and
// for the others.
var (
	mpeg1Bitrates = [4][15]int{
		1: {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
		2: {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
		3: {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	}
	mpeg2Bitrates = [4][15]int{
		1: {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
		2: {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
		3: {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	}
)

// ParseHeader reads the header that b begins with; false if it is none.
func ParseHeader(b []byte) (h Header, ok bool) {
	if len(b) < HeaderSize || b[0] != 0xFF || b[1]&0xE0 != 0xE0 {
		return h, false
	}
	version, layer := b[1]>>3&3, b[1]>>1&3
	bitrate, rate, emphasis := int(b[2]>>4), int(b[2]>>2&3), b[3]&3
	if version == 1 || layer == 0 || bitrate == 15 || rate == 3 || emphasis == 2 {
		return h, false
	}
	h.Layer = 4 - int(layer)
	h.Rate = [3]int{44100, 48000, 32000}[rate]
	kbits := mpeg1Bitrates[h.Layer][bitrate]
	switch version {
	case 3:
		h.Version, h.bands = 1, rate
	case 2:
		h.Version, h.bands, h.Rate, kbits = 2, 3+rate, h.Rate/2, mpeg2Bitrates[h.Layer][bitrate]
	case 0:
		h.Version, h.bands, h.Rate, kbits = 25, 6+rate, h.Rate/4, mpeg2Bitrates[h.Layer][bitrate]
	}
	h.Channels, h.protected = 2, b[1]&1 == 0
	mode, extension := b[3]>>6, b[3]>>4&3
	if mode == 3 {
		h.Channels = 1
	}
	h.joint = mode == 1
	h.intensity, h.midSide = h.joint && extension&1 != 0, h.joint && extension&2 != 0
	padding, bits := int(b[2]>>1&1), kbits*1000
	switch {
	case h.Layer == 1:
		h.Samples, h.Size = 384, (12*bits/h.Rate+padding)*4
	case h.Layer == 3 && h.Version != 1:
		h.Samples, h.Size = 576, 72*bits/h.Rate+padding
	default:
		h.Samples, h.Size = 1152, 144*bits/h.Rate+padding
	}
	if bitrate == 0 {
		h.Size = 0
	}
	return h, true
}

// Follows reports whether h may stand in one stream with the header before it:
// version, layer and rate stay as they are, and so does the number of channels.
func (h Header) Follows(before Header) bool {
	return h.Version == before.Version && h.Layer == before.Layer && h.Rate == before.Rate && h.Channels == before.Channels
}

// SideSize is where the main data of a frame of layer III begins, in bytes: behind
// header, checksum and side information. Who writes of a stream in a frame of its
// own (Xing, LAME) writes there.
func (h Header) SideSize() int {
	size := HeaderSize + 17
	switch {
	case h.Version == 1 && h.Channels == 2:
		size += 15
	case h.Version != 1 && h.Channels == 1:
		size -= 8
	}
	if h.protected {
		size += 2
	}
	return size
}

func (h Header) granules() int { return h.Samples / granuleSamples }
