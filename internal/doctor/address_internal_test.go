package doctor

import (
	"net/netip"
	"strings"
	"testing"

	"ringflow/internal/call"
	"ringflow/internal/config"
)

// What a trunk is told is compared with where it sees us; where it does not say, an address
// of a local network is wrong for a trunk beyond it, and for no other.
func TestCheckSeen(t *testing.T) {
	for name, c := range map[string]struct {
		sip, rtp, target, seen string
		faults, warnings       string // subjects
	}{
		"as advertised":                    {"203.0.113.5:5060", "203.0.113.5", "198.51.100.1:5060", "203.0.113.5:5060", "", ""},
		"private, and nobody says":         {"192.168.1.5:5060", "192.168.1.5", "198.51.100.1:5060", "", "sip.advertise", ""},
		"of a carrier's translator":        {"100.64.3.4:5060", "100.64.3.4", "198.51.100.1:5060", "", "sip.advertise", ""},
		"private, as the trunk is":         {"192.168.1.5:5060", "192.168.1.5", "192.168.1.1:5060", "", "", ""},
		"private, and the trunk sees that": {"192.168.1.5:5060", "192.168.1.5", "192.168.1.1:5060", "192.168.1.5:5060", "", ""},
		"seen elsewhere":                   {"192.168.1.5:5060", "192.168.1.5", "198.51.100.1:5060", "203.0.113.5:5060", "sip.advertise rtp.advertise", ""},
		"from another port":                {"203.0.113.5:5060", "203.0.113.5", "198.51.100.1:5060", "203.0.113.5:33000", "", "sip.advertise"},
		"IPv6":                             {"[2001:db8::5]:5060", "203.0.113.5", "[2001:db8::1]:5060", "[2001:db8::5]:5060", "", ""},
	} {
		var faults, warnings []string
		d := &doctor{cfg: &config.Config{}, local: 5060, report: func(f Finding) {
			if f.Level == Fault {
				faults = append(faults, f.Subject)
			} else if f.Level == Warning {
				warnings = append(warnings, f.Subject)
			}
		}}
		d.cfg.SIP.Listen, d.cfg.SIP.Advertise = config.Addresses{"0.0.0.0:5060"}, config.Addresses{c.sip}
		d.cfg.RTP.Bind, d.cfg.RTP.Advertise = config.IPs{"0.0.0.0"}, config.IPs{c.rtp}
		var seen netip.AddrPort
		if c.seen != "" {
			seen = netip.MustParseAddrPort(c.seen)
		}
		d.checkSeen("trunk", &call.Trunk{}, netip.MustParseAddrPort(c.target), seen)
		if strings.Join(faults, " ") != c.faults || strings.Join(warnings, " ") != c.warnings || d.faults != len(faults) {
			t.Errorf("%s: faults %v, warnings %v", name, faults, warnings)
		}
	}
}

func TestCovers(t *testing.T) {
	for list, want := range map[string]bool{"": false, "5060": false, "20000-39999": true, "5060,20000-39999": true, "20000-30000,30001-39999": false, "x": false, "1-65535": true} {
		if got := covers(list, 20000, 39999); got != want {
			t.Errorf("%q: %t", list, got)
		}
	}
}
