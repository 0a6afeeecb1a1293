package config

import (
	"strings"
	"testing"
)

// Whatever does not fit the configuration is told under its key, with what would
// be right, in these words.
func TestValuesThatDoNotFit(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"duration without unit": {"drain: 10s", "drain: 5", `x.yaml:8: drain: "5" is not a duration: write 30s or 1m30s`},
		"list for a duration":   {"drain: 10s", "drain: [10s]", "x.yaml:8: drain: a list stands where one value is needed"},
		"days":                  {"    trunks:", "    retention_days: month\n    trunks:", `x.yaml:17: accounts[0].retention_days: "month" is not a number of days: write 1 to 36500, or 0 for ever`},
		"boolean":               {"    trunks:", "    private_addresses: maybe\n    trunks:", `x.yaml:17: accounts[0].private_addresses: "maybe" is not true or false`},
		"whole number":          {"        targets:", "        channels: many\n        targets:", `x.yaml:19: accounts[0].trunks[0].channels: "many" is not a whole number: write it in digits, such as 100`},
		"number":                {"    trunks:", "    rate_limit: fast\n    trunks:", `x.yaml:17: accounts[0].rate_limit: "fast" is not a number: write it in digits, such as 2 or 0.5`},
		"mapping for a value":   {"secret: s", "secret: {s: hunter2}", "x.yaml:13: accounts[0].clients[0].secret: a mapping stands where one value is needed"},
		"value for a mapping":   {"destinations: {allow: [\"+1\"]}", "destinations: hunter2", "x.yaml:16: accounts[0].destinations: a single value stands where keys are needed: there are allow, deny"},
		"value for a list":      {"[flows:read]", "flows:read", "x.yaml:14: accounts[0].clients[0].scopes: scopes is a list: write [flows:read]"},
		"codec in capitals":     {"        targets:", "        codecs: [G722]\n        targets:", `x.yaml:19: accounts[0].trunks[0].codecs[0]: "G722" is not one of pcmu, pcma, g722, opus: write g722`},
		"transport in capitals": {"        targets:", "        transport: TCP\n        targets:", `x.yaml:19: accounts[0].trunks[0].transport: "TCP" is not one of udp, tcp, tls, auto: write tcp`},
		"codec without list":    {"        targets:", "        codecs: g722\n        targets:", "x.yaml:19: accounts[0].trunks[0].codecs: codecs is a list: write [g722]"},
		"no codec, no list":     {"        targets:", "        codecs: 8\n        targets:", `x.yaml:19: accounts[0].trunks[0].codecs: codecs is a list, and "8" is not one of pcmu, pcma, g722, opus`},
		"account without dash":  {"  - name: acme\n", "    name: acme\n", `x.yaml:10: accounts: accounts is a list: begin each of its items with a dash, as in "- name: …"`},
		"key that stands twice": {"drain: 10s", "drain: 10s\ndrain: 20s", "x.yaml:9: drain: the key stands twice, in line 8 too: remove one"},
		"key of another place":  {"drain: 10s", "bind: 127.0.0.1", "x.yaml:8: bind: there is no such key: it stands under rtp"},
		"key of a deeper place": {"    trunks:", "    targets: []\n    trunks:", "x.yaml:17: accounts[0].targets: there is no such key here: it stands under accounts[].trunks[]"},
		"misspelt key":          {"  ports: 20000", "  port: 20000", "x.yaml:7: rtp.port: there is no such key: did you mean ports?"},
		"code that is none":     {"targets: [127.0.0.1:5070]", "targets: [127.0.0.1:5070]\n        exits: {gone: busy}", `x.yaml:20: accounts[0].trunks[0].exits: "gone" is not a whole number: write it in digits, such as 100`},
		"tab":                   {"  listen: 127.0.0.1:8080", "\tlisten: 127.0.0.1:8080", "x.yaml:2: the line begins with a tab: YAML indents with blanks: put blanks in its place"},
		"dash left out":         {"  - name: acme\n", "  name: acme\n", `x.yaml:11: the line stands under name of line 10, which has its value already: if accounts is a list, begin its items with a dash, as in "- name: …"; if not, let both lines begin below one another`},
		"flow file":             {goodConfig, "name: Reminder\ntrigger: {component: api_request}\nstart: a\nsteps:\n  a: {component: end_flow}\n", "x.yaml:1: this is a flow file and no configuration: put it into the folder that accounts[].flows names, or try ringflow flow check"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(goodConfig, c.from, c.to, 1)
			if text == goodConfig {
				t.Fatal("the case changes nothing")
			}
			_, err := Parse("x.yaml", []byte(text))
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// An unknown key, values of the wrong type and values that are wrong are told
// together, in the order of the file, and what follows from another is not told.
func TestMistakesOfEveryKindAreToldTogether(t *testing.T) {
	text := strings.NewReplacer("  listen: 127.0.0.1:8080", "  listne: 127.0.0.1:8080", "5060", "x", "drain: 10s", "drain: 5",
		"[flows:read]", "flows:read", `"+12025550100"`, `"2025550100"`, "        targets:", "        target:").Replace(goodConfig)
	const want = `x.yaml:2: http.listne: there is no such key: did you mean listen?
x.yaml:4: sip.listen: "127.0.0.1:x" is not an address and port: write 127.0.0.1:5060
x.yaml:8: drain: "5" is not a duration: write 30s or 1m30s
x.yaml:14: accounts[0].clients[0].scopes: scopes is a list: write [flows:read]
x.yaml:15: accounts[0].numbers[0]: "2025550100" is not a number in E.164: write + with country code and number, such as +12025550100
x.yaml:19: accounts[0].trunks[0].target: there is no such key: did you mean targets?`
	if _, err := Parse("x.yaml", []byte(text)); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestAnchorsAreRead(t *testing.T) {
	text := strings.NewReplacer("scopes: [flows:read]", "scopes: &all [flows:read]\n      - <<: &key {secret: x}\n        id: d\n        scopes: *all").Replace(goodConfig)
	if c, err := Parse("x.yaml", []byte(text)); err != nil || len(c.Accounts[0].Clients) != 2 || c.Accounts[0].Clients[1].Secret != "x" {
		t.Errorf("read %+v, %v", c.Accounts, err)
	}
}
