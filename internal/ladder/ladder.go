// Package ladder draws messages as arrows between lifelines, one lifeline a party. It does
// not know what the messages are.
package ladder

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Column is a party: the lines above its lifeline. The first column is the party whose
// messages they are.
type Column []string

// Arrow is a message between the first column and another one.
type Arrow struct {
	At      time.Time
	Column  int // from 1
	Sent    bool
	Label   string
	Mark    string // before the label, such as that of a retransmission
	Comment string // behind the last lifeline
}

// gap is the width between two lifelines.
const gap = 30

// Draw draws the ladder, with the time of each arrow and the seconds since the first.
// Arrows stand in the order of time. Control characters of texts are left out.
func Draw(w io.Writer, columns []Column, arrows []Arrow) error {
	var b strings.Builder
	const clock = len("15:04:05.000000 +0000.000 ")
	height := 0
	for _, c := range columns {
		height = max(height, len(c))
	}
	for line := range height {
		row := blank(clock + (len(columns)-1)*(gap+1) + gap)
		for i, c := range columns {
			if line < len(c) {
				put(row, clock+i*(gap+1), gap-1, c[line])
			}
		}
		fmt.Fprintln(&b, strings.TrimRight(string(row), " "))
	}
	for _, a := range arrows {
		row := blank(clock + (len(columns)-1)*(gap+1) + 1)
		put(row, 0, clock, fmt.Sprintf("%s %+9.3f", a.At.Local().Format("15:04:05.000000"), a.At.Sub(arrows[0].At).Seconds()))
		for i := range columns {
			row[clock+i*(gap+1)] = '│'
		}
		last := clock + a.Column*(gap+1)
		for x := clock + 1; x < last; x++ {
			if row[x] == '│' {
				row[x] = '┼'
			} else {
				row[x] = '─'
			}
		}
		label := " " + a.Mark + a.Label + " "
		if a.Sent {
			row[last-1] = '▶'
			put(row, clock+1, gap-2, label)
		} else {
			row[clock+1] = '◀'
			put(row, clock+3, gap-4, label)
		}
		fmt.Fprintln(&b, strings.TrimRight(string(row)+"  "+printable(a.Comment), " "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func blank(n int) []rune { return []rune(strings.Repeat(" ", n)) }

// put writes a text into a row, cut after so many characters.
func put(row []rune, at, most int, text string) {
	runes := []rune(printable(text))
	if len(runes) > most {
		runes = append(runes[:most-2:most-2], '…', ' ')
	}
	copy(row[at:], runes)
}

func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 {
			return -1
		}
		return c
	}, text)
}
