package call

import (
	"slices"
	"testing"
	"testing/synctest"

	"ringflow/sip"
)

// The events of a leg are handled in their order. One that has to wait holds up neither the
// session nor, once it is handled, the events after it.
func TestEventsOfALeg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var handled []int
		lookedUp := make(chan struct{})
		q := legEvents{handle: func(e sip.Event) {
			p := e.(sip.Progress)
			if len(p.Body) > 0 {
				<-lookedUp
			}
			handled = append(handled, p.Code)
		}}
		q.take(sip.Progress{Code: 180})
		if !slices.Equal(handled, []int{180}) {
			t.Fatalf("handled %d when take has returned, want 180", handled)
		}
		q.take(sip.Progress{Code: 183, Body: []byte("c=IN IP4 media.example.com")})
		q.take(sip.Progress{Code: 181})
		q.take(sip.Progress{Code: 182})
		synctest.Wait()
		if !slices.Equal(handled, []int{180}) {
			t.Fatalf("handled %d before the host is looked up", handled)
		}
		close(lookedUp)
		synctest.Wait()
		q.take(sip.Progress{Code: 199})
		if want := []int{180, 183, 181, 182, 199}; !slices.Equal(handled, want) {
			t.Errorf("handled %d, want %d", handled, want)
		}
	})
}

func TestEventsThatMayBlock(t *testing.T) {
	named, plain := []byte("v=0\r\nc=IN IP4 media.example.com\r\n"), []byte("v=0\r\nc=IN IP4 192.0.2.1\r\n")
	for _, c := range []struct {
		event sip.Event
		want  bool
	}{
		{sip.Ended{}, true}, {sip.InfoReceived{Body: named}, false},
		{sip.Progress{Body: named}, true}, {sip.Progress{Body: plain}, false}, {sip.Progress{}, false},
		{sip.Answered{Body: named}, true}, {sip.Answered{Body: plain}, false},
		{sip.Reoffer{Body: named}, true}, {sip.Reoffer{Body: plain}, false},
		{sip.ReofferResult{Body: named}, true}, {sip.ReofferResult{Body: plain}, false},
	} {
		if got := mayBlock(c.event); got != c.want {
			t.Errorf("%T %s: %v", c.event, c.event, got)
		}
	}
}
