package pcap

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// Every packet has the lengths, addresses and checksums of its RFC: 791, 8200, 768.
func TestWrite(t *testing.T) {
	v4, v6 := netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("[2001:db8::1]:5061")
	mapped := netip.AddrPortFrom(netip.MustParseAddr("::ffff:192.0.2.1"), 5060)
	at := time.Unix(1796000000, 123456789)
	for name, c := range map[string]struct {
		p  Packet
		v6 bool
	}{
		"IPv4":       {Packet{at, v4, v4, []byte("OPTIONS")}, false},
		"odd length": {Packet{at, v4, v4, []byte("OPTIONS1")}, false},
		"IPv6":       {Packet{at, v6, v6, []byte("OPTIONS")}, true},
		"mapped":     {Packet{at, mapped, v4, nil}, false},
		"no address": {Packet{At: at, To: v4, Payload: []byte("x")}, false},
		"both":       {Packet{at, v6, v4, []byte("x")}, true},
		"long":       {Packet{at, v4, v4, bytes.Repeat([]byte("x"), 1<<17)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Write(&b, []Packet{c.p, c.p}); err != nil {
				t.Fatal(err)
			}
			raw := b.Bytes()
			if len(raw) < 24 || binary.LittleEndian.Uint32(raw) != 0xa1b2c3d4 || binary.LittleEndian.Uint32(raw[20:]) != 101 {
				t.Fatalf("the header is %x", raw[:24])
			}
			rest := raw[24:]
			for range 2 {
				if s, us := binary.LittleEndian.Uint32(rest), binary.LittleEndian.Uint32(rest[4:]); s != 1796000000 || us != 123456 {
					t.Errorf("the time is %d.%d", s, us)
				}
				n := int(binary.LittleEndian.Uint32(rest[8:]))
				packet := rest[16 : 16+n]
				rest = rest[16+n:]
				header, addresses, length := 20, packet[12:], int(binary.BigEndian.Uint16(packet[2:]))
				if c.v6 {
					header, length = 40, 40+int(binary.BigEndian.Uint16(packet[4:]))
					addresses = packet[8:40]
				} else {
					addresses = addresses[:8]
					if sum(0, packet[:20]) != 0xffff {
						t.Error("the checksum of IPv4 is wrong")
					}
				}
				if length != n || packet[0]>>4 != map[bool]byte{false: 4, true: 6}[c.v6] {
					t.Errorf("version and length are %d, %d of %d", packet[0]>>4, length, n)
				}
				datagram := packet[header:]
				pseudo := binary.BigEndian.AppendUint32(bytes.Clone(addresses), uint32(len(datagram)))
				if sum(sum(17, pseudo), datagram) != 0xffff {
					t.Error("the checksum of UDP is wrong")
				}
				if want := string(c.p.Payload); !strings.HasPrefix(want, string(datagram[8:])) || len(datagram)-8 < min(len(want), 65000) {
					t.Errorf("the payload has %d bytes of %d", len(datagram)-8, len(want))
				}
			}
			if len(rest) > 0 {
				t.Errorf("%d bytes are left", len(rest))
			}
		})
	}
}

// A capture is counted to its end, and one that breaks off is none, wherever it does.
func TestCount(t *testing.T) {
	from := netip.MustParseAddrPort("192.0.2.1:5060")
	var b bytes.Buffer
	if err := Write(&b, []Packet{{time.Unix(1, 0), from, from, []byte("OPTIONS")}, {To: netip.MustParseAddrPort("[2001:db8::1]:5060")}, {From: from, Payload: []byte("x")}}); err != nil {
		t.Fatal(err)
	}
	whole := map[int]int{len(Header()): 0}
	for i, at := 0, len(Header()); i < 3; i++ {
		at += recordLength + int(binary.LittleEndian.Uint32(b.Bytes()[at+8:]))
		whole[at] = i + 1
	}
	for n := range b.Len() + 1 {
		want, ends := whole[n]
		if got, err := Count(bytes.NewReader(b.Bytes()[:n])); (err == nil) != ends || ends && got != want {
			t.Errorf("%d of %d bytes have %d packets, %v", n, b.Len(), got, err)
		}
	}
	if n, err := Count(strings.NewReader(strings.Repeat("no capture ", 9))); err == nil {
		t.Errorf("other bytes have %d packets", n)
	}
}
