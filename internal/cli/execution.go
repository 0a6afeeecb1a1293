package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/client"
	"ringflow/internal/eventline"
)

// execution is `ringflow execution ID`: one execution with its steps.
func execution(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	asJSON := r.flags.Bool("json", false, "print JSON")
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	x, err := c.Execution(ctx, rest[0])
	if err != nil {
		return r.advise(err)
	}
	if *asJSON {
		return printJSON(out, x)
	}
	call, err := c.Call(ctx, x.FlowExecutionID)
	var refused *client.Refusal
	if err != nil && !(errors.As(err, &refused) && refused.Status == http.StatusNotFound) { // it dialled nobody
		return r.advise(err)
	}
	return printExecution(out, x, call.Legs)
}

func printExecution(out io.Writer, x client.Execution, legs []client.Leg) error {
	failed := x.Error
	for _, s := range x.Steps {
		failed = eventline.Without(failed, why(s))
	}
	fmt.Fprintf(out, "%s  %s  %s, accepted %s%s\n", x.FlowExecutionID, x.FlowID, x.Status, clock(&x.AcceptedAt), dash(failed))
	if begins := beginsAt(x.StartedAt, x.StartAt, x.Status); begins != "" {
		fmt.Fprintf(out, "it begins %s\n", begins)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STEP\tCOMPONENT\tAT\tTOOK\tEXIT\tWHY")
	for _, s := range x.Steps {
		took, exit := "", ""
		if s.DurationMS != nil {
			took = (time.Duration(*s.DurationMS) * time.Millisecond).String()
		}
		if s.Exit != nil {
			exit = *s.Exit
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Name, s.Component, clock(&s.StartedAt), took, exit, why(s))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, l := range legs {
		if said := notHeard(l); said != "" {
			fmt.Fprintf(out, "%s %s was %s\n", l.Party, l.To, said)
		}
	}
	return nil
}

// why is what there is to say about how a step was left.
func why(s client.Step) string {
	sip := ""
	if s.SIP != nil && s.SIP.Code != 0 {
		sip = strings.TrimSpace(fmt.Sprint(s.SIP.Code, " ", s.SIP.Reason))
	}
	return phrase(sip, explanation(s.SIP), s.Detail, s.Error)
}

// phrase joins what is said, each once: what another part says as well, or what it
// goes on from, is left out.
func phrase(parts ...string) string {
	var said []string
	for i, p := range parts {
		rest := slices.Concat(said, parts[i+1:])
		if p != "" && !slices.ContainsFunc(rest, func(other string) bool { return strings.Contains(other, p) }) {
			said = append(said, p)
		}
	}
	return strings.Join(said, "; ")
}

func dash(text string) string {
	if text == "" {
		return ""
	}
	return " – " + text
}

// clock is a moment where the command runs, "" if there is none.
func clock(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.Local().Format(time.DateTime)
}

// beginsAt is when an execution that waits for its time begins, "" if none does.
func beginsAt(started, start *time.Time, status string) string {
	if started != nil || status != string(record.StatusAccepted) {
		return ""
	}
	return clock(start)
}

// watch is `ringflow watch ID`: what happened so far and then what happens, until
// the end, as start shows it.
func watch(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	asJSON := r.flags.Bool("json", false, "print each event of the journal as a JSON object")
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	if _, err := c.Execution(ctx, rest[0]); err != nil { // a stream would be asked for again and again
		return r.advise(err)
	}
	shown := newProgress(out, *asJSON)
	if err := c.Follow(ctx, rest[0], shown.event); err != nil {
		return r.advise(fmt.Errorf("watch %s: %w", rest[0], err))
	}
	if shown.status != record.StatusFinished {
		return errTold
	}
	return nil
}
