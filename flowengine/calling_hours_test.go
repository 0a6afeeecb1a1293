package flowengine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowtest"
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

// An execution whose hours were over when the server came up again waits for the
// next, on whichever side of a change of the clock they lie.
func TestCallingHoursHoldAfterDowntime(t *testing.T) {
	for _, c := range []struct{ accepted, up, want string }{
		{"2000-03-24T07:55:00Z", "2000-03-24T22:00:00Z", "2000-03-25T08:00:00Z"}, // 09:00 in winter
		{"2000-03-25T07:55:00Z", "2000-03-25T22:00:00Z", "2000-03-26T07:00:00Z"}, // 09:00 in summer
		{"2000-10-28T06:55:00Z", "2000-10-28T22:00:00Z", "2000-10-29T08:00:00Z"},
		{"2000-03-24T07:55:00Z", "2000-03-24T12:00:00Z", "2000-03-24T12:00:00Z"}, // they are not over
	} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(moment(t, c.accepted)))
			w := newWorld(seed, &flowtest.Line{})
			x, err := w.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: parties,
				CallingHours: record.CallingHours{Hours: "09:00-17:30", Zone: "Europe/Berlin"}})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Drain(context.Background()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Until(moment(t, c.up)))
			next := newWorld(seed, &flowtest.Line{})
			if err := next.record.Accept(context.Background(), w.record.Stored(x.ID).Execution); err != nil {
				t.Fatal(err)
			}
			next.Resume(context.Background(), []record.Execution{w.record.Stored(x.ID).Execution})
			<-next.record.Ended(x.ID)
			k := next.record.Stored(x.ID)
			checkJournal(t, k)
			if got := k.Events[1]; got.Kind != record.ExecutionStarted || !got.At.Equal(moment(t, c.want)) {
				t.Errorf("accepted %s, up %s: %s at %s, want %s", c.accepted, c.up, got.Kind, got.At.UTC().Format(time.RFC3339), c.want)
			}
			if err := next.Drain(context.Background()); err != nil {
				t.Fatal(err)
			}
		})
	}
}
