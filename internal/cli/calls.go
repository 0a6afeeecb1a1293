package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/client"
)

var callList = list[client.Call]{
	columns: "EXECUTION  PARTY  TO  STATE  DIALLED  TALKED  ENDED BY  SIP",
	rows: func(call client.Call) (rows [][]string) {
		for _, l := range call.Legs {
			rows = append(rows, []string{call.FlowExecutionID, l.Party, l.To, l.State, localTime(&l.DialledAt), between(l.AnsweredAt, l.EndedAt), l.EndedBy,
				joinReasons(sipAnswer(l.SIP), explanation(l.SIP), cmp.Or(interruption(l.EndedBy, l.Error), l.Error), noAudio(l))})
		}
		return rows
	},
	limit: 20,
	build: func(f *flag.FlagSet) fetch[client.Call] {
		var p client.CallsParams
		f.StringVar(&p.FlowID, "flow", "", "only those of the flow `ID`")
		f.BoolVar(&p.Live, "live", false, "only calls of which a leg is still up")
		return func(c *client.Client, ctx context.Context, page client.PageParams) (client.Page[client.Call], error) {
			p.PageParams = page
			return c.Calls(ctx, p)
		}
	},
}

// interruption says why the end of a leg is not known, "" if it is known.
func interruption(endedBy, why string) string {
	switch {
	case record.EndedBy(endedBy) != record.EndedByFault:
	case why == record.ErrorRestart:
		return "the server ended without notice"
	case why == record.ErrorRestored:
		return "it had not ended when the backup was made"
	}
	return ""
}

// noAudio is the detail of a leg's event leg_unheard, "" if it has none.
func noAudio(l client.Leg) string {
	if l.Unheard == nil {
		return ""
	}
	return "not heard: " + l.Unheard.Detail
}

var trunkList = list[client.Trunk]{
	columns: "TRUNK  LEGS  LIMIT  WAITING  TARGETS  CONNECTED  REGISTERED  LAST LEG  IT ENDED  SIP",
	rows: func(t client.Trunk) [][]string {
		exit, at, sip := "-", "", ""
		if t.Last != nil {
			exit, at, sip = t.Last.Exit, localTime(&t.Last.EndedAt), t.Last.Reason
			if t.Last.Code != nil {
				sip = fmt.Sprint(*t.Last.Code, " ", sip)
			}
			sip = joinReasons(sip, t.Last.Explanation)
			if record.EndedBy(t.Last.EndedBy) == record.EndedByNetwork {
				exit += " (blocked)"
			}
		}
		if t.Choice != nil {
			may := "takes the call: "
			if !t.Choice.May {
				may = "does not take it: "
			}
			sip = joinReasons(may+t.Choice.Reason, sip)
		}
		return row(t.Name, fmt.Sprint(t.Legs), limitsOf(t), waitingFor(t), strings.Join(targetsOf(t), ", "), connectionsOf(t), registrationOf(t), exit, at, sip)
	},
	build: func(f *flag.FlagSet) fetch[client.Trunk] {
		var p client.TrunksParams
		f.StringVar(&p.To, "for", "", "say which trunks a call to `NUMBER` may take, and why")
		f.StringVar(&p.From, "from", "", "with --for, the account's `NUMBER` that it is called from")
		return func(c *client.Client, ctx context.Context, page client.PageParams) (client.Page[client.Trunk], error) {
			p.PageParams = page
			return c.Trunks(ctx, p)
		}
	},
}

// limitsOf are the legs at once and a second that a trunk takes at most, - if there is no limit.
func limitsOf(t client.Trunk) string {
	var limits []string
	if t.Limit != nil {
		limits = append(limits, fmt.Sprint(*t.Limit))
	}
	if t.CallsPerSecond != nil {
		limits = append(limits, fmt.Sprintf("%g/s", *t.CallsPerSecond))
	}
	return cmp.Or(strings.Join(limits, ", "), "-")
}

// waitingFor is how many calls wait for a trunk, and how long the first of them has waited.
func waitingFor(t client.Trunk) string {
	if t.OldestWaitMS == nil {
		return fmt.Sprint(t.Waiting)
	}
	return fmt.Sprintf("%d (%s)", t.Waiting, (time.Duration(*t.OldestWaitMS) * time.Millisecond).Round(100*time.Millisecond))
}

// connectionsOf are the open connections of a trunk, - if there are none.
func connectionsOf(t client.Trunk) string {
	var shown []string
	for _, c := range t.Connections {
		shown = append(shown, c.Transport+" "+c.Address+" since "+localTime(&c.Since))
	}
	return cmp.Or(strings.Join(shown, ", "), "-")
}

// registrationOf is whether a trunk is registered: until when and with whom, or why not and
// when it is tried again.
func registrationOf(t client.Trunk) string {
	r := t.Registration
	if r == nil {
		return "-"
	}
	switch {
	case r.State == "registered" && r.Until != nil:
		says := "until " + localTime(r.Until) + " with " + r.Registrar
		if !strings.HasPrefix(r.Result, "200") {
			says += " (not refreshed: " + r.Result + ")"
		}
		return says
	case r.State == "failed" && r.NextAt != nil:
		return "no: " + r.Result + ", next attempt at " + localTime(r.NextAt)
	}
	return r.State
}

// targetsOf are the targets of a trunk, each with the state of its pings if that is not
// reachable, and until when it is out of service.
func targetsOf(t client.Trunk) []string {
	shown := slices.Clone(t.Targets)
	for i, target := range t.Targets {
		for _, p := range t.Pings {
			if p.Target == target && p.State != "reachable" {
				shown[i] += " (" + p.State + ")"
			}
		}
		for _, s := range t.Service {
			if s.Target == target && !s.InService && s.Until != nil {
				shown[i] += " (out of service until " + localTime(s.Until) + ": " + s.Reason + ")"
			}
		}
	}
	return shown
}
