package media

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Formats of the audio in a WAV file (RFC 2361).
const (
	wavPCM        = 1
	wavMSADPCM    = 2
	wavFloat      = 3
	wavALaw       = 6
	wavULaw       = 7
	wavIMAADPCM   = 0x11
	wavMPEG       = 0x50
	wavMP3        = 0x55
	wavExtensible = 0xFFFE
)

// wavUnsupported names the formats that are not read.
var wavUnsupported = map[int]string{
	0x0010: "ADPCM of OKI", 0x0014: "G.723", 0x0016: "ADPCM of DIALOGIC (VOX)", 0x0017: "ADPCM of DIALOGIC (VOX)", 0x0020: "ADPCM of Yamaha", 0x0022: "TrueSpeech",
	0x0031: "GSM 06.10", 0x0032: "GSM 06.10", 0x0040: "G.721 ADPCM", 0x0041: "G.728", 0x0042: "G.723.1", 0x0045: "G.726 ADPCM",
	0x0059: "G.723.1", 0x0064: "G.726 ADPCM", 0x0065: "G.722", 0x0083: "G.729", 0x0085: "G.726 ADPCM",
	0x0092: "AC-3", 0x00FF: "AAC", 0x0160: "Windows Media Audio", 0x0161: "Windows Media Audio", 0x0162: "Windows Media Audio", 0x0163: "Windows Media Audio",
	0x028F: "G.722", 0x0270: "ATRAC", 0x1600: "AAC", 0x1602: "AAC", 0x1610: "AAC", 0x2000: "AC-3", 0x674F: "Vorbis", 0x6750: "Vorbis",
	0x6751: "Vorbis", 0x704F: "Opus", 0xA106: "AAC", 0xA109: "Speex", 0xF1AC: "FLAC",
}

// wavFormat is how the chunk fmt begins.
type wavFormat struct {
	Format, Channels     uint16
	Rate, BytesPerSecond uint32
	Block, Bits          uint16
}

// readFormat reads the chunk fmt.
func (w *wav) readFormat(b []byte) error {
	var f wavFormat
	if _, err := binary.Decode(b, binary.LittleEndian, &f); err != nil {
		return fmt.Errorf("%w: WAV format of %d bytes, want 16 at least", ErrAudio, len(b))
	}
	w.format, w.channels, w.block, w.bits = int(f.Format), int(f.Channels), int(f.Block), int(f.Bits)
	if w.format == wavExtensible && len(b) >= 26 {
		w.format = int(binary.LittleEndian.Uint16(b[24:])) // the sub-format begins with the plain code
	}
	if w.channels < 1 || w.channels > 8 {
		return fmt.Errorf("%w: %d channels, want 1–8", ErrAudio, w.channels)
	}
	w.rate = int(min(f.Rate, math.MaxInt32))
	if err := checkRate(w.rate); err != nil {
		return err
	}
	switch w.format {
	case wavMP3, wavMPEG:
		return nil
	case wavIMAADPCM, wavMSADPCM:
		return w.readADPCM(b)
	case wavPCM:
		// Samples lie in whole bytes, high bits first: 20 bits in 24, 24 in 32.
		if container := w.block / w.channels; w.block%w.channels == 0 && container <= 4 && w.bits > 8 && 8*container > w.bits {
			w.bits = 8 * container
		}
	}
	if name := wavUnsupported[w.format]; name != "" {
		return fmt.Errorf("%w: WAV of %s, want PCM, float, A-law, µ-law, or IMA or Microsoft ADPCM", ErrAudio, name)
	}
	if wavSamplers[[2]int{w.format, w.bits}] == nil {
		return fmt.Errorf("%w: WAV format %d of %d bits, want PCM of 8, 16, 24 or 32, float of 32 or 64, A-law or µ-law of 8",
			ErrAudio, w.format, w.bits)
	}
	return nil
}

// adpcmHeaderSizes are the bytes of each channel before the codes of a block.
var adpcmHeaderSizes = map[int]int{wavIMAADPCM: 4, wavMSADPCM: 7}

// readADPCM reads what the format says of blocks.
func (w *wav) readADPCM(b []byte) error {
	least := adpcmHeaderSizes[w.format] * w.channels
	if w.bits != 4 || w.block <= least {
		return fmt.Errorf("%w: WAV of ADPCM of %d bits in blocks of %d bytes, want 4 bits and more than %d bytes", ErrAudio, w.bits, w.block, least)
	}
	if w.format == wavIMAADPCM {
		return nil
	}
	w.predictors = [][2]int16{{256, 0}, {512, -256}, {0, 0}, {192, 64}, {240, 0}, {460, -208}, {392, -232}}
	if len(b) < 22 {
		return nil
	}
	own := make([][2]int16, binary.LittleEndian.Uint16(b[20:]))
	if _, err := binary.Decode(b[22:], binary.LittleEndian, own); err == nil && len(own) > 0 {
		w.predictors = own
	}
	return nil
}

// expandADPCM makes PCM of 16 bits of ADPCM, unless it is longer than a prompt may be.
func (w *wav) expandADPCM() error {
	blocks := len(w.data)/w.block + 1
	if err := checkLength(2*max(0, len(w.data)/w.channels-blocks*adpcmHeaderSizes[w.format]), w.rate); err != nil { // two codes a byte
		return err
	}
	var pcm []int16
	for data := w.data; len(data) > 0; {
		block := data[:min(w.block, len(data))]
		if data = data[len(block):]; w.format == wavIMAADPCM {
			pcm = decodeIMA(block, w.channels, pcm)
		} else {
			pcm = decodeMS(block, w.channels, w.predictors, pcm)
		}
	}
	if w.samples > 0 { // the last block is padded
		pcm = pcm[:min(len(pcm), w.samples*w.channels)]
	}
	w.data, _ = binary.Append(nil, binary.LittleEndian, pcm)
	w.format, w.bits = wavPCM, 16
	return nil
}
