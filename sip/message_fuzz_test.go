package sip

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// FuzzMessages checks and answers any message that sipgo parses.
func FuzzMessages(f *testing.F) {
	files, err := filepath.Glob("../testdata/sip/torture/*.sip")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	us := netip.MustParseAddrPort("10.0.0.1:5060")
	from := hop{transport: &udpTransport{addrs: &localAddrs{advertised: []netip.AddrPort{us}}}, addr: netip.MustParseAddrPort("10.0.0.2:5060")}
	a := &Agent{signer: newSigner(),
		resolver: newResolver(context.Background(), nil, func(func()) bool { return false })}
	f.Fuzz(func(t *testing.T, raw []byte) {
		upperCaseVersion(raw)
		if line := firstLine(raw); line == "" || len(line) > 103 || hasControl(line) {
			t.Errorf("%q is told as %q", raw, line)
		}
		if branch := branchIn(raw); branch != "" && !isToken(branch) {
			t.Errorf("branch %q", branch)
		}
		m, err := newParser().ParseSIP(raw)
		if err != nil {
			badRequest(raw)
			return
		}
		switch m := m.(type) {
		case *sipmsg.Request:
			req := readRequest(m, newResponder(raw, from, ""), time.Time{})
			if v := checkRequest(req); v.code != 0 {
				req.responder.encode(v)
				return
			}
			inviteKeyOf(req)
			explanationOf(req)
			d := dialogFromInvite(req, "tag")
			if len(d.request(a, sipmsg.BYE, d.next()).String()) == 0 || !a.hopOf(d).addr.IsValid() {
				t.Error("no BYE can be made")
			}
		case *sipmsg.Response:
			if checkResponse(m, raw, from) == (fault{}) {
				res := readResponse(m, from, time.Time{})
				d := dialogFromResponse(res)
				d.request(a, sipmsg.ACK, d.localSeq)
				a.sameBranch(sipmsg.ACK, a.inviteOf(res), m.To())
				explanationOf(res)
			}
		}
	})
}

// FuzzResponder holds that an answer to whatever came says what the request said,
// byte for byte, and nothing that its sender made up.
func FuzzResponder(f *testing.F) {
	files, err := filepath.Glob("../testdata/sip/torture/*.sip")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte("OPTIONS sip:a SIP/2.0\r\nv : SIP/2.0/UDP a;rport=1\r\n ;x\r\nFrom: a\r\nt: b\r\n c\r\nCall-ID: d\r\nCSeq: 1 OPTIONS\r\n\r\n"))
	f.Add([]byte("A b SIP/2.0\nVia: x\r\ny\nVia: z\n\tz\r\nTo: \r\n\r\nCSeq: body"))
	from := netip.MustParseAddrPort("192.0.2.99:4321")
	names := append([]string{"Content-Length"}, echoNames[:echoRecordRoute]...)
	f.Fuzz(func(t *testing.T, raw []byte) {
		upperCaseVersion(raw)
		r := newResponder(raw, hop{transport: &udpTransport{}, addr: from}, "")
		if r.to().addr.Addr() != from.Addr() {
			t.Errorf("the answer goes to %v", r.to().addr)
		}
		r.tag = "t"
		out := r.encode(reply{code: 400, reason: "Malformed Request"})
		head, body, found := bytes.Cut(out, []byte("\r\n\r\n"))
		if !found || len(body) > 0 || !bytes.HasPrefix(head, []byte("SIP/2.0 400 ")) {
			t.Fatalf("answer %q", out)
		}
		for i, line := range bytes.Split(head, []byte("\r\n")) {
			name, _, ok := strings.Cut(string(line), ":")
			if i > 0 && line[0] != ' ' && line[0] != '\t' && (!ok || !slices.Contains(names, name)) {
				t.Errorf("the answer has a line of its sender's making: %q", line)
			}
		}
		again := echoOf(out)
		for field, values := range r.echo {
			for i, value := range values {
				if !r.echoes(echoField(field), 400) {
					continue
				}
				if echoField(field) == echoTo && !hasTag(value) {
					value += ";tag=t"
				}
				if i >= len(again[field]) || again[field][i] != value {
					t.Errorf("the answer's %s is %q, want %q", echoNames[field], again[field], values)
				}
				if echoField(field) != echoVia && !bytes.Contains(raw, []byte(values[i])) || i > 0 && !bytes.Contains(raw, []byte(value)) {
					t.Errorf("%q did not come", value)
				}
			}
		}
		if v := badRequest(raw); v.code != 0 && v.code != 400 && v.code != 505 {
			t.Errorf("judged %+v", v)
		}
	})
}
