package sip

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"
)

// FuzzJudge gives any message that sipgo parses to what judges and answers it.
func FuzzJudge(f *testing.F) {
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
	a := &Agent{cfg: Config{Advertise: us}, host: us.Addr().String(), signer: newSigner(),
		resolver: newResolver(nil, func(func()) bool { return false })}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := sipmsg.ParseMessage(raw)
		if err != nil {
			badRequest(raw)
			return
		}
		m.SetSource("10.0.0.2:5060")
		switch m := m.(type) {
		case *sipmsg.Request:
			v := checkRequest(m)
			if v.code != 0 {
				a.response(m, v.code, v.reason, nil, v.headers)
				return
			}
			inviteKeyOf(m)
			reasonOf(m)
			d := dialogFromInvite(m, "tag", us)
			if len(d.request(a, sipmsg.BYE, d.next()).String()) == 0 || a.hopOf(d) == "" {
				t.Error("no BYE can be made")
			}
		case *sipmsg.Response:
			if a.validResponse(m) {
				d := dialogFromResponse(m, us)
				d.request(a, sipmsg.ACK, d.localSeq)
				a.answerTo(m, sipmsg.ACK, m.To().Params)
				reasonOf(m)
			}
		}
	})
}
