package demo

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"ringflow/flowengine/record"
	"ringflow/internal/eventline"
	"ringflow/sip"
)

// ladderWidth is the room between the two pillars, in characters.
const ladderWidth = 38

// ladderPrinter draws a call as it happens: SIP messages as arrows between two pillars,
// Ringflow on the left and the carrier on the right, and the journal between
// them, each line with the milliseconds since the flow was started.
type ladderPrinter struct {
	w     io.Writer
	legs  *legNames
	paint colours
	start time.Time // zero before the flow was started
	lines eventline.Lines
}

// begin draws the names of the two sides.
func (l *ladderPrinter) begin(at time.Time) {
	l.start = at
	l.lines = eventline.Lines{Name: l.partyName}
	gap := strings.Repeat(" ", ladderWidth-len("Ringflow")/2-len("carrier")/2)
	l.print("\n%s\n", l.paint.bold(fmt.Sprintf("%8s  %-8s   %s%s%s", "ms", "leg", "Ringflow", gap, "carrier")))
}

// message draws one SIP message.
func (l *ladderPrinter) message(t sip.Trace) {
	label := t.Method
	if t.Code != 0 {
		label = fmt.Sprintf("%d %s", t.Code, t.Reason)
		if t.Method != "INVITE" {
			label += " (" + t.Method + ")"
		}
	}
	if bytes.Contains(t.Raw, []byte("application/sdp")) {
		label += " +SDP"
	}
	if long := []rune(label); len(long) > ladderWidth-6 {
		label = string(long[:ladderWidth-7]) + "…"
	}
	shaft := strings.Repeat("─", ladderWidth-4-utf8.RuneCountInString(label))
	arrow := " ◀" + shaft + " " + l.paint.message(t.Code, label) + " "
	if t.Sent {
		arrow = " " + l.paint.message(t.Code, label) + " " + shaft + "▶ "
	}
	l.print("%8.1f  %-8s      │%s│\n", l.since(t.At), l.legs.of(t), arrow)
}

// event draws one line of the journal.
func (l *ladderPrinter) event(e record.Event) {
	l.print("%8.1f  %s\n", l.since(e.At), l.paint.dim("· "+l.lines.Line(e)))
}

// partyName is a party's name in the demo: the journal's contact is our customer.
func (l *ladderPrinter) partyName(party string) string {
	if party == "contact" {
		return "customer"
	}
	return party
}

// note draws a line of our own.
func (l *ladderPrinter) note(at time.Time, text string) {
	if l.start.IsZero() {
		l.print("%s\n", text)
		return
	}
	l.print("%8.1f  %s\n", l.since(at), l.paint.bold("» "+text))
}

func (l *ladderPrinter) since(at time.Time) float64 {
	return float64(at.Sub(l.start).Microseconds()) / 1000
}

// print writes to a terminal or a pipe; if nobody reads, the call goes on.
func (l *ladderPrinter) print(format string, args ...any) { _, _ = fmt.Fprintf(l.w, format, args...) }

// checks draws the checks.
func (l *ladderPrinter) checks(checks []Check) {
	l.print("\n")
	for _, c := range checks {
		mark := l.paint.green("✓")
		if !c.Good {
			mark = l.paint.red("✗")
		}
		l.print("  %s %-62s %s\n", mark, c.Want, l.paint.dim(c.Found))
	}
}
