package hep_test

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringflow/internal/hep"
)

// decode reads a packet as the specification has it: HEP3, the length of all, then chunks
// of a vendor, a type, a length and a value.
func decode(t *testing.T, b []byte) map[uint16][]byte {
	t.Helper()
	if string(b[:4]) != "HEP3" || int(binary.BigEndian.Uint16(b[4:])) != len(b) {
		t.Fatalf("the head is %x, of %d bytes", b[:6], len(b))
	}
	chunks := map[uint16][]byte{}
	for b = b[6:]; len(b) > 0; {
		n := int(binary.BigEndian.Uint16(b[4:]))
		kind := binary.BigEndian.Uint16(b[2:])
		if binary.BigEndian.Uint16(b) != 0 || n < 6 || n > len(b) || chunks[kind] != nil {
			t.Fatalf("a chunk begins %x", b[:6])
		}
		chunks[kind], b = b[6:n], b[n:]
	}
	return chunks
}

func TestPacket(t *testing.T) {
	at := time.Unix(1796000000, 123456789)
	v4, v6 := netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("[2001:db8::1]:5061")
	a := hep.Agent{ID: 2001, Password: "key"}
	common := map[uint16]string{9: "\x6b\x0c\xc9\x00", 10: "\x00\x01\xe2\x40", 11: "\x01", 12: "\x00\x00\x07\xd1", 14: "key", 15: "OPTIONS"}
	for name, c := range map[string]struct {
		p    hep.Packet
		want map[uint16]string
	}{
		"IPv4 over UDP": {hep.Packet{At: at, From: v4, To: netip.MustParseAddrPort("203.0.113.9:5070"), Payload: []byte("OPTIONS")},
			map[uint16]string{1: "\x02", 2: "\x11", 3: "\xc0\x00\x02\x01", 4: "\xcb\x00\x71\x09", 7: "\x13\xc4", 8: "\x13\xce"}},
		"IPv6 over TCP": {hep.Packet{At: at, From: v6, To: v6, TCP: true, Payload: []byte("OPTIONS")},
			map[uint16]string{1: "\x0a", 2: "\x06", 5: "\x20\x01\x0d\xb8" + string(make([]byte, 11)) + "\x01", 6: "\x20\x01\x0d\xb8" + string(make([]byte, 11)) + "\x01", 7: "\x13\xc5", 8: "\x13\xc5"}},
	} {
		chunks := decode(t, a.Append([]byte("before"), c.p)[len("before"):])
		want := c.want
		for kind, value := range common {
			want[kind] = value
		}
		if len(chunks) != len(want) {
			t.Errorf("%s: %d chunks, want %d", name, len(chunks), len(want))
		}
		for kind, value := range want {
			if string(chunks[kind]) != value {
				t.Errorf("%s: chunk %d is %q, want %q", name, kind, chunks[kind], value)
			}
		}
	}
	if _, there := decode(t, hep.Agent{}.Append(nil, hep.Packet{From: v4, To: v4}))[14]; there {
		t.Error("there is a password where none is set")
	}
	if b := (hep.Agent{}).Append(nil, hep.Packet{From: v4, To: v4, Payload: bytes.Repeat([]byte("x"), 65535)}); len(b) != 65507 || len(decode(t, b)[15]) < 65000 {
		t.Errorf("a long one has %d bytes", len(b))
	}
}

// A server that is not there costs nothing but a line in the log, and gets the packets
// once it is.
func TestSender(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := server.LocalAddr().String()
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s := hep.NewSender(address, hep.Agent{ID: 1}, slog.New(slog.NewTextHandler(&log, nil)))
	p := hep.Packet{At: time.Now(), From: netip.MustParseAddrPort("192.0.2.1:5060"), To: netip.MustParseAddrPort("192.0.2.2:5060"), Payload: []byte("OPTIONS")}
	for deadline := time.Now().Add(5 * time.Second); s.Failed() == 0 && time.Now().Before(deadline); {
		s.Send(p) // the ICMP error fails a later one
	}
	if n := strings.Count(log.String(), "do not reach the capture server"); n != 1 {
		t.Errorf("the log says so %d times: %s", n, &log)
	}
	if server, err = net.ListenPacket("udp", address); err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s.Send(p)
	s.Send(p) // the first may get the error of the one before
	buf := make([]byte, 1500)
	if err := server.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, _, err := server.ReadFrom(buf)
	if err != nil || string(decode(t, buf[:n])[15]) != "OPTIONS" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
