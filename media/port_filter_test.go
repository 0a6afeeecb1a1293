package media

import (
	"net/netip"
	"os"
	"testing"

	"github.com/pion/rtp"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

func TestFilter(t *testing.T) {
	vm, err := bpf.NewVM(filterProgram([]uint8{101, 96, 100}))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		header rtp.Header
		passes bool
	}{
		"sound":                {rtp.Header{Version: 2, SequenceNumber: 1}, false},
		"sound with marker":    {rtp.Header{Version: 2, Marker: true, SequenceNumber: 63}, false},
		"the 64th":             {rtp.Header{Version: 2, SequenceNumber: 64}, true},
		"the 1024th":           {rtp.Header{Version: 2, PayloadType: 8, SequenceNumber: 1024}, true},
		"an event":             {rtp.Header{Version: 2, PayloadType: 101, SequenceNumber: 1}, true},
		"an event with marker": {rtp.Header{Version: 2, Marker: true, PayloadType: 101, SequenceNumber: 1}, true},
		"an event of ours":     {rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: 1}, true},
		"one agreed before":    {rtp.Header{Version: 2, PayloadType: 100, SequenceNumber: 1}, true},
		"another dynamic type": {rtp.Header{Version: 2, PayloadType: 97, SequenceNumber: 1}, false},
		"another version":      {rtp.Header{Version: 1, PayloadType: 101, SequenceNumber: 64}, false},
	} {
		b, err := (&rtp.Packet{Header: c.header, Payload: make([]byte, 4)}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		n, err := vm.Run(append(make([]byte, udpHeader), b...))
		if err != nil || (n > 0) != c.passes {
			t.Errorf("%s: %d bytes pass, %v; want %v", name, n, err, c.passes)
		}
	}
	if n, _ := vm.Run(make([]byte, udpHeader+headerSize-1)); n > 0 {
		t.Error("a short packet passes")
	}
}

func TestFilterWithoutEvents(t *testing.T) {
	vm, err := bpf.NewVM(filterProgram(nil))
	if err != nil {
		t.Fatal(err)
	}
	for pt := range 128 {
		b := append(make([]byte, udpHeader), 0x80, byte(pt), 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
		if n, _ := vm.Run(b); n > 0 {
			t.Errorf("payload type %d passes", pt)
		}
	}
}

// Where one socket of a port takes no filter the other one has none: nobody would detach it.
func TestFilterOfBothSocketsOrNone(t *testing.T) {
	fd, err := openSocket(netip.MustParseAddr("127.0.0.1"), 0)
	if err != nil {
		t.Fatal(err)
	}
	sockets := portSockets{fd, -1}
	defer sockets.close()
	if err := sockets.attachFilter(filterProgram(nil)); err != nil {
		t.Fatal(err)
	}
	null, err := os.Open(os.DevNull) // which is no socket
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	both := portSockets{fd, int(null.Fd())}
	if err := both.attachFilter(filterProgram(nil)); err == nil {
		t.Error("no error")
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0); err != unix.ENOENT {
		t.Errorf("detach: %v, want %v", err, unix.ENOENT)
	}
}
