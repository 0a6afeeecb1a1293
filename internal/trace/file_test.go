package trace_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ringflow/internal/trace"
	"ringflow/sip"
)

// A file has every message, as text or as a packet capture by its name, for its owner
// alone; one beside it takes what was before.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"sip.txt", "sip.pcap"} {
		path := filepath.Join(dir, name)
		f, err := trace.OpenFile(path, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() {
				for range 100 {
					f.Message(message("c", "INVITE", true))
					f.Message(message("c", "180 Ringing", false))
				}
			})
		}
		senders.Wait()
		if err := f.Close(); err != nil || f.Dropped() > 0 {
			t.Fatal(err, f.Dropped())
		}
		got, err := os.ReadFile(path)
		if n := bytes.Count(got, []byte("SIP/2.0 180 Ringing\r\n")); err != nil || n != 400 {
			t.Errorf("%s has %d of 400, %v", name, n, err)
		}
		if name == "sip.txt" && !strings.Contains(string(got), " sent to 203.0.113.9:5060 over udp, by 192.0.2.1:5060, ") {
			t.Errorf("the text is\n%.300s", got)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	for name, old := range map[string]string{"big.pcap": "big.1.pcap", "big.log": "big.log.1"} {
		f, err := trace.OpenSmallFile(filepath.Join(dir, name), 1<<20, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		m := message("c", "INVITE", true)
		m.Raw = append(m.Raw, bytes.Repeat([]byte("x"), 10_000)...)
		for range 150 {
			f.Message(m)
		}
		if err := f.Close(); err != nil || f.Dropped() > 0 {
			t.Fatal(err, f.Dropped())
		}
		first, err := os.Stat(filepath.Join(dir, old))
		if err != nil || first.Size() > 1<<20 || first.Size() < 1<<20-11_000 {
			t.Fatalf("%s: %v, %v", old, first, err)
		}
		second, err := os.Stat(filepath.Join(dir, name))
		if sum := first.Size() + second.Size(); err != nil || sum < 150*10_000 {
			t.Errorf("both have %d bytes", sum)
		}
	}
}

// A write that stands still makes no sender wait: what it cannot take is counted.
func TestQueueNeverWaits(t *testing.T) {
	stuck := make(chan struct{})
	written := 0
	q := trace.NewQueue(func(sip.Trace) { <-stuck; written++ }, nil)
	for range 20_000 {
		q.Message(sip.Trace{})
	}
	close(stuck)
	q.Close()
	if written+int(q.Dropped()) != 20_000 || q.Dropped() < 10_000 {
		t.Errorf("%d written, %d dropped", written, q.Dropped())
	}
}
