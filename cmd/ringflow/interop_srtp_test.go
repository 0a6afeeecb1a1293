//go:build interop

package main_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// TestInteropAsteriskSRTP meets Asterisk's media_encryption with each policy of a trunk, and
// with each suite.
func TestInteropAsteriskSRTP(t *testing.T) {
	const (
		required      = "media_encryption = sdes"
		opportunistic = "media_encryption = sdes\nmedia_encryption_optimistic = yes"
		plain         = "media_encryption = no"
		usual         = "AES_CM_128_HMAC_SHA1_80"
	)
	for _, x := range []struct {
		name, asterisk string
		trunk          trunk
		suite          string // agreed on, empty: plain RTP
		code           int    // of a call that fails
	}{
		{"required-and-sdes", required, trunk{srtp: "required"}, usual, 0},
		{"required-and-sdes-or-plain", opportunistic, trunk{srtp: "required"}, usual, 0},
		{"required-and-plain", plain, trunk{srtp: "required"}, "", 488},
		{"optional-and-sdes-or-plain", opportunistic, trunk{srtp: "optional"}, usual, 0},
		{"optional-and-plain", plain, trunk{srtp: "optional"}, "", 0},
		{"off-and-sdes", required, trunk{}, "", 488},
		{"off-and-sdes-or-plain", opportunistic, trunk{}, "", 0},
		{"AES_CM_128_HMAC_SHA1_32", required, trunk{srtp: "required", suites: "AES_CM_128_HMAC_SHA1_32"}, "AES_CM_128_HMAC_SHA1_32", 0},
		{"AES_256_CM_HMAC_SHA1_80", required, trunk{srtp: "required", suites: "AES_256_CM_HMAC_SHA1_80"}, "", 488}, // Debian's Asterisk has neither AES-256 nor GCM
		{"AEAD_AES_128_GCM", required, trunk{srtp: "required", suites: "AEAD_AES_128_GCM"}, "", 488},
		{"AEAD_AES_256_GCM", required, trunk{srtp: "required", suites: "AEAD_AES_256_GCM"}, "", 488},
		{"GCM-before-others", required, trunk{srtp: "required", suites: "AEAD_AES_256_GCM, AES_CM_128_HMAC_SHA1_80"}, usual, 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := newWorld(t)
			w.startAsterisk("ulaw", digestPassword, x.asterisk)
			x.trunk.username, x.trunk.password = "ringflow", digestPassword
			server := w.serve(w.config(x.trunk, 10*time.Second))
			capture := w.capture()
			outcome := server.outcome(server.mustStart("digits", map[string]string{"contact_1": pressingPhone}), time.Minute)
			s := outcome.step(t, "call_contact")
			if x.code != 0 {
				if s.Exit != "error" || s.SIP == nil || s.SIP.Code != x.code || !strings.Contains(s.Detail, "srtp is") {
					t.Errorf("the step left by %s with %+v, %q, want %d and the trunk's srtp", s.Exit, s.SIP, s.Detail, x.code)
				}
			} else if s.Exit != "answered" || outcome.Variables["digits"] != "1234" {
				t.Errorf("the step left by %s (%s), digits %q, want 1234", s.Exit, s.Detail, outcome.Variables["digits"])
			}
			capture.wellFormed()
			server.stop()
			for _, e := range w.histories(outcome.ID)[0].Events {
				if e.Kind != record.LegEnded || x.code != 0 {
					continue
				}
				a := e.Leg.Audio
				if a == nil || a.SRTP != x.suite || a.Unauthenticated != 0 || a.Reception == record.ReceptionNone {
					t.Errorf("the audio is %+v, want %q", a, x.suite)
				}
			}
		})
	}
}

// wellFormed ends the capture, and has tshark find nothing malformed in it.
func (c *capture) wellFormed() {
	c.w.t.Helper()
	c.report()
	out, err := exec.Command("tshark", "-r", c.file, "-d", "udp.port==5070,sip", "-Y", "_ws.malformed").CombinedOutput()
	if lines := strings.Split(string(out), "\n"); err != nil || strings.Contains(string(out), "Malformed") {
		c.w.t.Errorf("tshark finds malformed packets (%v): %s", err, lines[0])
	}
}

// TestInteropPhonesSRTP joins phones of which one or both take SRTP alone, behind a
// translator.
func TestInteropPhonesSRTP(t *testing.T) {
	for _, x := range []struct {
		name                         string
		contact, outside             maker
		contactPolicy, outsidePolicy string
	}{
		{name: "baresip-encrypted-and-linphone-plain", contact: startBaresip, outside: startLinphone, contactPolicy: "required"},
		{name: "linphone-encrypted-and-baresip-encrypted", contact: startLinphone, outside: startBaresip, contactPolicy: "required", outsidePolicy: "required"},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := newSite(t, translated)
			survey(s, party{s.phone(), x.contact, x.contactPolicy}, party{s.phone(), x.outside, x.outsidePolicy}, true)
			s.checkSources(false, true)
		})
	}
}
