package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"ringflow/flowengine/record"
	"ringflow/internal/client"
	"ringflow/internal/ladder"
	"ringflow/internal/pcap"
)

// callShow is `ringflow call show ID`: the ladder of a call, then what became of each leg.
func callShow(f *flag.FlagSet) request {
	messages := f.Bool("messages", false, "print each message in full below the ladder")
	pcapFile := f.String("pcap", "", "write the messages to this `FILE` too, a packet capture for Wireshark and sngrep")
	asJSON := f.Bool("json", false, "print JSON")
	return func(ctx context.Context, c *client.Client, args []string, out, errOut io.Writer) error {
		t, err := c.CallTrace(ctx, args[0])
		if refusedWith(err, http.StatusNotFound) {
			if x, xErr := c.Execution(ctx, args[0]); xErr == nil {
				return notDialled(x)
			}
		}
		if err != nil {
			return fmt.Errorf("show call %s: %w", args[0], err)
		}
		if *pcapFile != "" {
			packets, err := savePcap(ctx, c, t.FlowExecutionID, *pcapFile)
			if err != nil {
				return err
			}
			noun := "messages"
			if packets == 1 {
				noun = "message"
			}
			fmt.Fprintf(errOut, "%s: written, %d %s\n", *pcapFile, packets, noun)
		}
		if *asJSON {
			return printJSON(out, t)
		}
		if err := drawCall(out, t); err != nil || !*messages {
			return err
		}
		return printMessages(out, t)
	}
}

// notDialled is the error of an execution that has no call: why it dialled nobody.
func notDialled(x client.Execution) error {
	switch x.Status {
	case string(record.StatusAccepted), string(record.StatusRunning):
		return fmt.Errorf("execution %s is %s and has dialled nobody yet: `ringflow watch %s` shows what it does", x.FlowExecutionID, x.Status, x.FlowExecutionID)
	}
	why, undialled := x.Error, false
	for _, s := range x.Steps { // a step that was to dial goes before those after it
		if reason := stepReason(s); reason != "" && !undialled {
			why, undialled = "step "+s.Name+": "+reason, s.Undialled != nil
		}
	}
	if why != "" {
		why = ": " + why
	}
	return fmt.Errorf("execution %s (%s) dialled nobody%s\n`ringflow execution %s` shows its steps", x.FlowExecutionID, x.Status, why, x.FlowExecutionID)
}

// savePcap writes the packet capture of a call to a file, and returns how many packets it has.
func savePcap(ctx context.Context, c *client.Client, id, path string) (packets int, err error) {
	res, err := c.CallTracePcap(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("show call %s: %w", id, err)
	}
	defer res.Body.Close()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	if packets, err = pcap.Count(io.TeeReader(res.Body, file)); err != nil {
		err = fmt.Errorf("%s is not whole: %w", path, err)
	}
	return packets, errors.Join(err, file.Close())
}

// legMessage is a message with its leg and the column of its far end.
type legMessage struct {
	client.Message
	column int
}

// drawCall draws the ladder: Ringflow, then a column for each far end of each leg.
func drawCall(out io.Writer, t client.Trace) error {
	columns := []ladder.Column{{"Ringflow", "execution " + t.FlowExecutionID}}
	var all []legMessage
	for _, l := range t.Legs {
		ends := map[string]int{}
		for _, m := range l.Messages {
			if ends[m.Remote] == 0 {
				ends[m.Remote] = len(columns)
				columns = append(columns, ladder.Column{l.Party + " " + l.To, l.Trunk + " " + m.Remote})
			}
			all = append(all, legMessage{m, ends[m.Remote]})
		}
	}
	slices.SortStableFunc(all, func(a, b legMessage) int { return a.At.Compare(b.At) })
	var arrows []ladder.Arrow
	for _, m := range all {
		a := ladder.Arrow{At: m.At, Column: m.column, Sent: m.Sent, Label: m.Method}
		if m.Code != 0 {
			if a.Label = strings.TrimSpace(fmt.Sprint(m.Code, " ", m.Reason)); m.Method != "INVITE" {
				a.Label += " (" + m.Method + ")"
			}
		}
		if strings.Contains(strings.ToLower(m.Text), "\nm=audio ") {
			a.Label += " +SDP"
		}
		if m.Retransmission {
			a.Mark = "again: "
		}
		arrows = append(arrows, a)
	}
	if len(arrows) > 0 {
		if err := ladder.Draw(out, columns, arrows); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	for _, l := range t.Legs {
		fmt.Fprintf(out, "%s %s over %s: %s\n", l.Party, l.To, l.Trunk, l.Cause)
		if line := audioLine(l); line != "" {
			fmt.Fprintf(out, "  audio: %s\n", line)
		}
		fmt.Fprintf(out, "  leg %s, Call-ID %s\n", l.LegID, l.SIPCallID)
		switch interrupted := interruption(l.EndedBy, l.Error); {
		case !l.Traced && interrupted != "":
			fmt.Fprintf(out, "  no messages are kept of it: %s\n", lostMessages[l.Error])
		case !l.Traced:
			fmt.Fprintln(out, "  no messages are kept of it: see traces in the server's configuration")
		case l.Omitted > 0:
			fmt.Fprintf(out, "  %d messages between the first and the last ones were not kept\n", l.Omitted)
		}
	}
	return nil
}

// lostMessages say why a leg whose end is not known has no messages, by its error: they are
// stored at the end of a leg.
var lostMessages = map[string]string{
	record.ErrorRestart:  "those of a call that is up are lost with a server that ends without notice",
	record.ErrorRestored: "a backup leaves them out",
}

// audioLine says where the audio of a leg went and what was measured of it, "" if it had
// none.
func audioLine(l client.LegTrace) string {
	var parts []string
	if r := l.RTP; r != nil && r.Stated != "" {
		path := r.Local + " to " + r.Remote
		if r.Remote != r.Stated {
			path += " (its SDP says " + r.Stated + ")"
		}
		parts = append(parts, path)
	}
	audio := l.Audio
	if l.RTP != nil && l.RTP.Audio != nil {
		audio = l.RTP.Audio
	}
	if audio == nil {
		return strings.Join(parts, ", ")
	}
	if audio.Srtp != "" {
		parts = append(parts, "SRTP "+audio.Srtp)
	}
	parts = append(parts, audio.Codec, fmt.Sprintf("%d packets sent", audio.PacketsSent))
	switch q := audio.Quality; {
	case q != nil:
		parts = append(parts, fmt.Sprintf("%d received, %.2g %% lost, jitter %.1f ms", q.PacketsReceived, q.LossPercent, q.JitterMS))
		if q.Mos != nil {
			parts = append(parts, fmt.Sprintf("MOS %.2f", *q.Mos))
		}
	case audio.Heard == "nothing":
		parts = append(parts, "nothing received")
	default:
		parts = append(parts, "packets received and not measured")
	}
	if r := audio.Refused; r != nil {
		parts = append(parts, fmt.Sprintf("%d packets from %s refused", r.Packets, r.From))
	}
	return strings.Join(parts, ", ")
}

// printMessages prints the messages of a call in full, in the order of time.
func printMessages(out io.Writer, t client.Trace) error {
	var all []client.Message
	for _, l := range t.Legs {
		all = append(all, l.Messages...)
	}
	slices.SortStableFunc(all, func(a, b client.Message) int { return a.At.Compare(b.At) })
	for _, m := range all {
		direction := "received from"
		if m.Sent {
			direction = "sent to"
		}
		text := strings.Map(func(c rune) rune { // a terminal obeys control characters
			if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
				return -1
			}
			return c
		}, m.Text)
		if err := printf(out, "\n%s %s %s over %s\n%s\n", m.At.Local().Format("15:04:05.000000"), direction, m.Remote, m.Transport, strings.TrimRight(text, "\n")); err != nil {
			return err
		}
	}
	return nil
}
