package media

import (
	"github.com/thesyncim/gopus"

	"ringflow/media/sdp"
)

// opusMaxRate is the bit rate that a far end is asked not to exceed: that of speech at full
// bandwidth (RFC 7587 §3.1.1). What a party sends is relayed to another, which may want less.
const opusMaxRate = 40000

// opus is RFC 6716 in RTP (RFC 7587). It is sent as SILK at 8 kHz, at a constant bit rate: from
// a variable one the words of an encrypted prompt can be told (RFC 6562 §3). What is received
// may be anything that Opus can be.
var opus = &codec{
	Codec:      sdp.Codec{Name: "opus", PayloadType: 111, Rate: 48000, Channels: 2, Parameters: "maxaveragebitrate=40000;useinbandfec=1"},
	bytesPerMS: 3,
	wideband:   true,
	framed:     &framing{units: opusUnits, adapt: opusRate, relayed: func(wanted sdp.Codec) bool { return opusLimit(wanted) >= opusMaxRate }},
	encoder:    newOpusEncoder,
	decoder:    func() decoder { return new(opusDecoder) },
}

// opusLimit is the bit rate that a far end wants at most (RFC 7587 §6.1); one out of range
// does not count.
func opusLimit(wanted sdp.Codec) int {
	const least, most = 6000, 510000
	if limit, ok := wanted.Parameter("maxaveragebitrate"); ok && limit >= least && limit <= most {
		return limit
	}
	return most
}

// opusRate is what is sent to a far end, in bytes a millisecond: 24, 16 or 8 kbit/s; 8 also to
// one that wants 6 or 7, for which a packet of 10 ms has no whole number of bytes. Forward error
// correction would take a third of it, and twice the time.
func opusRate(wanted sdp.Codec) int { return max(1, min(3, opusLimit(wanted)/8000)) }

// opusUnits is how long a packet lasts by its table-of-contents byte and its number of
// frames (RFC 6716 §3), 0 for one that is malformed or longer than 120 ms.
func opusUnits(payload []byte) uint32 {
	if len(payload) == 0 {
		return 0
	}
	var frame uint32
	switch config := payload[0] >> 3; {
	case config < 12: // SILK
		frame = [4]uint32{480, 960, 1920, 2880}[config&3]
	case config < 16: // SILK and CELT
		frame = [2]uint32{480, 960}[config&1]
	default: // CELT
		frame = 120 << (config & 3)
	}
	count := uint32(1)
	switch payload[0] & 3 {
	case 1, 2:
		count = 2
	case 3:
		if len(payload) < 2 {
			return 0
		}
		count = uint32(payload[1] & 0x3F)
	}
	if frame*count > opusLongest {
		return 0
	}
	return frame * count
}

// opusLongest is the longest packet in timestamp units, 120 ms.
const opusLongest = 5760

const (
	// opusBlock is the shortest frame of SILK, 10 ms, in samples.
	opusBlock = 10 * samplesPerTick
	// opusBlocks is how many of them a packet has at most.
	opusBlocks = 12
	// opusComplexity is the encoder's, from 0 to 10: of telephone speech more makes no better
	// signal-to-noise ratio, and takes twice the time.
	opusComplexity = 0
)

// opusEncoder makes one packet of each block of samples, of 10 to 120 ms; what is left over is
// in the next.
type opusEncoder struct {
	next    *gopus.Encoder // nil: it has failed
	rate    int
	frame   int // samples of a frame, as next is set
	waiting []int16
	joined  *gopus.Repacketizer // of packets with several frames; nil until one is made
}

func newOpusEncoder(e encoding) encoder {
	return &opusEncoder{next: newSILKEncoder(e.rate), rate: e.rate, waiting: make([]int16, 0, (opusBlocks+1)*opusBlock)}
}

// newSILKEncoder returns nil if the library refuses a setting.
func newSILKEncoder(rate int) *gopus.Encoder {
	next, err := gopus.NewEncoder(gopus.EncoderConfig{SampleRate: sampleRate, Channels: 1, Application: gopus.ApplicationRestrictedSilk})
	if err != nil {
		return nil
	}
	for _, err := range []error{
		next.SetBitrate(8000 * rate), next.SetBitrateMode(gopus.BitrateModeCBR),
		next.SetComplexity(opusComplexity), next.SetSignal(gopus.SignalVoice),
	} {
		if err != nil {
			return nil
		}
	}
	return next
}

func (o *opusEncoder) encode(pcm []int16, out []byte) (n int) {
	o.waiting = append(o.waiting, pcm[:min(len(pcm), cap(o.waiting)-len(o.waiting))]...)
	blocks := min(len(o.waiting)/opusBlock, opusBlocks)
	if blocks == 0 {
		return 0
	}
	frame := 1
	for _, f := range []int{6, 4, 2} { // the frames of SILK
		if blocks%f == 0 {
			frame = f
			break
		}
	}
	n = o.packet(o.waiting[:blocks*opusBlock], frame*opusBlock, out)
	o.waiting = o.waiting[:copy(o.waiting, o.waiting[blocks*opusBlock:])]
	return n
}

// packet writes a packet of frames of so many samples. An encoder that fails makes none, and
// begins anew: it ends neither the worker nor its calls.
func (o *opusEncoder) packet(pcm []int16, frame int, out []byte) (n int) {
	if o.next == nil {
		o.next, o.frame = newSILKEncoder(o.rate), 0
	}
	defer func() {
		if recover() != nil || n == 0 {
			o.next, o.joined, n = nil, nil, 0
		}
	}()
	if frame != o.frame && (o.next == nil || o.next.SetFrameSize(frame) != nil) {
		return 0
	}
	o.frame = frame
	size := frame / samplesPerTick * o.rate
	if len(pcm) == frame {
		n, _ = o.next.EncodeInt16(pcm, out[:min(size, len(out))])
		return n
	}
	if o.joined == nil {
		o.joined = gopus.NewRepacketizer()
	}
	o.joined.Reset()
	for ; len(pcm) > 0; pcm = pcm[frame:] {
		packet := make([]byte, size) // which the repacketizer refers to
		n, err := o.next.EncodeInt16(pcm[:frame], packet)
		if err != nil || o.joined.Cat(packet[:n]) != nil {
			return 0
		}
	}
	n, _ = o.joined.Out(out)
	return n
}

// opusDecoder decodes one stream.
type opusDecoder struct {
	next      *gopus.Decoder // nil: none has been needed, or it has failed
	recovered [opusBlocks * opusBlock]float32
}

func (d *opusDecoder) decode(payload []byte, out []int16) (n int) {
	if opusUnits(payload) == 0 {
		return 0
	}
	return d.guarded(func() (int, error) { return d.next.DecodeInt16(payload, out) })
}

func (d *opusDecoder) recover(payload []byte, out []int16) (n int) {
	units := opusUnits(payload)
	if units == 0 || d.next == nil || !gopus.PacketHasLBRR(payload) {
		return 0
	}
	pcm := d.recovered[:units*sampleRate/uint32(opus.Rate)]
	n = d.guarded(func() (int, error) { return d.next.DecodeWithFEC(payload, pcm, true) })
	n = min(n, len(out))
	for i, v := range pcm[:n] {
		out[i] = clip(float64(v) * (1 << 15))
	}
	return n
}

// guarded calls the decoder: what the far end sends ends neither the worker nor its calls. One
// that fails begins anew.
func (d *opusDecoder) guarded(decode func() (int, error)) (n int) {
	if d.next == nil {
		d.next, _ = gopus.NewDecoder(gopus.DefaultDecoderConfig(sampleRate, 1))
	}
	defer func() {
		if recover() != nil {
			d.next, n = nil, 0
		}
	}()
	n, err := decode()
	if err != nil {
		return 0
	}
	return n
}
