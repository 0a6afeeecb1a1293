// Package rtp reads and writes RTP packets (RFC 3550 §5.1) and telephone
// events (RFC 4733 §2.3). It knows bytes only: no socket, no clock, no codec.
//
// Read packet.go, then event.go.
package rtp

import (
	"encoding/binary"
	"fmt"
)

// HeaderSize is the length of a header without contributing sources or
// extension, the only kind that is written here.
const HeaderSize = 12

// Packet is one RTP packet. Payload shares the datagram's memory.
type Packet struct {
	Type      uint8
	Marker    bool
	Sequence  uint16
	Timestamp uint32
	Source    uint32
	Payload   []byte
}

// Parse reads a datagram; extension, contributing sources and padding are
// skipped.
func Parse(datagram []byte) (Packet, error) {
	if len(datagram) < HeaderSize || datagram[0]>>6 != 2 {
		return Packet{}, fmt.Errorf("parse RTP: %d bytes are no version 2 packet", len(datagram))
	}
	p := Packet{
		Type: datagram[1] & 0x7F, Marker: datagram[1]&0x80 != 0,
		Sequence:  binary.BigEndian.Uint16(datagram[2:]),
		Timestamp: binary.BigEndian.Uint32(datagram[4:]),
		Source:    binary.BigEndian.Uint32(datagram[8:]),
	}
	end, at := len(datagram), HeaderSize+4*int(datagram[0]&0x0F)
	if datagram[0]&0x10 != 0 {
		if at+4 > end {
			return Packet{}, fmt.Errorf("parse RTP: extension beyond the end")
		}
		at += 4 + 4*int(binary.BigEndian.Uint16(datagram[at+2:]))
	}
	if datagram[0]&0x20 != 0 {
		end -= int(datagram[end-1])
	}
	if at > end {
		return Packet{}, fmt.Errorf("parse RTP: header of %d bytes in %d", at, end)
	}
	p.Payload = datagram[at:end]
	return p, nil
}

// Put writes the header into the first HeaderSize bytes of the datagram, whose
// rest is the payload.
func Put(datagram []byte, p Packet) {
	datagram[0], datagram[1] = 0x80, p.Type
	if p.Marker {
		datagram[1] |= 0x80
	}
	binary.BigEndian.PutUint16(datagram[2:], p.Sequence)
	binary.BigEndian.PutUint32(datagram[4:], p.Timestamp)
	binary.BigEndian.PutUint32(datagram[8:], p.Source)
}
