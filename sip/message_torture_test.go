package sip_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringflow/sip"
)

// TestTorture gives the Agent each message of RFC 4475 and of RFC 5118, which stand in
// testdata/sip/torture and torture6 as NAME.sip, and compares what it answers with the first
// word of NAME.want: a status code, or "none". A call that is let in is refused
// with 480, and says so. The rest of NAME.want is the reason, by the RFC's section.
func TestTorture(t *testing.T) {
	for folder, count := range map[string]int{"torture": 49, "torture6": 12} {
		files, err := filepath.Glob("../testdata/sip/" + folder + "/*.sip")
		if err != nil || len(files) != count {
			t.Fatalf("%d messages in %s (%v), the RFC has %d", len(files), folder, err, count)
		}
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".sip"), func(t *testing.T) {
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				wanted, err := os.ReadFile(strings.TrimSuffix(file, ".sip") + ".want")
				if err != nil {
					t.Fatal(err)
				}
				want := strings.Fields(string(wanted))[0]
				if got := torture(t, raw); got != want {
					t.Errorf("answered %s, want %s", got, bytes.TrimSpace(wanted))
				}
			})
		}
	}
}

func torture(t *testing.T, raw []byte) (answer string) {
	answer = "none"
	change, _ := taking(func(s *sip.Session) { s.Reject(480, "Let In") })
	inBubble(t, change, func(b *bench) {
		b.net.rest = b.peer.conn
		b.peer.sendTo(string(raw), ourAddr)
		answers := func(d time.Duration) (status, callID string) {
			select {
			case p := <-b.peer.conn.in: // by its text: it echoes what may not parse
				_, rest, _ := strings.Cut(string(p.raw), "Call-ID: ")
				callID, _, _ = strings.Cut(rest, "\r\n")
				return string(p.raw[8:11]), callID
			case <-time.After(d):
				return "", ""
			}
		}
		for status, _ := answers(100 * time.Millisecond); status != ""; status, _ = answers(100 * time.Millisecond) {
			answer = status
		}
		// Whatever came, the Agent still works.
		b.peer.sendTo(rawRequest("OPTIONS", "after"), ourAddr)
		for {
			status, callID := answers(time.Second)
			if status == "" {
				b.Fatal("the Agent no longer answers")
			}
			if status == "200" && callID == "callafter" {
				break
			}
		}
		time.Sleep(time.Minute)
	})
	return answer
}
