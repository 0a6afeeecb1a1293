package record_test

import (
	"errors"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestNextCallingHours(t *testing.T) {
	for _, c := range []struct{ hours, zone, from, want string }{
		{"", "", "2026-03-02T03:00:00Z", "2026-03-02T03:00:00Z"},
		{"09:00-17:30", "", "2026-03-02T03:00:00Z", "2026-03-02T09:00:00Z"},
		{"09:00-17:30", "", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"},
		{"09:00-17:30", "", "2026-03-02T17:29:59Z", "2026-03-02T17:29:59Z"},
		{"09:00-17:30", "", "2026-03-02T17:30:00Z", "2026-03-03T09:00:00Z"},
		{"09:00-17:30", "", "2026-02-28T23:59:59Z", "2026-03-01T09:00:00Z"},
		{"00:00-24:00", "", "2026-03-02T23:59:59Z", "2026-03-02T23:59:59Z"},
		{"22:00-02:00", "", "2026-03-02T01:59:00Z", "2026-03-02T01:59:00Z"},
		{"22:00-02:00", "", "2026-03-02T02:00:30Z", "2026-03-02T22:00:00Z"},
		{"22:00-00:00", "", "2026-03-02T00:00:00Z", "2026-03-02T22:00:00Z"},
		{"09:00-17:00", "America/New_York", "2026-03-02T22:00:00Z", "2026-03-03T14:00:00Z"},
		{"09:00-17:00", "Asia/Kathmandu", "2026-03-02T00:00:00Z", "2026-03-02T03:15:00Z"},
		// The night on which Berlin puts its clock from 02:00 forward to 03:00.
		{"02:30-04:00", "Europe/Berlin", "2026-03-28T20:00:00Z", "2026-03-29T01:00:00Z"},
		{"02:15-02:45", "Europe/Berlin", "2026-03-28T20:00:00Z", "2026-03-30T00:15:00Z"},
		{"09:00-17:00", "Europe/Berlin", "2026-03-28T20:00:00Z", "2026-03-29T07:00:00Z"},
		// And from 03:00 back to 02:00: both 02:30 count.
		{"02:30-04:00", "Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T00:30:00Z"},
		{"02:30-02:45", "Europe/Berlin", "2026-10-25T00:50:00Z", "2026-10-25T01:30:00Z"},
		{"02:30-02:45", "Europe/Berlin", "2026-10-25T01:50:00Z", "2026-10-26T01:30:00Z"},
		{"09:00-17:00", "Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T08:00:00Z"},
		// Half an hour, on Lord Howe Island.
		{"01:45-01:50", "Australia/Lord_Howe", "2026-04-04T14:55:00Z", "2026-04-04T15:15:00Z"},
		// A day that Samoa left out.
		{"09:00-17:00", "Pacific/Apia", "2011-12-30T05:00:00Z", "2011-12-30T19:00:00Z"},
	} {
		h := record.CallingHours{Hours: c.hours, Zone: c.zone}
		got, err := h.Next(moment(t, c.from))
		if err != nil || !got.Equal(moment(t, c.want)) {
			t.Errorf("%s %s from %s: %s, %v, want %s", c.hours, c.zone, c.from, got.UTC().Format(time.RFC3339), err, c.want)
		}
	}
	for h, want := range map[record.CallingHours]error{
		{Hours: "9-17"}:        record.ErrBadHours,
		{Hours: "09:00-09:00"}: record.ErrBadHours,
		{Zone: "Local"}:        record.ErrBadZone,
		{Zone: "../etc"}:       record.ErrBadZone,
	} {
		if err := h.Check(); !errors.Is(err, want) {
			t.Errorf("%+v: %v, want %v", h, err, want)
		}
	}
}

// Next is in the hours, and no minute before it is.
func FuzzNextCallingHours(f *testing.F) {
	zones := []string{"", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"}
	f.Add(uint16(150), uint16(240), uint8(1), int64(1774731600))
	f.Fuzz(func(t *testing.T, from, to uint16, zone uint8, unix int64) {
		at := time.Unix(unix%4e9, 0).UTC()
		clock := func(m uint16) string { return time.Unix(int64(m%1440)*60, 0).UTC().Format("15:04") }
		h := record.CallingHours{Hours: clock(from) + "-" + clock(to), Zone: zones[int(zone)%len(zones)]}
		if h.Check() != nil {
			return
		}
		next, err := h.Next(at)
		again, _ := h.Next(next)
		if err != nil || next.Before(at) || !again.Equal(next) || next.Sub(at) > 50*time.Hour {
			t.Fatalf("%+v from %s: %s, %v, then %s", h, at, next, err, again)
		}
		for m := at; m.Before(next); m = m.Truncate(time.Minute).Add(time.Minute) {
			if now, _ := h.Next(m); now.Equal(m) {
				t.Fatalf("%+v from %s: %s, and %s is in the hours", h, at, next, m)
			}
		}
	})
}
