package trace

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"net/netip"
	"slices"
	"time"

	"ringflow/sip"
)

// An entry of a segment file is one leg:
//
//	magic, 4 bytes · length of the head · length of the body · CRC-32 of both
//	head: JSON of entryHead
//	body: the messages, one after the other
//
// Lengths are uint32 in big endian. A message is its time (int64, nanoseconds since 1970),
// a byte of flags (1: sent), three short texts with a byte of length each (transport, local
// and remote address), and its bytes after their length.
const (
	entryMagic  = "RFT1"
	entryPrefix = 16
	maxHead     = 1 << 16
	maxBody     = 16 << 20
)

// entryHead is what a search reads of an entry.
type entryHead struct {
	Facts
	RTP     *RTP `json:"rtp,omitempty"`
	Omitted int  `json:"omitted,omitempty"`
	Failed  bool `json:"failed,omitempty"`
}

var errEntry = errors.New("it is no entry of a trace")

// appendEntry appends a leg to b.
func appendEntry(b []byte, l Leg) ([]byte, error) {
	head, err := json.Marshal(entryHead{l.Facts, l.RTP, l.Omitted, l.Failed})
	if err != nil {
		return b, err
	}
	start := len(b)
	b = append(append(b, entryMagic...), make([]byte, entryPrefix-len(entryMagic))...)
	b = append(b, head...)
	for _, m := range l.Messages {
		b = appendMessage(b, m)
	}
	rest := b[start+entryPrefix:]
	binary.BigEndian.PutUint32(b[start+4:], uint32(len(head)))
	binary.BigEndian.PutUint32(b[start+8:], uint32(len(rest)-len(head)))
	binary.BigEndian.PutUint32(b[start+12:], crc32.ChecksumIEEE(rest))
	return b, nil
}

func appendMessage(b []byte, m Message) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(m.At.UnixNano()))
	flags := byte(0)
	if m.Sent {
		flags = 1
	}
	b = append(b, flags, byte(len(m.Transport)))
	b = append(b, m.Transport...)
	for _, a := range []netip.AddrPort{m.Local, m.Remote} {
		at := len(b)
		b = a.AppendTo(append(b, 0))
		b[at] = byte(len(b) - at - 1)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(m.Raw)))
	return append(b, m.Raw...)
}

// entryLengths reads the prefix of an entry.
func entryLengths(prefix []byte) (head, body int, sum uint32, err error) {
	if len(prefix) < entryPrefix || string(prefix[:4]) != entryMagic {
		return 0, 0, 0, errEntry
	}
	head, body = int(binary.BigEndian.Uint32(prefix[4:])), int(binary.BigEndian.Uint32(prefix[8:]))
	if head > maxHead || body > maxBody {
		return 0, 0, 0, errEntry
	}
	return head, body, binary.BigEndian.Uint32(prefix[12:]), nil
}

// legOf reads the leg of an entry, whose head has been read.
func legOf(h entryHead, body []byte) (Leg, error) {
	l := Leg{Facts: h.Facts, RTP: h.RTP, Omitted: h.Omitted, Failed: h.Failed}
	for len(body) > 0 {
		m, rest, err := readMessage(body)
		if err != nil {
			return l, err
		}
		l.Messages, body = append(l.Messages, m), rest
	}
	return l, nil
}

func readMessage(b []byte) (m Message, rest []byte, err error) {
	take := func(n int) []byte {
		if err != nil || n > len(b) {
			err = errEntry
			return make([]byte, min(n, 8))
		}
		part := b[:n]
		b = b[n:]
		return part
	}
	m.At = time.Unix(0, int64(binary.BigEndian.Uint64(take(8))))
	m.Sent = take(1)[0]&1 != 0
	m.Transport = sip.Transport(take(int(take(1)[0])))
	for _, a := range []*netip.AddrPort{&m.Local, &m.Remote} {
		text := take(int(take(1)[0]))
		if err == nil && a.UnmarshalText(text) != nil {
			err = errEntry
		}
	}
	n := int(binary.BigEndian.Uint32(append(slices.Clone(take(4)), 0, 0, 0, 0)))
	if n > len(b) {
		return m, nil, errEntry
	}
	m.Raw = take(n)
	return m, b, err
}
