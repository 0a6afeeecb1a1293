// Package pcap writes and counts packet captures in the classic format of libpcap, as Wireshark and
// sngrep read them: each payload as one UDP datagram over IPv4 or IPv6 without a link
// layer. It does not know what the payloads are.
package pcap

import (
	"encoding/binary"
	"io"
	"net/netip"
	"time"
)

// MediaType is the one that the captures have over HTTP.
const MediaType = "application/vnd.tcpdump.pcap"

// MaxPayload is the longest payload of one datagram over IPv4.
const MaxPayload = 65535 - ipv4Header - udpHeader

const (
	linkTypeRaw  = 101 // LINKTYPE_RAW: the packet begins with its IP header
	snapLength   = 1 << 18
	magic        = 0xa1b2c3d4 // times in microseconds
	recordLength = 16         // of the header of a packet
	ipv4Header   = 20
	ipv6Header   = 40
	udpHeader    = 8
	udpProtocol  = 17
)

// Header is the beginning of a capture. Times are in microseconds.
func Header() []byte {
	b := binary.LittleEndian.AppendUint32(nil, magic)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 4)
	b = binary.LittleEndian.AppendUint64(b, 0) // UTC, no accuracy
	b = binary.LittleEndian.AppendUint32(b, snapLength)
	return binary.LittleEndian.AppendUint32(b, linkTypeRaw)
}

// Packet is one payload with its addresses. Both are of one family; an address that is
// not valid is taken for the unspecified one.
type Packet struct {
	At      time.Time
	From    netip.AddrPort
	To      netip.AddrPort
	Payload []byte // cut after MaxPayload
}

// AppendTo appends the packet, as it follows a Header or another packet.
func (p Packet) AppendTo(b []byte) []byte {
	payload := p.Payload[:min(len(p.Payload), MaxPayload)]
	from, to := p.From.Addr().Unmap(), p.To.Addr().Unmap()
	v6 := from.Is6() || to.Is6()
	length := ipv4Header + udpHeader + len(payload)
	if v6 {
		length = ipv6Header + udpHeader + len(payload)
	}
	micros := p.At.UnixMicro()
	b = binary.LittleEndian.AppendUint32(b, uint32(micros/1e6))
	b = binary.LittleEndian.AppendUint32(b, uint32(micros%1e6))
	b = binary.LittleEndian.AppendUint32(b, uint32(length))
	b = binary.LittleEndian.AppendUint32(b, uint32(length))
	var pseudo []byte // what the checksum of UDP covers beside the datagram
	if v6 {
		b = binary.BigEndian.AppendUint32(b, 6<<28)
		b = binary.BigEndian.AppendUint16(b, uint16(udpHeader+len(payload)))
		b = append(b, udpProtocol, 64)
		f, t := as16(from), as16(to)
		b = append(append(b, f[:]...), t[:]...)
		pseudo = append(append(pseudo, f[:]...), t[:]...)
	} else {
		start := len(b)
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(length))
		b = append(b, 0, 0, 0x40, 0, 64, udpProtocol, 0, 0) // do not fragment
		f, t := as4(from), as4(to)
		b = append(append(b, f[:]...), t[:]...)
		pseudo = append(append(pseudo, f[:]...), t[:]...)
		binary.BigEndian.PutUint16(b[start+10:], ^sum(0, b[start:]))
	}
	start := len(b)
	b = binary.BigEndian.AppendUint16(b, p.From.Port())
	b = binary.BigEndian.AppendUint16(b, p.To.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(udpHeader+len(payload)))
	b = append(b, 0, 0)
	b = append(b, payload...)
	pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(udpHeader+len(payload)))
	check := ^sum(sum(udpProtocol, pseudo), b[start:])
	if check == 0 {
		check = 0xffff // RFC 768: 0 is no checksum
	}
	binary.BigEndian.PutUint16(b[start+6:], check)
	return b
}

// sum adds to a sum in ones' complement (RFC 1071).
func sum(start uint16, b []byte) uint16 {
	s := uint64(start)
	for ; len(b) > 1; b = b[2:] {
		s += uint64(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		s += uint64(b[0]) << 8
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}

func as4(a netip.Addr) (b [4]byte) {
	if a.Is4() {
		b = a.As4()
	}
	return b
}

func as16(a netip.Addr) (b [16]byte) {
	if a.IsValid() {
		b = a.As16()
	}
	return b
}

// Write writes a whole capture.
func Write(w io.Writer, packets []Packet) error {
	b := Header()
	for _, p := range packets {
		b = p.AppendTo(b)
	}
	_, err := w.Write(b)
	return err
}
