package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/client"
)

// calls is `ringflow calls`: the calls with their legs, the newest first.
func calls(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	p := client.CallsParams{}
	r.flags.StringVar(&p.FlowID, "flow", "", "only those of the flow `ID`")
	r.flags.BoolVar(&p.Live, "live", false, "only calls of which a leg is still up")
	limit := r.flags.Int("limit", 20, "show `N` at most")
	asJSON := r.flags.Bool("json", false, "print JSON")
	if _, err := r.parse(args, 0, 0); err != nil {
		return err
	}
	if *limit < 1 {
		return fmt.Errorf("--limit %d is not a number from 1 on: %w", *limit, errUsage)
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	found, err := everyPage(*limit, func(limit int, cursor string) ([]client.Call, *string, error) {
		p.Limit, p.Cursor = limit, cursor
		page, err := c.Calls(ctx, p)
		return page.Calls, page.Next, err
	})
	if err != nil {
		return r.advise(err)
	}
	if *asJSON {
		return printJSON(out, found)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "EXECUTION\tPARTY\tTO\tSTATE\tDIALLED\tTALKED\tENDED BY\tSIP")
	for _, call := range found {
		for _, l := range call.Legs {
			printLeg(table, call.FlowExecutionID, l)
		}
	}
	return table.Flush()
}

func printLeg(out io.Writer, id string, l client.Leg) {
	talked, sip := "", ""
	if l.AnsweredAt != nil && l.EndedAt != nil {
		talked = l.EndedAt.Sub(*l.AnsweredAt).Round(100 * time.Millisecond).String()
	}
	if l.SIP != nil && l.SIP.Code != 0 {
		sip = strings.TrimSpace(fmt.Sprint(l.SIP.Code, " ", l.SIP.Reason))
	}
	fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", id, l.Party, l.To, l.State, clock(&l.DialledAt), talked, l.EndedBy, phrase(sip, explanation(l.SIP), l.Error, notHeard(l)))
}

// notHeard is what a leg has of the event leg_unheard, "" if it was heard.
func notHeard(l client.Leg) string {
	if l.Unheard == nil {
		return ""
	}
	return "not heard: " + l.Unheard.Detail
}

// explanation is what the header fields of an answer say about why, "" if nothing.
func explanation(s *client.Sip) string {
	if s == nil {
		return ""
	}
	return record.SIPResult{ReasonText: s.ReasonText, Warning: s.Warning, CallInfo: s.CallInfo}.Explanation()
}

// trunks is `ringflow trunks`: the account's trunks and how each fares.
func trunks(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	asJSON := r.flags.Bool("json", false, "print JSON")
	if _, err := r.parse(args, 0, 0); err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	found, err := everyPage(unlimited, func(limit int, cursor string) ([]client.Trunk, *string, error) {
		page, err := c.Trunks(ctx, client.TrunksParams{Limit: limit, Cursor: cursor})
		return page.Trunks, page.Next, err
	})
	if err != nil {
		return r.advise(err)
	}
	if *asJSON {
		return printJSON(out, found)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TRUNK\tLEGS\tLIMIT\tTARGETS\tLAST LEG\tIT ENDED\tSIP")
	for _, t := range found {
		limit, exit, at, sip := "-", "-", "", ""
		if t.Limit != nil {
			limit = fmt.Sprint(*t.Limit)
		}
		if t.Last != nil {
			exit, at, sip = t.Last.Exit, clock(&t.Last.EndedAt), t.Last.Reason
			if t.Last.Code != nil {
				sip = fmt.Sprint(*t.Last.Code, " ", sip)
			}
			sip = phrase(sip, t.Last.Explanation)
			if record.EndedBy(t.Last.EndedBy) == record.EndedByNetwork {
				exit += " (blocked)"
			}
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\t%s\n", t.Name, t.Legs, limit, strings.Join(targetsOf(t), ", "), exit, at, sip)
	}
	return table.Flush()
}

// targetsOf are the targets of a trunk, each unreachable one marked as such.
func targetsOf(t client.Trunk) []string {
	shown := slices.Clone(t.Targets)
	for i, target := range shown {
		if slices.ContainsFunc(t.Pings, func(p client.TrunkPing) bool { return p.Target == target && p.State == "unreachable" }) {
			shown[i] += " (unreachable)"
		}
	}
	return shown
}
