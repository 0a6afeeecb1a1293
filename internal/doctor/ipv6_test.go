package doctor_test

import (
	"net/netip"
	"strings"
	"testing"

	"ringflow/internal/doctor"
	"ringflow/internal/sim"
)

// A trunk that is reached over IPv6 is warned of where audio has none; with it a call is placed,
// and its audio comes back.
func TestTrunkOverIPv6(t *testing.T) {
	carrier := startCarrier(t, sim.Config{Addr: netip.MustParseAddrPort("[::1]:0"), Phones: map[string]sim.Behaviour{echo: sim.Answers()}})
	s := good(carrier)
	s.sip = `{listen: "[::1]:0"}`
	lines, _ := run(t, s, quick)
	if text := strings.Join(lines, "\n"); !strings.Contains(text, "warning rtp.bind: trunk carrier is reached over IPv6 at ::1, and there is no audio over IPv6") {
		t.Errorf("there is no warning of the audio:\n%s", text)
	}
	s.rtp = strings.Replace(s.rtp, "bind: 127.0.0.1", `bind: [127.0.0.1, "::1"]`, 1)
	lines, faults := run(t, s, calling())
	if text := strings.Join(lines, "\n"); faults != 0 || strings.Contains(text, "rtp.bind") || !strings.Contains(text, echo+" answered, audio goes both ways") {
		t.Errorf("%d faults:\n%s", faults, text)
	}
	s.rtp = strings.Replace(s.rtp, `"::1"`, `"2001:db8::7"`, 1)
	lines, _ = run(t, s, doctor.Options{})
	if text := strings.Join(lines, "\n"); !strings.Contains(text, "FAULT rtp.bind: 2001:db8::7 is no address of this machine: write one that `ip address` shows, or ::") {
		t.Errorf("there is no fault of the address:\n%s", text)
	}
}
