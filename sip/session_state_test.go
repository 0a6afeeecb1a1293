package sip

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func (i input) String() string  { return inputNames[i] }
func (a action) String() string { return actionNames[a] }

var inputNames = [inputCount]string{"trying", "success", "failure", "retry", "lost", "hangup",
	"limit", "cancel", "bye", "answer", "reject", "ack", "ack_lost", "bye_done", "gone"}

var actionNames = [doEnd + 1]string{"nothing", "invite", "cancel", "connect", "ack_bye",
	"accept", "confirm", "refuse", "bye", "report_end", "end"}

// TestStates compares every state × every input with testdata/sip/states.txt,
// which is the table as a reader wants it.
func TestStates(t *testing.T) {
	var b strings.Builder
	for s := stateCalling; s < stateCount; s++ {
		for in := range inputCount {
			to, do := s.next(in)
			if to == s && do == doNothing {
				continue
			}
			fmt.Fprintf(&b, "%-14s %-9s → %-14s %s\n", s, in, to, do)
		}
	}
	const golden = "../testdata/sip/states.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the table differs from %s; run the test with -update and read the difference:\n%s", golden, b.String())
	}
}

// TestTransitionsDoNotOverlap holds that the order of the table means nothing.
func TestTransitionsDoNotOverlap(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range transitions {
		for _, s := range row.from {
			for _, in := range row.by {
				if pair := fmt.Sprint(s, " by ", in); seen[pair] {
					t.Errorf("%s has two rows", pair)
				} else {
					seen[pair] = true
				}
			}
		}
	}
}

// TestStateRules holds what the RFCs demand of every pair, whatever the table says.
func TestStateRules(t *testing.T) {
	for s := stateCalling; s < stateCount; s++ {
		for in := range inputCount {
			to, do := s.next(in)
			name := fmt.Sprintf("%s by %s → %s, %s", s, in, to, do)
			switch {
			case do == doCancel && in != inTrying && s != stateProceeding:
				t.Errorf("%s: CANCEL before a provisional answer (RFC 3261 §9.1)", name)
			case do == doBye && (s == stateAccepted || s == stateByePending) && in != inAck && in != inAckLost:
				t.Errorf("%s: BYE before the ACK (RFC 3261 §15)", name)
			case s == stateOver && (to != stateOver || do != doNothing):
				t.Errorf("%s: something happens after the end", name)
			case to == stateOver && s != stateOver && do != doEnd:
				t.Errorf("%s: it ends untold", name)
			case do == doEnd && to != stateOver:
				t.Errorf("%s: the end is told of a session that lives on", name)
			case in == inSuccess && slices.Contains([]state{stateCalling, stateProceeding, stateHangupPending, stateCancelling, stateCancelTimeout}, s) &&
				do != doConnect && do != doAckBye:
				t.Errorf("%s: a 2xx stays without an ACK (RFC 3261 §13.2.2.4)", name)
			}
		}
	}
}

// TestEveryStateEnds holds that from every state something other than the far
// end's good will leads to the end.
func TestEveryStateEnds(t *testing.T) {
	ours := []input{inHangup, inLimit, inLost, inAckLost, inByeDone}
	for s := stateCalling; s < stateOver; s++ {
		seen := map[state]bool{s: true}
		for grown := true; grown; {
			grown = false
			for from := range seen {
				for _, in := range ours {
					if to, _ := from.next(in); !seen[to] {
						seen[to], grown = true, true
					}
				}
			}
		}
		if !seen[stateOver] {
			t.Errorf("%s: without an answer from the far end the session never ends", s)
		}
	}
}

func TestNamesAreComplete(t *testing.T) {
	for s := range stateCount {
		if s.String() == "" {
			t.Errorf("state %d has no name", s)
		}
	}
	for i := range inputCount {
		if i.String() == "" {
			t.Errorf("input %d has no name", i)
		}
	}
	for a := range doEnd + 1 {
		if a.String() == "" {
			t.Errorf("action %d has no name", a)
		}
	}
}
