// Package trial puts a running server through the acceptance: each trial sets
// the carrier's numbers up, triggers flows over HTTP, and gives a verdict from
// what the carrier saw, what its phones heard and what the API says
// afterwards. It knows the contract and nothing of the server's inside.
//
// Read trial.go and verdict.go, then any trial: seed.go, codes.go, play.go,
// forward.go, rate.go, cost.go, disk.go, kill.go, digits.go; crash.go, crashload.go,
// crashledger.go, crashjudge.go.
package trial

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/phone"
	"ringflow/internal/rig/platform"
	"ringflow/internal/rig/sound"
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
	Sink                string // where the crash trial listens as a webhook's server
	Sounds              string // folder for what phones heard, "" for none
	Plateau             time.Duration
	TriggersPerSecond   int
	PhonesSilent, PCMA  bool
	Verbose, SkipFloors bool
}

// Trial is one run with a carrier and an API client of its own.
type Trial struct {
	*Verdict
	Settings
	platform *platform.Client
	plan     *carrier.Plan
	exchange *phone.Exchange
	carrier  *carrier.Carrier
	lines    atomic.Uint32
}

// New opens the carrier and fetches a token.
func New(ctx context.Context, s Settings) (*Trial, error) {
	at, err := netip.ParseAddrPort(s.Carrier)
	if err != nil {
		return nil, fmt.Errorf("carrier address %q: %w", s.Carrier, err)
	}
	t := &Trial{Verdict: NewVerdict(os.Stdout), Settings: s, plan: carrier.NewPlan(),
		platform: platform.NewClient(s.HTTP, s.ClientID, s.Secret, 256)}
	t.lines.Store(rand.Uint32N(5000))
	t.exchange = phone.NewExchange(at.Addr(), s.Nice)
	var trace func(bool, time.Time, []byte)
	if s.Verbose {
		trace = printMessage
	}
	if t.carrier, err = carrier.Listen(at, t.plan, t.exchange, trace); err != nil {
		t.exchange.Close()
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
func (t *Trial) Close() {
	t.carrier.Close()
	t.exchange.Close()
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
func (t *Trial) number(b carrier.Behaviour) string {
	n := t.lines.Add(1)
	number := fmt.Sprintf("+1%d%d%04d", 303+n/70000%8, 220+n/10000%7, n%10000)
	if t.PhonesSilent {
		b.Mute = true
	}
	t.plan.Set(number, b)
	return number
}

// await polls until the condition holds; false when the time is up first.
func (t *Trial) await(within time.Duration, met func() bool) bool {
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
func (t *Trial) only(number string) (carrier.Record, bool) {
	calls := t.carrier.To(number)
	if len(calls) != 1 {
		return carrier.Record{}, false
	}
	return calls[0], true
}

// reached waits until the number's call is in the state.
func (t *Trial) reached(number string, state carrier.State, within time.Duration) (carrier.Record, bool) {
	var r carrier.Record
	ok := t.await(within, func() bool {
		var one bool
		r, one = t.only(number)
		return one && r.State == state
	})
	return r, ok
}

// settle waits for the last dialogs to go and reports what the carrier found
// against the RFCs.
func (t *Trial) settle(within time.Duration) {
	gone := t.await(within, func() bool { return t.carrier.Live() == 0 })
	t.Check(gone, "no dialog is left at the carrier (%d live)", t.carrier.Live())
	if !gone {
		for _, r := range t.carrier.Calls() {
			if r.State != carrier.Over {
				t.Say("     %s is %s, invited %s ago", r.Number, r.State, time.Since(r.InvitedAt).Round(time.Millisecond))
			}
		}
	}
	t.reportFaults()
}

func (t *Trial) reportFaults() {
	for _, f := range t.carrier.Faults() {
		t.Check(false, "the carrier found %d × %s: %s", f.Count, f.Rule, f.Detail)
		if t.Verbose || len(f.Example) < 1600 {
			t.Say("%s", f.Example)
		}
	}
}

// reportRig prints whether the rig itself kept up.
func (t *Trial) reportRig() {
	late, cpu := t.exchange.Late()
	t.Figure("rig's own media thread", "latest tick %s late, %s CPU in all", late.Round(time.Microsecond), cpu.Round(time.Millisecond))
}

// keep writes what a phone heard, for a human ear.
func (t *Trial) keep(name string, samples []int16) {
	if t.Sounds == "" {
		return
	}
	if err := os.WriteFile(t.Sounds+"/"+name+".wav", sound.WriteWAV(samples), 0o644); err != nil {
		t.Say("     %v", err)
	}
}
