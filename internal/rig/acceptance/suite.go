// Package acceptance tests a running server: each test of the suite sets the
// carrier's numbers up, triggers flows over HTTP, and checks what the carrier and its
// phones received and what the API returns afterwards. It knows the contract and
// nothing of the server's inside.
//
// Read suite.go and report.go, then any test: seed.go, codes.go, play.go,
// forward.go, rate.go, cost.go, disk.go, kill.go, digits.go; crash.go, crash_load.go,
// crash_journal.go, crash_check.go.
package acceptance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"ringflow/internal/rig/audio"
	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/phone"
	"ringflow/internal/rig/platform"
)

// account is the acceptance configuration's own number.
const account = "+12025550100"

// netAny is a free port on loopback.
var netAny = netip.MustParseAddrPort("127.0.0.1:0")

// Settings say where everything is.
type Settings struct {
	HTTP, Carrier, SIP  string
	ClientID, Secret    string
	ServerPID           int
	Nice                int
	Prompt              string // WAV file that flow play plays
	Restart, Directory  string // how the server is started again, and where
	Sink                string // where the crash test listens as a webhook's server
	Recordings          string // folder of recordings of the phones, "" for none
	Plateau             time.Duration
	TriggersPerSecond   int
	PhonesSilent, PCMA  bool
	Verbose, SkipFloors bool
}

// Suite is one run with a carrier and an API client of its own.
type Suite struct {
	*Report
	Settings
	platform *platform.Client
	plan     *carrier.Plan
	plane    *phone.Plane
	carrier  *carrier.Carrier
	lines    atomic.Uint32
}

// New opens the carrier and fetches a token.
func New(ctx context.Context, s Settings) (*Suite, error) {
	at, err := netip.ParseAddrPort(s.Carrier)
	if err != nil {
		return nil, fmt.Errorf("carrier address %q: %w", s.Carrier, err)
	}
	t := &Suite{Report: NewReport(os.Stdout), Settings: s, plan: carrier.NewPlan(),
		platform: platform.NewClient(s.HTTP, s.ClientID, s.Secret, 256)}
	t.lines.Store(rand.Uint32N(5000))
	t.plane = phone.NewPlane(at.Addr(), s.Nice)
	var trace func(bool, time.Time, []byte)
	if s.Verbose {
		trace = printMessage
	}
	if t.carrier, err = carrier.Listen(at, t.plan, t.plane, trace); err != nil {
		t.plane.Close()
		return nil, err
	}
	if s.ServerPID == 0 {
		return t, nil
	}
	if err := t.platform.Authorize(ctx); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// Close ends the carrier and its phones.
func (t *Suite) Close() {
	t.carrier.Close()
	t.plane.Close()
}

func printMessage(sent bool, at time.Time, text []byte) {
	arrow := "<-"
	if sent {
		arrow = "->"
	}
	fmt.Printf("%s %s\n%s\n", at.Format("15:04:05.000000"), arrow, text)
}

// number makes a dialling number that was not used in this run, with the
// behaviour; no two numbers of a run are equal.
func (t *Suite) number(b carrier.Behaviour) string {
	n := t.lines.Add(1)
	number := fmt.Sprintf("+1%d%d%04d", 303+n/70000%8, 220+n/10000%7, n%10000)
	if t.PhonesSilent {
		b.Mute = true
	}
	t.plan.Set(number, b)
	return number
}

// await polls until the condition holds; false when the time is up first.
func (t *Suite) await(within time.Duration, met func() bool) bool {
	for deadline := time.Now().Add(within); ; time.Sleep(10 * time.Millisecond) {
		if met() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

// only returns the single call to the number; false unless there is exactly one.
func (t *Suite) only(number string) (carrier.Record, bool) {
	calls := t.carrier.To(number)
	if len(calls) != 1 {
		return carrier.Record{}, false
	}
	return calls[0], true
}

// reached waits until the number's call is in the state.
func (t *Suite) reached(number string, state carrier.State, within time.Duration) (carrier.Record, bool) {
	var r carrier.Record
	ok := t.await(within, func() bool {
		var one bool
		r, one = t.only(number)
		return one && r.State == state
	})
	return r, ok
}

// awaitIdle waits for the last dialogs to go and reports what the carrier found
// against the RFCs.
func (t *Suite) awaitIdle(within time.Duration) {
	ended := t.await(within, func() bool { return t.carrier.Live() == 0 })
	t.Check(ended, "no dialog is left at the carrier (%d live)", t.carrier.Live())
	if !ended {
		for _, r := range t.carrier.Calls() {
			if r.State != carrier.Ended {
				t.Print("     %s is %s, %s after its INVITE", r.Number, r.State, time.Since(r.InviteAt).Round(time.Millisecond))
			}
		}
	}
	t.reportFaults()
}

func (t *Suite) reportFaults() {
	for _, f := range t.carrier.Faults() {
		t.Check(false, "the carrier found %d × %s: %s", f.Count, f.Rule, f.Detail)
		if t.Verbose || len(f.Example) < 1600 {
			t.Print("%s", f.Example)
		}
	}
}

// reportRig prints whether the rig itself was late.
func (t *Suite) reportRig() {
	late, cpu := t.plane.Late()
	t.Figure("rig's own media thread", "latest tick %s late, %s CPU in all", late.Round(time.Microsecond), cpu.Round(time.Millisecond))
}

// writeRecording writes audio of a phone to a WAV file.
func (t *Suite) writeRecording(name string, samples []int16) {
	if t.Recordings == "" {
		return
	}
	if err := os.WriteFile(t.Recordings+"/"+name+".wav", audio.WriteWAV(samples), 0o644); err != nil {
		t.Print("     %v", err)
	}
}
