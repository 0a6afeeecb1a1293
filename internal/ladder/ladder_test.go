package ladder

import (
	"strings"
	"testing"
	"time"
)

func TestDraw(t *testing.T) {
	zone := time.Local
	t.Cleanup(func() { time.Local = zone })
	time.Local = time.UTC
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	var b strings.Builder
	err := Draw(&b, []Column{{"Ringflow"}, {"contact +12025550143", "203.0.113.9:5060"}, {"agent"}}, []Arrow{
		{At: at, Column: 1, Sent: true, Label: "INVITE +SDP"},
		{At: at.Add(500 * time.Millisecond), Column: 1, Sent: true, Label: "INVITE +SDP", Mark: "again: "},
		{At: at.Add(time.Second), Column: 1, Label: "180 Ringing\x1b[2J"},
		{At: at.Add(2 * time.Second), Column: 2, Sent: true, Label: "INVITE"},
		{At: at.Add(3 * time.Second), Column: 2, Label: "603 A reason phrase that is far too long for it", Comment: "x"},
	})
	const want = `
                          Ringflow                       contact +12025550143           agent
                                                         203.0.113.9:5060
09:00:00.000000    +0.000 │ INVITE +SDP ────────────────▶│                              │
09:00:00.500000    +0.500 │ again: INVITE +SDP ─────────▶│                              │
09:00:01.000000    +1.000 │◀─ 180 Ringing[2J ────────────│                              │
09:00:02.000000    +2.000 │ INVITE ──────────────────────┼─────────────────────────────▶│
09:00:03.000000    +3.000 │◀─ 603 A reason phrase tha… ──┼──────────────────────────────│  x
`
	if got := "\n" + b.String(); err != nil || got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}
