package record_test

import (
	"testing"

	"ringflow/flowengine/record"
)

// Legs gives the legs in the order of dialling, each with its step and its events,
// and holds the facts of a leg's first event against later ones that lack them.
func TestLegsOfAJournal(t *testing.T) {
	contact, agent := record.LegEvent{ID: "a", Party: record.PartyContact, To: "+1", CallID: "x"}, record.LegEvent{ID: "b", Party: record.PartyAgent}
	ended := record.LegEvent{ID: "a", EndedBy: record.EndedByAPI, Audio: &record.LegAudio{Codec: "PCMA"}}
	h := record.History{Events: []record.Event{
		{Seq: 1, Kind: record.LegDialling, Leg: &contact},
		{Seq: 2, Kind: record.StepEntered},
		{Seq: 3, Kind: record.LegEarlyMedia, Leg: &record.LegEvent{ID: "a"}, SIP: &record.SIPResult{Code: 183}},
		{Seq: 4, Kind: record.LegRinging, Leg: &record.LegEvent{ID: "a"}},
		{Seq: 5, Kind: record.StepEntered},
		{Seq: 6, Kind: record.LegDialling, Leg: &agent},
		{Seq: 7, Kind: record.LegAnswered, Leg: &record.LegEvent{ID: "a"}, SIP: &record.SIPResult{Code: 200}},
		{Seq: 8, Kind: record.LegUnheard, Leg: &record.LegEvent{ID: "a"}},
		{Seq: 9, Kind: record.LegEnded, Leg: &ended},
	}}
	legs := h.Legs()
	if len(legs) != 2 {
		t.Fatalf("%d legs, want 2", len(legs))
	}
	a, b := legs[0], legs[1]
	want := contact
	want.EndedBy, want.Audio = ended.EndedBy, ended.Audio
	if a.LegEvent != want || a.Step != -1 || a.State != record.LegStateEnded || a.SIP.Code != 200 ||
		a.Dialled.Seq != 1 || a.FirstRinging.Seq != 3 || a.Answered.Seq != 7 || a.Unheard.Seq != 8 || a.Ended.Seq != 9 {
		t.Errorf("the contact's leg is %+v", a)
	}
	if b.LegEvent != agent || b.Step != 1 || b.State != record.LegStateDialling || b.FirstRinging != nil || b.Answered != nil || b.Ended != nil || b.SIP != nil {
		t.Errorf("the agent's leg is %+v", b)
	}
	if none := (record.History{}).Legs(); len(none) != 0 {
		t.Errorf("an empty journal has the legs %v", none)
	}
}
