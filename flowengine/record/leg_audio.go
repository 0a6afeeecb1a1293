package record

// LegAudio is the measurements of the audio of a leg that was answered.
type LegAudio struct {
	Codec       string        `json:"codec" doc:"PCMU, PCMA, G722 or opus."`
	SRTP        string        `json:"srtp,omitempty" doc:"The crypto suite of SRTP that was agreed on last, such as AES_CM_128_HMAC_SHA1_80. Not there for plain RTP."`
	PacketsSent int64         `json:"packets_sent" doc:"RTP packets."`
	Reception   Reception     `json:"heard" doc:"nothing: not one packet came, no media. sampled: packets came, but nobody listened, so that most were dropped unread and nothing can be said about loss. measured: quality tells of the time in which all were read, while two legs were joined."`
	Quality     *AudioQuality `json:"quality,omitempty"`
	Level       *AudioLevel   `json:"level,omitempty"`
	Refused     *RefusedAudio `json:"refused,omitempty"`
	Excess      int64         `json:"packets_excess,omitempty" doc:"Packets of the far end that were dropped, since they brought more than a second of audio a second: it may send back what it hears. Not there if none was."`
	// Unauthenticated counts replayed packets, too.
	Unauthenticated int64 `json:"packets_unauthenticated,omitempty" doc:"Packets that were dropped since SRTP did not authenticate them: forged, under another key, plain RTP, or sent again. Not there if none was."`
}

// AudioLevel is how loud the far end was on the scale of RFC 6464, from 0, the
// overload point of the codec, to −127, digital silence. A leg whose audio was not
// measured has none.
type AudioLevel struct {
	Mean int `json:"mean_dbov" doc:"Mean level in dBov of what the far end sent while two legs were joined, of one packet of 16: 0 is the overload point of the codec, -127 digital silence; speech with its pauses has some -40 to -20."`
	Peak int `json:"peak_dbov" doc:"Level of the loudest packet of them in dBov. A far end that sends packets and no audio stays below some -60."`
}

// RefusedAudio is what came to a leg's RTP port from a source that may not be its
// far end. A LegAudio without it got nothing of the kind.
type RefusedAudio struct {
	Packets int64  `json:"packets" doc:"RTP packets that were dropped, since they came from an address that the trunk's rtp_from does not take."`
	From    string `json:"from" doc:"The source of the last of them, address and port."`
	Stated  string `json:"stated" doc:"Where the far end's SDP says that it is, address and port."`
}

// Reception is how much of the far end's audio was read.
type Reception string

// The values of Reception.
const (
	ReceptionNone     Reception = "nothing"
	ReceptionSampled  Reception = "sampled"
	ReceptionMeasured Reception = "measured"
)

// AudioQuality is how the packets of the far end arrived here, in one direction,
// while all of them were read.
type AudioQuality struct {
	Received   int64 `json:"packets_received" doc:"Packets that came, duplicates included."`
	Lost       int64 `json:"packets_lost" doc:"Packets that never came, by their numbers."`
	Duplicated int64 `json:"packets_duplicated" doc:"Packets that came once more."`
	OutOfOrder int64 `json:"packets_out_of_order" doc:"Packets that came after one sent later."`
	Late       int64 `json:"packets_late" doc:"Packets that came more than 60 ms behind the stream's pace, which a listener would not have waited for."`
	Short      int64 `json:"packets_short" doc:"Packets with less than 10 ms of audio."`
	// LossPercent is of the packets sent, as far as their numbers tell.
	LossPercent float64  `json:"loss_percent" doc:"Packets lost or late, of those sent."`
	JitterMS    float64  `json:"jitter_ms" doc:"Interarrival jitter (RFC 3550 A.8) in milliseconds, as it was last."`
	JitterMaxMS float64  `json:"jitter_max_ms" doc:"The highest that it was."`
	MOS         *float64 `json:"mos" doc:"Mean opinion score from 1 to 4.41, estimated from loss and lateness by the E-model of ITU-T G.107. Null if less than a second was heard, and for G722 and opus."`
}
