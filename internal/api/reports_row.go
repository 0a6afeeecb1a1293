package api

import (
	"cmp"
	"time"

	"ringflow/flowengine/record"
)

// reportRow is one executed step: the columns of Talkdesk's Studio Flow Execution Report
// under their names, in their order, then our own. A field without a value is nil.
type reportRow struct {
	CallSID           string            `json:"call_sid" csv:"Call_SID" doc:"CA and 32 hex digits; empty if nobody was dialled."`
	FlowExecutionID   string            `json:"flow_execution_id" csv:"Flow Execution ID"`
	InteractionID     string            `json:"interaction_id" csv:"Interaction ID"`
	Destination       string            `json:"destination_number" csv:"Destination Number" doc:"The contact's, in E.164; as the request gave it if nobody was dialled."`
	Origin            string            `json:"origin_number" csv:"Origin Number"`
	FlowName          string            `json:"flow_name" csv:"Flow Definition Name"`
	FlowID            string            `json:"flow_id" csv:"Flow Definition ID"`
	ComponentTitle    string            `json:"component_title" csv:"Component Title"`
	StepName          string            `json:"step_name" csv:"Executed Step Name"`
	Exit              string            `json:"exit" csv:"Exit Name"`
	TimeInStep        float64           `json:"time_in_step" csv:"Time In Step Execution" doc:"As a fraction of a day."`
	Timestamp         string            `json:"timestamp" csv:"Step Execution Started Time" doc:"YYYY-MM-DD hh:mm:ss in UTC."`
	FinishedTime      string            `json:"studio_flow_executions_aggregated.flow_execution_finished_time" csv:"Flow Execution Finished Time" doc:"As timestamp; empty while the execution runs."`
	Order             int               `json:"step_execution_order" csv:"Step Execution Order" doc:"0 is the initiator."`
	TimeInStepMS      int64             `json:"time_in_step_ms" csv:"Time In Step Execution (ms)"`
	SIPCode           *int              `json:"sip_code" csv:"SIP Code"`
	Q850Cause         *int              `json:"q850_cause" csv:"Q.850 Cause"`
	EndedBy           *string           `json:"ended_by" csv:"Ended By" doc:"Who ended the leg that the step dialled: contact, agent, network, flow, api, ring_limit, trunk, fault or shutdown (of the server)."`
	Trunk             *string           `json:"trunk" csv:"Trunk"`
	PostDialDelayMS   *int64            `json:"post_dial_delay_ms" csv:"Post-dial Delay (ms)"`
	RingMS            *int64            `json:"ring_ms" csv:"Ring Time (ms)"`
	TalkMS            *int64            `json:"talk_ms" csv:"Talk Time (ms)"`
	Codec             *string           `json:"codec" csv:"Codec" doc:"Of the leg that the step dialled, as are the columns that follow."`
	Heard             *string           `json:"heard" csv:"Heard" doc:"What of the far end's sound was read: nothing if no media came, sampled if nobody listened, so that nothing can be said about loss, measured."`
	PacketsSent       *int64            `json:"packets_sent" csv:"Packets Sent"`
	PacketsReceived   *int64            `json:"packets_received" csv:"Packets Received" doc:"While two legs were joined, as are the columns that follow."`
	PacketsLost       *int64            `json:"packets_lost" csv:"Packets Lost"`
	PacketsDuplicated *int64            `json:"packets_duplicated" csv:"Packets Duplicated"`
	PacketsOutOfOrder *int64            `json:"packets_out_of_order" csv:"Packets Out Of Order"`
	PacketsLate       *int64            `json:"packets_late" csv:"Packets Late" doc:"More than 60 ms."`
	PacketsShort      *int64            `json:"packets_short" csv:"Packets Short" doc:"With less than 10 ms of sound."`
	LossPercent       *float64          `json:"loss_percent" csv:"Loss (%)" doc:"Lost or late."`
	JitterMS          *float64          `json:"jitter_ms" csv:"Jitter (ms)" doc:"RFC 3550 A.8, at the end of the leg."`
	JitterMaxMS       *float64          `json:"jitter_max_ms" csv:"Highest Jitter (ms)"`
	MOS               *float64          `json:"mos" csv:"MOS" doc:"Estimated by the E-model of ITU-T G.107; null if less than a second was heard."`
	Status            string            `json:"status" csv:"Status" doc:"Of the execution."`
	Error             string            `json:"error" csv:"Error"`
	Variables         map[string]string `json:"variables" csv:"Variables" doc:"At the end of the execution."`
	AcceptedTimestamp string            `json:"accepted_time" csv:"Accepted Time"`
	Explanation       *string           `json:"sip_explanation" csv:"SIP Explanation" doc:"What the SIP answer's Reason, Warning and Call-Info header fields say about why, each behind its name; of a call that the network blocked, whom to turn to."`
	Detail            *string           `json:"detail" csv:"Detail" doc:"What the journal notes about leaving the step, such as why a number was not called."`
}

// millisPerDay turns a time in a step into the fraction of a day that the
// Talkdesk's report has.
const millisPerDay = 24 * 60 * 60 * 1000

// rowsOf returns the rows of an execution.
func rowsOf(h record.History, n versionNames, titles map[string]string) []reportRow {
	base := reportRow{
		FlowExecutionID: string(h.ID), InteractionID: h.InteractionID, FlowID: h.FlowID, FlowName: cmp.Or(n.flow, h.FlowID),
		FinishedTime: reportTime(h.FinishedAt), Status: string(h.Status), Variables: h.Variables, AcceptedTimestamp: reportTime(h.AcceptedAt),
	}
	if base.Variables == nil {
		base.Variables = map[string]string{}
	}
	legs := map[int]*record.Leg{} // the last one that each step dialled, by the step's order
	for _, l := range h.Legs() {
		base.CallSID = "CA" + string(h.ID)
		legs[l.Step] = l
		if l.Party == record.PartyContact && base.Destination == "" {
			base.Destination, base.Origin = l.To, l.From
		}
	}
	var rows []reportRow
	steps := h.Steps()
	for _, s := range steps {
		if u := s.Undialled; u != nil && u.From != "" && base.Destination == "" {
			base.Destination, base.Origin = u.To, u.From
		}
	}
	for _, s := range steps {
		r := base
		r.Order, r.Exit, r.Error, r.Detail, r.Timestamp = s.Order, string(s.Exit), s.Error, orNull(s.Detail), reportTime(s.StartedAt)
		r.TimeInStepMS = s.Duration.Milliseconds()
		r.TimeInStep = float64(r.TimeInStepMS) / millisPerDay
		r.ComponentTitle, r.StepName = cmp.Or(titles[s.Component], s.Component), cmp.Or(n.steps[s.Name], s.Name)
		if s.SIP != nil {
			r.SIPCode, r.Q850Cause, r.Trunk = orNull(s.SIP.Code), orNull(s.SIP.Cause), orNull(s.SIP.Trunk)
			r.Explanation = orNull(s.SIP.Explanation())
		}
		if l, dialled := legs[s.Order]; dialled {
			r.EndedBy, r.RingMS = orNull(string(l.EndedBy)), ringTime(l)
			r.PostDialDelayMS, r.TalkMS = between(l.Dialled, l.FirstRinging), between(l.Answered, l.Ended)
			r.setAudio(l.Audio)
		}
		rows = append(rows, r)
	}
	return rows
}

// setAudio sets the columns of a leg's audio; nil: unknown.
func (r *reportRow) setAudio(a *record.LegAudio) {
	if a == nil {
		return
	}
	r.Codec, r.Heard, r.PacketsSent = orNull(a.Codec), orNull(string(a.Reception)), &a.PacketsSent
	q := a.Quality
	if q == nil {
		return
	}
	r.PacketsReceived, r.PacketsLost, r.PacketsDuplicated, r.PacketsOutOfOrder = &q.Received, &q.Lost, &q.Duplicated, &q.OutOfOrder
	r.PacketsLate, r.PacketsShort = &q.Late, &q.Short
	r.LossPercent, r.JitterMS, r.JitterMaxMS, r.MOS = &q.LossPercent, &q.JitterMS, &q.JitterMaxMS, q.MOS
}

// ringTime is the time from the first 18x to the answer, or to the end without one.
func ringTime(l *record.Leg) *int64 {
	if l.Answered == nil {
		return between(l.FirstRinging, l.Ended)
	}
	return between(l.FirstRinging, l.Answered)
}

// between returns milliseconds, nil if one of the two has not come.
func between(from, to *record.Event) *int64 {
	if from == nil || to == nil {
		return nil
	}
	ms := to.After(*from).Milliseconds()
	return &ms
}

// reportTime writes a time as Talkdesk's report does.
func reportTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime)
}

// orNull returns nil for the zero value.
func orNull[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}
