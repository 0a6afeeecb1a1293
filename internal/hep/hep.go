// Package hep writes packets of the Homer Encapsulation Protocol, version 3 (the HEP/EEP
// specification of the SIPCAPTURE project, rev. 12), by which a capture server such as
// Homer gets copies of messages. It does not know what the messages are.
package hep

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Packet is one message with its addresses, which are of one family.
type Packet struct {
	At       time.Time
	From, To netip.AddrPort
	TCP      bool // over a stream, also one of TLS; else over UDP
	Payload  []byte
}

// Agent is the sender of packets.
type Agent struct {
	ID       uint32 // capture agent id
	Password string // authentication key; empty: none
}

// The types of generic chunks (vendor 0).
const (
	chunkFamily      = 0x0001 // uint8: 2 IPv4, 10 IPv6
	chunkProtocol    = 0x0002 // uint8: 6 TCP, 17 UDP
	chunkSourceV4    = 0x0003
	chunkTargetV4    = 0x0004
	chunkSourceV6    = 0x0005
	chunkTargetV6    = 0x0006
	chunkSourcePort  = 0x0007 // uint16
	chunkTargetPort  = 0x0008 // uint16
	chunkSeconds     = 0x0009 // uint32
	chunkMicros      = 0x000a // uint32
	chunkPayloadType = 0x000b // uint8
	chunkAgent       = 0x000c // uint32
	chunkPassword    = 0x000e
	chunkPayload     = 0x000f
)

const (
	familyV4, familyV6       = 2, 10
	protocolTCP, protocolUDP = 6, 17
	payloadSIP               = 1
	headLength               = 6 // HEP3 and the length of all
	chunkHead                = 6 // vendor, type, length
	maxLength                = 65507
)

// Append appends the packet with a SIP message. A payload that no datagram can take is
// cut.
func (a Agent) Append(b []byte, p Packet) []byte {
	start := len(b)
	b = append(b, "HEP3\x00\x00"...)
	from, to := p.From.Addr().Unmap(), p.To.Addr().Unmap()
	chunk := func(kind uint16, value ...byte) {
		b = binary.BigEndian.AppendUint16(b, 0)
		b = binary.BigEndian.AppendUint16(b, kind)
		b = binary.BigEndian.AppendUint16(b, uint16(chunkHead+len(value)))
		b = append(b, value...)
	}
	long := func(kind uint16, value uint32) { chunk(kind, binary.BigEndian.AppendUint32(nil, value)...) }
	short := func(kind, value uint16) { chunk(kind, byte(value>>8), byte(value)) }
	if from.Is4() && to.Is4() {
		chunk(chunkFamily, familyV4)
	} else {
		chunk(chunkFamily, familyV6)
	}
	if p.TCP {
		chunk(chunkProtocol, protocolTCP)
	} else {
		chunk(chunkProtocol, protocolUDP)
	}
	if from.Is4() && to.Is4() {
		chunk(chunkSourceV4, from.AsSlice()...)
		chunk(chunkTargetV4, to.AsSlice()...)
	} else {
		f, t := from.As16(), to.As16()
		chunk(chunkSourceV6, f[:]...)
		chunk(chunkTargetV6, t[:]...)
	}
	short(chunkSourcePort, p.From.Port())
	short(chunkTargetPort, p.To.Port())
	long(chunkSeconds, uint32(p.At.Unix()))
	long(chunkMicros, uint32(p.At.Nanosecond()/1000))
	chunk(chunkPayloadType, payloadSIP)
	long(chunkAgent, a.ID)
	if a.Password != "" {
		chunk(chunkPassword, []byte(a.Password)...)
	}
	room := maxLength - (len(b) - start) - chunkHead
	chunk(chunkPayload, p.Payload[:min(len(p.Payload), room)]...)
	binary.BigEndian.PutUint16(b[start+len("HEP3"):], uint16(len(b)-start))
	return b
}
