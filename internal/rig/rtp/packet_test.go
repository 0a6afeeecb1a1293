package rtp_test

import (
	"bytes"
	"testing"

	"ringflow/internal/rig/rtp"
)

func TestPacketComesBack(t *testing.T) {
	datagram := append(make([]byte, rtp.HeaderSize), 1, 2, 3)
	want := rtp.Packet{Type: 101, Marker: true, Sequence: 65535, Timestamp: 1 << 31, Source: 7}
	rtp.Put(datagram, want)
	got, err := rtp.Parse(datagram)
	if err != nil || !bytes.Equal(got.Payload, []byte{1, 2, 3}) {
		t.Fatalf("%+v %v", got, err)
	}
	got.Payload = nil
	if got.Type != want.Type || got.Marker != want.Marker || got.Sequence != want.Sequence || got.Timestamp != want.Timestamp || got.Source != want.Source {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestEventPayload(t *testing.T) {
	if got := (rtp.Event{Key: '#', End: true, Duration: 800}).Payload(); !bytes.Equal(got, []byte{11, 0x8A, 3, 0x20}) {
		t.Errorf("% x", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{0xB1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 4})
	f.Fuzz(func(_ *testing.T, datagram []byte) { _, _ = rtp.Parse(datagram) })
}
