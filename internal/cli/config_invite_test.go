package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// config invite prints, trunk by trunk, who calls whom.
func TestConfigInvite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ringflow.yaml")
	text := strings.Replace(goodConfig, "    trunks:", "    country: DE\n    trunks:", 1) +
		"      - {name: other, targets: [sip.example.com], domain: example.com, username: '1234567t0', from: username, p_asserted_identity: none, p_preferred_identity: shown, calling_number: digits, called_number: national, diversion: account, diverting_number: digits, user_phone: true, tech_prefix: '77'}\n" +
		"      - {name: hidden, targets: [127.0.0.1:5071], from: anonymous}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (int, string, string) {
		var out, complaints bytes.Buffer
		status := Run(t.Context(), append([]string{"config", "invite"}, args...), &out, &complaints)
		return status, out.String(), complaints.String()
	}
	status, out, complaints := run(path, "--to", "030 901820", "--contact", "+12025550143")
	const want = `# account acme, trunk carrier: a contact is called
INVITE sip:+4930901820@127.0.0.1:5070 SIP/2.0
From: <sip:+12025550100@127.0.0.1:5070>
To: <sip:+4930901820@127.0.0.1:5070>

# account acme, trunk carrier: an agent is called and shown the contact's number
INVITE sip:+4930901820@127.0.0.1:5070 SIP/2.0
From: <sip:+12025550143@127.0.0.1:5070>
To: <sip:+4930901820@127.0.0.1:5070>
P-Asserted-Identity: <tel:+12025550100>

# account acme, trunk other: a contact is called
INVITE sip:77030901820@example.com;user=phone SIP/2.0
From: <sip:1234567t0@example.com>
To: <sip:77030901820@example.com;user=phone>
P-Preferred-Identity: <sip:12025550100@example.com;user=phone>

# account acme, trunk other: an agent is called and shown the contact's number
INVITE sip:77030901820@example.com;user=phone SIP/2.0
From: <sip:1234567t0@example.com>
To: <sip:77030901820@example.com;user=phone>
P-Preferred-Identity: <sip:12025550143@example.com;user=phone>
Diversion: <sip:12025550100@example.com;user=phone>;reason=unconditional;counter=1;privacy=off

# account acme, trunk hidden: a contact is called
INVITE sip:+4930901820@127.0.0.1:5071 SIP/2.0
From: "Anonymous" <sip:anonymous@anonymous.invalid>
To: <sip:+4930901820@127.0.0.1:5071>
P-Asserted-Identity: <tel:+12025550100>
Privacy: id

# account acme, trunk hidden: an agent is called and shown the contact's number
INVITE sip:+4930901820@127.0.0.1:5071 SIP/2.0
From: "Anonymous" <sip:anonymous@anonymous.invalid>
To: <sip:+4930901820@127.0.0.1:5071>
P-Asserted-Identity: <tel:+12025550100>
Privacy: id

`
	if status != 0 || out != want {
		t.Errorf("status %d, %s\n%s\nwant\n%s", status, complaints, out, want)
	}
	if status, out, _ := run(path, "--trunk", "hidden"); status != 0 || strings.Count(out, "# ") != 2 || !strings.Contains(out, "To: <sip:+4930123456@") {
		t.Errorf("of one trunk: %d\n%s", status, out)
	}
	for want, args := range map[string][]string{
		"no account with a number and the trunk \"none\"": {path, "--trunk", "none"},
		"--to: not a valid telephone number":              {path, "--to", "12x"},
		"--contact: not a valid telephone number":         {path, "--contact", "911x"},
		"read the configuration":                          {path + ".none"},
	} {
		if status, _, complaints := run(args...); status != 1 || !strings.Contains(complaints, want) {
			t.Errorf("%v: %d, %q, want %q", args, status, complaints, want)
		}
	}
}

// The example of docs/sip.md prints what it says there.
func TestConfigInviteOfTheManual(t *testing.T) {
	page := mustRead("../../docs/sip.md")
	between := func(from, to string) string {
		_, text, _ := strings.Cut(page[strings.Index(page, "## Who calls"):], from)
		text, _, found := strings.Cut(text, to)
		if !found {
			t.Fatalf("docs/sip.md has no example behind %q", from)
		}
		return text
	}
	path := filepath.Join(t.TempDir(), "ringflow.yaml")
	before, _, _ := strings.Cut(goodConfig, "    trunks:")
	trunks := strings.ReplaceAll(between("```yaml\n", "```"), "\n", "\n    ")
	if err := os.WriteFile(path, []byte(before+"    "+strings.TrimSpace(trunks)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command, want, _ := strings.Cut(between("$ ringflow ", "```"), "\n")
	args := strings.Fields(strings.Replace(command, "ringflow.yaml", path, 1))
	var out, complaints bytes.Buffer
	if status := Run(t.Context(), args, &out, &complaints); status != 0 || strings.TrimSpace(out.String()) != strings.TrimSpace(want) {
		t.Errorf("%v: %d, %s\n%s\nwant\n%s", args, status, &complaints, &out, want)
	}
}
