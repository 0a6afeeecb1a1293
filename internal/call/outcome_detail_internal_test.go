package call

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/sip"
)

func TestDetail(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	silence, trunk := errors.New("no answer"), netip.MustParseAddrPort("192.0.2.1:5070")
	for _, c := range []struct {
		o    sip.Outcome
		want string
	}{
		{sip.Outcome{By: sip.EndedTransport, Err: errors.New("nobody listens")}, "trunk x at h:5070 cannot be reached: nobody listens"},
		{sip.Outcome{By: sip.EndedTransport}, "trunk x at h:5070 cannot be reached"},
		{sip.Outcome{By: sip.EndedTransport, Err: fmt.Errorf("connection to h: %w: closed", sip.ErrConnectionLost)},
			"trunk x at h:5070 took the connection and sent no response: connection to h: lost before a response: closed"},
		{sip.Outcome{By: sip.EndedTransport, Err: sip.ErrConnectionLost, Discarded: []sip.Discarded{{FirstLine: "SSH-2.0-x", From: trunk, Target: "h:5070", Reason: "y", Count: 1}}},
			"trunk x at h:5070 sent no reply that could be taken: SSH-2.0-x from 192.0.2.1:5070 was discarded (y)"},
		{sip.Outcome{By: sip.EndedRingLimit, Code: 487}, "nobody answered within the ring limit"},
		{sip.Outcome{By: sip.EndedSetupLimit, Code: 487}, "trunk x at h:5070 took the call and no phone rang in time"},

		// Silence.
		{sip.Outcome{By: sip.EndedNoReply, InviteSentAt: at, EndedAt: at.Add(25*time.Second + time.Millisecond), Attempts: []sip.Attempt{{Target: "h:5070", Err: silence}}},
			"trunk x at h:5070 sent no reply at all in 25 s: " + noReplyHint},
		{sip.Outcome{By: sip.EndedNoReply}, "trunk x at h:5070 sent no reply at all: " + noReplyHint},
		{sip.Outcome{By: sip.EndedNoReply, InviteSentAt: at, EndedAt: at.Add(25 * time.Second),
			Attempts: []sip.Attempt{{Target: "a:5060", Err: silence}, {Target: "b:5060", Code: 503, Reason: "Out"}, {Target: "h:5070", Err: silence}}},
			"trunk x at h:5070 sent no reply at all; before it a:5060: no answer, b:5060: 503 Out: " + noReplyHint},
		{sip.Outcome{By: sip.EndedNoReply, Credentials: true, InviteSentAt: at, EndedAt: at.Add(25 * time.Second)},
			"trunk x at h:5070 asked for credentials and sent no reply to the INVITE with credentials: " +
				"a carrier may drop credentials that it does not accept, and a firewall the fragments of a longer message"},

		// What came and was not taken is no silence.
		{sip.Outcome{By: sip.EndedNoReply, InviteSentAt: at, EndedAt: at.Add(25 * time.Second), Attempts: []sip.Attempt{{Target: "h:5070", Err: silence}}, Discarded: []sip.Discarded{
			{FirstLine: "SIP/2.0 180 Ringing", From: trunk, Target: "h:5070", Reason: "it has no CSeq", Count: 1}, {FirstLine: "SIP/2.0 200 OK", From: trunk, Target: "h:5070", Reason: "it does not parse: x", Count: 7}}},
			"trunk x at h:5070 sent no reply that could be taken: SIP/2.0 180 Ringing from 192.0.2.1:5070 was discarded (it has no CSeq), " +
				"SIP/2.0 200 OK from 192.0.2.1:5070 was discarded 7 times (it does not parse: x)"},
		{sip.Outcome{By: sip.EndedNoReply, Credentials: true, Discarded: []sip.Discarded{{FirstLine: "12 bytes", From: trunk, Target: "h:5070", Reason: "y", Count: 1}}},
			"trunk x at h:5070 sent no reply that could be taken: 12 bytes from 192.0.2.1:5070 was discarded (y)"},
		{sip.Outcome{By: sip.EndedNoReply, InviteSentAt: at, EndedAt: at.Add(25 * time.Second),
			Attempts:  []sip.Attempt{{Target: "a:5060", Err: silence}, {Target: "b:5060", Code: 503}, {Target: "h:5070", Err: silence}},
			Discarded: []sip.Discarded{{FirstLine: "z", From: trunk, Target: "a:5060", Reason: "y", Count: 2}, {FirstLine: "z", From: trunk, Target: "b:5060", Reason: "y", Count: 2}}},
			"trunk x at h:5070 sent no reply at all; before it a:5060: z from 192.0.2.1:5070 was discarded 2 times (y), b:5060: 503: " + noReplyHint},
		{sip.Outcome{By: sip.EndedNoReply, Discarded: []sip.Discarded{{FirstLine: "a", Target: "h:5070"}, {FirstLine: "b", Target: "h:5070"}, {FirstLine: "c", Target: "h:5070"}, {FirstLine: "d", Target: "h:5070"}, {FirstLine: "e", Target: "h:5070"}}},
			"trunk x at h:5070 sent no reply that could be taken: a from invalid AddrPort was discarded (), b from invalid AddrPort was discarded (), c from invalid AddrPort was discarded (), and more"},
		{sip.Outcome{By: sip.EndedSetupLimit, Code: 487, Discarded: []sip.Discarded{{FirstLine: "z", From: trunk, Target: "h:5070", Reason: "y", Count: 1}}},
			"trunk x at h:5070 took the call and no phone rang in time: z from 192.0.2.1:5070 was discarded (y)"},
		{sip.Outcome{By: sip.EndedRingLimit, Code: 487, Discarded: []sip.Discarded{{FirstLine: "SIP/2.0 200 OK", From: trunk, Target: "h:5070", Reason: "it has no CSeq", Count: 2}}},
			"nobody answered within the ring limit: SIP/2.0 200 OK from 192.0.2.1:5070 was discarded 2 times (it has no CSeq)"},

		// Logins.
		{sip.Outcome{By: sip.EndedCredentialsRefused, Code: 401}, "trunk x at h:5070 refused the credentials: check the trunk's username and password"},
		{sip.Outcome{By: sip.EndedCredentialsRefused, Code: 407, Err: errors.New(`asks for credentials (realm "r"), and the trunk has no username`)},
			`trunk x at h:5070 asks for credentials (realm "r"), and the trunk has no username`},
		{sip.Outcome{By: sip.EndedStaleNonce, Code: 407, Credentials: true},
			"trunk x at h:5070 called the nonce stale each time (stale=true), which is no refusal: the credentials are right, and its nonces do not last"},
		{sip.Outcome{By: sip.EndedRemote, Code: 403, Reason: "D35 Caller ID", Credentials: true},
			"trunk x at h:5070 answered 403 D35 Caller ID to the INVITE with credentials. Carriers mean by it: " + forbiddenHint +
				"; or the credentials are wrong. The carrier's own log tells which"},
		{sip.Outcome{By: sip.EndedRemote, Code: 403},
			"trunk x at h:5070 answered 403 and asked for no credentials. Carriers mean by it: this machine's public address is not on their list, " +
				"or they want a registration (the trunk's register: true); " + forbiddenHint + ". The carrier's own log tells which"},
		{sip.Outcome{By: sip.EndedRemote, Code: 403, Q850: 21}, ""}, // a cause that is about the person called

		// Redirections.
		{sip.Outcome{By: sip.EndedRemote, Code: 302, Reason: "Moved Temporarily", Redirection: sip.Redirection{Contacts: []sip.Redirect{{URI: "sip:a@b:5070", Q: "0.7"}, {URI: "tel:+1"}}}},
			"trunk x at h:5070 answered 302 Moved Temporarily: redirections are not followed; this one points to sip:a@b:5070 (q=0.7), tel:+1"},
		{sip.Outcome{By: sip.EndedRemote, Code: 302, Reason: "Moved", Redirection: sip.Redirection{Contacts: []sip.Redirect{{URI: "sip:a@b", Q: "0.7", Refused: "its host is none of the trunk's"}}}},
			"trunk x at h:5070 answered 302 Moved: the redirection was not followed; it points to sip:a@b (q=0.7, its host is none of the trunk's)"},
		{sip.Outcome{By: sip.EndedRemote, Code: 301}, "trunk x at h:5070 answered 301: redirections are not followed, and this one names no address"},
		{sip.Outcome{By: sip.EndedRemote, Code: 305, Reason: "Use Proxy", Redirection: sip.Redirection{Contacts: []sip.Redirect{{URI: "sip:p;lr"}}}},
			"trunk x at h:5070 answered 305 Use Proxy: redirections are not followed; this one points to sip:p;lr, " +
				"a proxy for calls to go through: if the carrier confirms it, make it the trunk's target"},
		{sip.Outcome{By: sip.EndedRemote, Code: 380, Reason: "Alternative Service", Redirection: sip.Redirection{Alternative: "application/3gpp-ims+xml"}},
			"trunk x at h:5070 answered 380 Alternative Service: redirections are not followed; what it offers is described in a body of type " +
				"application/3gpp-ims+xml, which is not read"},

		{sip.Outcome{By: sip.EndedRemote, Code: 486, Reason: "Busy Here"}, ""},
		{sip.Outcome{By: sip.EndedRemote, Code: 404}, ""},
	} {
		c.o.Trunk, c.o.Target = "x", "h:5070"
		if got := failureDetail(c.o, exitOf(c.o, nil)); got != c.want {
			t.Errorf("%+v:\n%q, want\n%q", c.o, got, c.want)
		}
	}
	// A trunk whose 403 has a meaning of its own needs no guess at it.
	o := sip.Outcome{By: sip.EndedRemote, Code: 403, Trunk: "x"}
	if got := failureDetail(o, exitOf(o, map[int]flowfile.Exit{403: flowfile.ExitBusy})); got != "" {
		t.Errorf("%q", got)
	}
}

// Credentials that were refused may be right, and From wrong: where it has not the user already.
func TestAccountDetail(t *testing.T) {
	for name, c := range map[string]struct {
		o    sip.Outcome
		t    Trunk
		says bool
	}{
		"a number in From":    {sip.Outcome{By: sip.EndedCredentialsRefused, Code: 401}, Trunk{Trunk: sip.Trunk{Username: "6001"}}, true},
		"the user in From":    {sip.Outcome{By: sip.EndedCredentialsRefused, Code: 401}, Trunk{Trunk: sip.Trunk{Username: "6001"}, Identity: Identity{From: SourceUsername}}, false},
		"no user":             {sip.Outcome{By: sip.EndedCredentialsRefused, Code: 401}, Trunk{}, false},
		"another realm":       {sip.Outcome{By: sip.EndedCredentialsRefused, Code: 401, Err: errors.New("asks for credentials")}, Trunk{Trunk: sip.Trunk{Username: "6001"}}, false},
		"refused for another": {sip.Outcome{By: sip.EndedRemote, Code: 403}, Trunk{Trunk: sip.Trunk{Username: "6001"}}, false},
	} {
		if got := accountDetail(c.o, &c.t); strings.Contains(got, "write from: username") != c.says {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// The manual says what the details say.
func TestManualHasTheDetails(t *testing.T) {
	page, err := os.ReadFile("../../docs/sip.md")
	if err != nil {
		t.Fatal(err)
	}
	says := append(strings.Split(forbiddenHint, "; "), "sent no reply at all in 25 s", "sent no reply that could be taken", "took the connection and sent no response", "cannot be reached", "asked for credentials and sent no reply to the INVITE with credentials",
		"to the INVITE with credentials", "and asked for no credentials", "refused the credentials", "and the trunk has no username",
		"called the nonce stale each time", "that cannot be given", "names no realm",
		"this machine's public address is not on their list, or they want a registration (",
		"redirections are not followed")
	for _, what := range says {
		if !strings.Contains(string(page), what) {
			t.Errorf("docs/sip.md does not say %q", what)
		}
	}
}

// TestNoReplyHintNamesEachTransport holds the hint of an INVITE without a response to the
// transports that a trunk can have.
func TestNoReplyHintNamesEachTransport(t *testing.T) {
	for _, transport := range sip.Transports() {
		if !strings.Contains(noReplyHint, string(transport)) {
			t.Errorf("the hint does not name the transport %s: %s", transport, noReplyHint)
		}
	}
}
