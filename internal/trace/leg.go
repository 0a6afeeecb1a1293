// Package trace keeps the SIP messages and an RTP summary of each leg, while it lives and
// after its end, within bounds of memory, bytes on the disk and age; and it writes the
// messages of the whole process to a file. It does not know how a message is sent, nor
// who may see it.
//
// Read recorder.go, which follows the legs that live, then storage.go, which has those that
// have ended.
package trace

import (
	"bytes"
	"net/netip"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/pcap"
	"ringflow/sip"
)

// Facts say whose leg a trace is.
type Facts struct {
	Account   string             `json:"account"`
	Execution record.ExecutionID `json:"execution"`
	Leg       string             `json:"leg"`
	CallID    string             `json:"call_id"`
	Trunk     string             `json:"trunk"`
}

// RTP is a summary of the audio of a leg. An address is not valid if there is none.
type RTP struct {
	Local  netip.AddrPort   `json:"local"`  // of our SDP
	Stated netip.AddrPort   `json:"stated"` // of the far end's SDP
	Remote netip.AddrPort   `json:"remote"` // where packets are sent
	Audio  *record.LegAudio `json:"audio"`  // measured until now, or until the end of the leg
}

// Leg is the trace of one leg. It is immutable.
type Leg struct {
	Facts
	RTP      *RTP // nil: none was measured
	Messages []Message
	Omitted  int  // messages after the first ones and before the last ones that were not kept
	Failed   bool // see Ending
	Live     bool
}

// Message is one SIP message, its secrets overwritten.
type Message struct {
	At            time.Time
	Sent          bool
	Transport     sip.Transport
	Local, Remote netip.AddrPort
	Raw           []byte
}

// Retransmission says whether the message at i is one that went the same way before, byte
// for byte.
func (l *Leg) Retransmission(i int) bool {
	m := l.Messages[i]
	for _, before := range l.Messages[:i] {
		if before.Sent == m.Sent && before.Remote == m.Remote && bytes.Equal(before.Raw, m.Raw) {
			return true
		}
	}
	return false
}

// Head is the head of the message.
func (m Message) Head() sip.Trace { return sip.ScanTrace(m.Raw) }

// packet is the message as a datagram, over whatever transport it went.
func (m Message) packet() pcap.Packet {
	p := pcap.Packet{At: m.At, From: m.Remote, To: m.Local, Payload: m.Raw}
	if m.Sent {
		p.From, p.To = p.To, p.From
	}
	return p
}

// Packets are the messages of legs in the order of time, for a packet capture.
func Packets(legs []Leg) (packets []pcap.Packet) {
	for _, l := range legs {
		for _, m := range l.Messages {
			packets = append(packets, m.packet())
		}
	}
	sortByTime(packets)
	return packets
}
