package carrier

import "testing"

var (
	states     = []State{Ringing, Refusing, Answering, Talking, Leaving, Ended}
	happenings = []callEvent{retransmitted, cancelReceived, ackReceived, byeReceived, refuse, answer, hangup, byeAnswered, timedOut}
)

// TestEveryStateMeetsEveryHappening holds the machine against what RFC 3261
// says of a user agent server; "-" is a happening that must change nothing and
// do nothing.
func TestEveryStateMeetsEveryHappening(t *testing.T) {
	want := map[State][]State{
		//          INVITE     CANCEL     ACK      BYE       refuse    answer     hang up    left  given up
		Ringing:   {Ringing, Refusing, Ringing, Refusing, Refusing, Answering, "-", "-", "-"},
		Refusing:  {Refusing, Refusing, Ended, Refusing, "-", "-", "-", "-", Ended},
		Answering: {Answering, Answering, Talking, Ended, "-", "-", Answering, "-", Leaving},
		Talking:   {Talking, Talking, "-", Ended, "-", "-", Leaving, "-", "-"},
		Leaving:   {"-", "-", "-", Leaving, "-", "-", "-", Ended, Ended},
		Ended:     {Ended, Ended, "-", Ended, "-", "-", "-", "-", "-"},
	}
	for _, s := range states {
		for i, h := range happenings {
			got, ok := steps[s][h]
			if !ok {
				got.to = "-"
			}
			if got.to != want[s][i] {
				t.Errorf("%s, %s: goes to %s, want %s", s, h, got.to, want[s][i])
			}
			if ok && len(got.do) == 0 {
				t.Errorf("%s, %s: does nothing", s, h)
			}
		}
	}
}

// TestEveryRequestIsAnswered: a CANCEL or BYE gets its own final answer in
// every state that it is not ignored in.
func TestEveryRequestIsAnswered(t *testing.T) {
	for _, s := range states {
		for _, h := range []callEvent{cancelReceived, byeReceived} {
			step, ok := steps[s][h]
			answers := 0
			for _, a := range step.do {
				if a == respond200 || a == respond481 {
					answers++
				}
			}
			if ok && answers != 1 {
				t.Errorf("%s, %s: %d answers", s, h, answers)
			}
		}
	}
}
