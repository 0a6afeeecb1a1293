package media

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"
)

func TestParsePacket(t *testing.T) {
	for name, p := range map[string]*rtp.Packet{
		"plain":      {Header: rtp.Header{Version: 2, PayloadType: 8, SequenceNumber: 65535, Timestamp: 1 << 31, SSRC: 7}, Payload: []byte{1, 2, 3}},
		"marker":     {Header: rtp.Header{Version: 2, Marker: true, PayloadType: 101}, Payload: []byte{1}},
		"sources":    {Header: rtp.Header{Version: 2, CSRC: []uint32{1, 2, 3}}, Payload: []byte{9, 9}},
		"padding":    {Header: rtp.Header{Version: 2, Padding: true, PaddingSize: 5}, Payload: []byte{4, 5}},
		"no payload": {Header: rtp.Header{Version: 2}, Payload: nil},
		"extension":  {Header: rtp.Header{Version: 2, Extension: true, ExtensionProfile: 0xBEDE, Extensions: nil}, Payload: []byte{6}},
	} {
		b, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		got, ok := parsePacket(b)
		if !ok || got.marker != p.Marker || got.payloadType != p.PayloadType || got.seq != p.SequenceNumber ||
			got.ts != p.Timestamp || got.ssrc != p.SSRC || !bytes.Equal(b[got.from:got.to], p.Payload) {
			t.Errorf("%s: read as %+v, %v", name, got, ok)
		}
	}
}

func TestParsePacketRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":                nil,
		"short":                  make([]byte, 11),
		"version 0, as STUN":     append([]byte{0, 1}, make([]byte, 18)...),
		"RTCP":                   append([]byte{0x80, 200}, make([]byte, 26)...),
		"sources beyond the end": append([]byte{0x8F, 0}, make([]byte, 20)...),
		"extension beyond":       append([]byte{0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0, 0, 0xFF, 0xFF),
		"padding beyond":         append([]byte{0xA0, 0}, append(make([]byte, 10), 200)...),
	} {
		if p, ok := parsePacket(b); ok {
			t.Errorf("%s: read as %+v", name, p)
		}
	}
}

// The payload must always lie within the packet, with room for a header before
// it: the bridge writes one there.
func FuzzParsePacket(f *testing.F) {
	f.Add([]byte{0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3})
	f.Add([]byte{0xBF, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := parsePacket(b); ok && (p.from < headerSize || p.from > p.to || p.to > len(b)) {
			t.Errorf("payload %d to %d of %d bytes", p.from, p.to, len(b))
		}
	})
}
