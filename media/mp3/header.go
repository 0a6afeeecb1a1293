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
	intensity bool
	midSide   bool
	bands     int // index in the tables of bands
}

// HeaderSize is how many bytes ParseHeader looks at.
const HeaderSize = 4

// bitrates are in kbit/s, of MPEG-1 and of MPEG-2, by layer and index.
var bitrates = [2][4][15]int{
	{
		1: {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
		2: {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
		3: {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	}, {
		1: {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
		2: {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
		3: {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	},
}

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
	halvings := [4]int{0: 2, 2: 1, 3: 0}[version] // of the rates of MPEG-1
	h.Version, h.Layer = [3]int{1, 2, 25}[halvings], 4-int(layer)
	h.Rate, h.bands = [3]int{44100, 48000, 32000}[rate]>>halvings, [3][3]int{{0, 1, 2}, {3, 4, 5}, {5, 5, 6}}[halvings][rate]
	h.Channels, h.protected = 2, b[1]&1 == 0
	mode, extension := b[3]>>6, b[3]>>4&3
	if mode == 3 {
		h.Channels = 1
	}
	h.intensity, h.midSide = mode == 1 && extension&1 != 0, mode == 1 && extension&2 != 0
	slot := 1 // the unit of the size, in bytes
	switch h.Samples = 1152; {
	case h.Layer == 1:
		h.Samples, slot = 384, 4
	case h.Layer == 3 && h.Version != 1:
		h.Samples = 576
	}
	if bitrate > 0 {
		bits, padding := 1000*bitrates[min(halvings, 1)][h.Layer][bitrate], int(b[2]>>1&1)
		h.Size = slot * (h.Samples/8/slot*bits/h.Rate + padding)
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
