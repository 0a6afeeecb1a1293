package demo

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"ringflow/flowengine/record"
	"ringflow/internal/eventline"
	"ringflow/sip"
)

// ladderWidth is the width between the two lifelines, in characters.
const ladderWidth = 38

// ladderPrinter draws a ladder diagram: SIP messages as arrows between the lifelines of
// Ringflow, on the left, and of the carrier, and the events of the journal between
// them, each line with the milliseconds since the start of the flow.
type ladderPrinter struct {
	w       io.Writer
	legs    legNames
	colours colours
	start   time.Time // zero before the flow was started
	lines   eventline.Lines
}

// begin draws the names of the two sides.
func (l *ladderPrinter) begin(at time.Time) {
	l.start = at
	l.lines = eventline.Lines{Name: l.partyName}
	gap := strings.Repeat(" ", ladderWidth-len("Ringflow")/2-len("carrier")/2)
	l.print("\n%s\n", l.colours.bold(fmt.Sprintf("%8s  %-8s   %s%s%s", "ms", "leg", "Ringflow", gap, "carrier")))
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
	arrow := " ◀" + shaft + " " + l.colours.message(t.Code, label) + " "
	if t.Sent {
		arrow = " " + l.colours.message(t.Code, label) + " " + shaft + "▶ "
	}
	l.print("%8.1f  %-8s      │%s│\n", l.since(t.At), l.legs.of(t), arrow)
}

// event draws one line of the journal.
func (l *ladderPrinter) event(e record.Event) {
	l.print("%8.1f  %s\n", l.since(e.At), l.colours.dim("· "+l.lines.Line(e)))
}

// partyName is a party's name in the demo: the journal's contact is the customer.
func (l *ladderPrinter) partyName(party string) string {
	if party == "contact" {
		return "customer"
	}
	return party
}

// note prints a line of the demo itself.
func (l *ladderPrinter) note(at time.Time, text string) {
	if l.start.IsZero() {
		l.print("%s\n", text)
		return
	}
	l.print("%8.1f  %s\n", l.since(at), l.colours.bold("» "+text))
}

func (l *ladderPrinter) since(at time.Time) float64 {
	return float64(at.Sub(l.start).Microseconds()) / 1000
}

// print ignores an error: the call goes on without a reader.
func (l *ladderPrinter) print(format string, args ...any) { _, _ = fmt.Fprintf(l.w, format, args...) }

// checks draws the checks.
func (l *ladderPrinter) checks(checks []Check) {
	l.print("\n")
	for _, c := range checks {
		mark := l.colours.green("✓")
		if !c.Good {
			mark = l.colours.red("✗")
		}
		l.print("  %s %-62s %s\n", mark, c.Want, l.colours.dim(c.Found))
	}
}

// colours colours text for a terminal; false leaves it plain.
type colours bool

func (p colours) wrap(code, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p colours) bold(text string) string  { return p.wrap("1", text) }
func (p colours) dim(text string) string   { return p.wrap("2", text) }
func (p colours) green(text string) string { return p.wrap("32", text) }
func (p colours) red(text string) string   { return p.wrap("31", text) }

// message colours a SIP message: a request, a response below 300, a refusal.
func (p colours) message(code int, text string) string {
	switch {
	case code == 0:
		return p.wrap("36", text)
	case code < 300:
		return p.green(text)
	default:
		return p.red(text)
	}
}

// isTerminal reports whether a file is a terminal that wants colours
// (https://no-color.org).
func isTerminal(f *os.File) bool {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
