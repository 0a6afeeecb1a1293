package config

import (
	_ "embed"
	"strings"
	"testing"
	"time"
)

func TestAcceptanceConfigurationReads(t *testing.T) {
	c, err := Load("../../testdata/acceptance/ringflow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	a := c.Accounts[0]
	if a.Name != "acme" || a.RateLimit != 0 || a.Numbers[0] != "+12025550100" || a.Trunks[0].Targets[0] != "127.0.0.1:5070" {
		t.Errorf("read %+v", a)
	}
	if time.Duration(c.Drain) != 30*time.Second {
		t.Errorf("drain is %v, want the default of 30 s", c.Drain)
	}
}

//go:embed testdata/good.yaml
var goodConfig string

func TestGoodConfiguration(t *testing.T) {
	if _, err := Parse("x.yaml", []byte(goodConfig)); err != nil {
		t.Fatal(err)
	}
}

func TestAnyAddressIsTakenWithOneToAdvertise(t *testing.T) {
	text := strings.NewReplacer("listen: 127.0.0.1:5060", "listen: 0.0.0.0:5060\n  advertise: 192.0.2.1:5060",
		"bind: 127.0.0.1", "bind: 0.0.0.0\n  advertise: 192.0.2.1").Replace(goodConfig)
	if _, err := Parse("x.yaml", []byte(text)); err != nil {
		t.Error(err)
	}
}

// Each mistake must name the file, the line, the key and what would be right.
func TestMistakesNameTheirPlace(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"unknown key":             {"  listen: 127.0.0.1:8080", "  listne: 127.0.0.1:8080", "x.yaml:2: http.listne: there is no such key: did you mean listen?"},
		"unknown inner key":       {"        targets:", "        target:", "x.yaml:19: accounts[0].trunks[0].target: there is no such key: did you mean targets?"},
		"no URL of the API":       {"  listen: 127.0.0.1:8080", "  listen: 127.0.0.1:8080\n  url: calls.example.com", `x.yaml:3: http.url: "calls.example.com" is not where clients reach the API: write scheme and host, such as https://calls.example.com`},
		"URL with a query":        {"  listen: 127.0.0.1:8080", "  listen: 127.0.0.1:8080\n  url: https://calls.example.com?x=1", "x.yaml:3: http.url"},
		"URL with a crooked path": {"  listen: 127.0.0.1:8080", "  listen: 127.0.0.1:8080\n  url: https://example.com/a/../b", "x.yaml:3: http.url"},
		"bad port":                {"5060", "50600000", `x.yaml:4: sip.listen: "127.0.0.1:50600000" is not an address and port`},
		"bad address":             {"bind: 127.0.0.1", "bind: here", `x.yaml:6: rtp.bind: "here" is not an IP address: write 192.0.2.10 or 2001:db8::10`},
		"short session timer":     {"targets: [127.0.0.1:5070]", "targets: [127.0.0.1:5070]\n        session_timer: 60s", `accounts[0].trunks[0].session_timer: "1m0s" is not a session interval from 1m30s to 24h0m0s in whole seconds: write 30m, or 0s to request none`},
		"calls without end":       {"targets: [127.0.0.1:5070]", "targets: [127.0.0.1:5070]\n        max_duration: 5h", `accounts[0].trunks[0].max_duration: "5h0m0s" is not a duration from 1s to 4h0m0s: write 1h`},
		"bad network":             {"listen: 127.0.0.1:5060", "listen: 127.0.0.1:5060\n  allow_from: [carrier.example]", `x.yaml:5: sip.allow_from[0]: "carrier.example" is not an address or a network: write 198.51.100.7 or 198.51.100.0/24`},
		"bits behind a network":   {"listen: 127.0.0.1:5060", "listen: 127.0.0.1:5060\n  allow_from: [198.51.100.7/24]", `x.yaml:5: sip.allow_from[0]: "198.51.100.7/24" has bits of a host behind its network: write 198.51.100.0/24`},
		"audio of a link":         {"bind: 127.0.0.1", `bind: "fe80::1"`, `x.yaml:6: rtp.bind: "fe80::1" is an IPv6 address of a link, which SDP cannot say: write a global one`},
		"audio with a port":       {"bind: 127.0.0.1", `bind: "[::1]:4000"`, `x.yaml:6: rtp.bind: "[::1]:4000" is not an IP address: write 192.0.2.10 or 2001:db8::10`},
		"audio of IPv4 twice":     {"bind: 127.0.0.1", `bind: [127.0.0.1, 127.0.0.2]`, `x.yaml:6: rtp.bind: 127.0.0.1, 127.0.0.2: give one address of IPv4, one of IPv6, or one of each`},
		"audio of three":          {"bind: 127.0.0.1", `bind: [127.0.0.1, "::1", 127.0.0.2]`, `x.yaml:6: rtp.bind: 127.0.0.1, ::1, 127.0.0.2: give one address of IPv4, one of IPv6, or one of each`},
		"no audio":                {"bind: 127.0.0.1", `bind: []`, `x.yaml:6: rtp.bind: there is none: write 0.0.0.0`},
		"told of IPv6 alone":      {"bind: 127.0.0.1", "bind: 127.0.0.1\n  advertise: \"2001:db8::1\"", `x.yaml:6: rtp.bind: 127.0.0.1 is of the other IP version than 2001:db8::1 of rtp.advertise: add an IPv6 address, such as "::"`},
		"IPv6 everywhere":         {"bind: 127.0.0.1", "bind: [0.0.0.0, \"::\"]\n  advertise: 192.0.2.1", `x.yaml:6: rtp.bind: "::" is every address of this machine: say in rtp.advertise which one peers reach, such as 2001:db8::1`},
		"both everywhere":         {"bind: 127.0.0.1", `bind: "::"`, `x.yaml:6: rtp.bind: "::" is every address of this machine: say in rtp.advertise which one peers reach, such as 2001:db8::1`},
		"sound everywhere":        {"bind: 127.0.0.1", "bind: 0.0.0.0", `x.yaml:6: rtp.bind: "0.0.0.0" is every address of this machine: say in rtp.advertise which one peers reach, such as 192.0.2.1`},
		"sound from nowhere":      {"bind: 127.0.0.1", "bind: 127.0.0.1\n  advertise: 0.0.0.0", `x.yaml:7: rtp.advertise: "0.0.0.0" is no address that peers can reach: write 192.0.2.1`},
		"SIP everywhere":          {"listen: 127.0.0.1:5060", "listen: 0.0.0.0:5060", `x.yaml:4: sip.listen: "0.0.0.0:5060" is every address of this machine: say in sip.advertise which one peers reach, such as 192.0.2.1:5060`},
		"SIP from nowhere":        {"listen: 127.0.0.1:5060", "listen: 127.0.0.1:5060\n  advertise: '[::]:5060'", `x.yaml:5: sip.advertise: "[::]:5060" is no address that peers can reach: write 192.0.2.1:5060`},
		"falling range":           {"20000-20100", "20100-20000", `x.yaml:7: rtp.ports: "20100-20000" holds no pair of ports`},
		"no range":                {"20000-20100", "20000", `x.yaml:7: rtp.ports: "20000" is not a range of ports: write 20000-39999`},
		"bad duration":            {"drain: 10s", "drain: soon", `"soon" is not a duration: write 30s or 1m30s`},
		"number not in E.164":     {`"+12025550100"`, `"2025550100"`, `x.yaml:15: accounts[0].numbers[0]: "2025550100" is not a number in E.164: write + with country code and number, such as +12025550100`},
		"account name":            {"name: acme", "name: a b", `x.yaml:10: accounts[0].name: "a b" is not a name`},
		"no secret":               {"        secret: s\n", "", "x.yaml:12: accounts[0].clients[0].secret: give exactly one of secret, secret_file and secret_hash"},
		"no scope":                {"[flows:read]", "[]", "x.yaml:14: accounts[0].clients[0].scopes: there is none"},
		"misspelt scope":          {"[flows:read]", "[flow:read]", `x.yaml:14: accounts[0].clients[0].scopes[0]: "flow:read" is no scope: there are flows-interactions:start`},
		"no account":              {goodConfig[strings.Index(goodConfig, "accounts:"):], "accounts: []\n", "x.yaml:9: accounts: there is none"},
		"folder that is not":      {"    trunks:", "    flows: nowhere\n    trunks:", `x.yaml:17: accounts[0].flows: "nowhere" is not a folder`},
		"exit of no such name":    {"targets: [127.0.0.1:5070]", "targets: [127.0.0.1:5070]\n        exits: {603: gone}", `x.yaml:20: accounts[0].trunks[0].exits: 603: "gone" is not one of busy, invalid_number, no_answer, error, blocked`},
		"bad prefix":              {`["+1"]`, `["1"]`, "x.yaml:16: accounts[0].destinations"},
		"not YAML":                {"accounts:", "accounts: [", "x.yaml:"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(goodConfig, c.from, c.to, 1)
			if text == goodConfig {
				t.Fatal("the case changes nothing")
			}
			_, err := Parse("x.yaml", []byte(text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestMistakesAreToldTogether(t *testing.T) {
	text := strings.NewReplacer("5060", "x", "name: acme", "name: ''", "[flows:read]", "[]").Replace(goodConfig)
	_, err := Parse("x.yaml", []byte(text))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("three mistakes, told as %v", err)
	}
}

func TestNumberAndClientHaveOneOwner(t *testing.T) {
	second := goodConfig[strings.Index(goodConfig, "  - name: acme"):]
	second = strings.Replace(second, "acme", "other", 1)
	_, err := Parse("x.yaml", []byte(goodConfig+second))
	for _, want := range []string{"already belongs to account acme", "is already a client of account"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(goodConfig))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := Parse("x.yaml", data); err == nil && len(c.Accounts) == 0 {
			t.Error("a configuration without account was taken")
		}
	})
}
