package carrier_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/phone"
	"ringflow/internal/rig/sipwire"
)

// caller is a user agent client of a few lines, which can also misbehave.
type caller struct {
	t    *testing.T
	conn *net.UDPConn
	to   netip.AddrPort
	id   int
}

const offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
	"m=audio 9 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"

func open(t *testing.T) (*caller, *carrier.Carrier, *carrier.Plan) {
	t.Helper()
	x := phone.NewPlane(netip.MustParseAddr("127.0.0.1"), 0)
	plan := carrier.NewPlan()
	c, err := carrier.Listen(netip.MustParseAddrPort("127.0.0.1:0"), plan, x, nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); c.Close(); x.Close() })
	return &caller{t: t, conn: conn, to: c.Local()}, c, plan
}

// send writes a request of the call; branch and toTag are given so that a test
// can give the wrong ones.
func (c *caller) send(method, uri, branch, toTag string, cseq int, body string) {
	to := "<sip:+13030000000@127.0.0.1>"
	if toTag != "" {
		to += ";tag=" + toTag
	}
	m := &sipwire.Message{Method: method, URI: uri, Body: []byte(body)}
	m.Add("Via", fmt.Sprintf("SIP/2.0/UDP %s;branch=%s;rport", c.conn.LocalAddr(), branch))
	m.Add("Max-Forwards", "70")
	m.Add("From", "<sip:+12025550100@127.0.0.1>;tag=caller")
	m.Add("To", strings.Replace(to, "+13030000000", sipwire.User(uri), 1))
	m.Add("Call-ID", fmt.Sprintf("call-%d", c.id))
	m.Add("CSeq", fmt.Sprintf("%d %s", cseq, method))
	m.Add("Contact", fmt.Sprintf("<sip:rig@%s>", c.conn.LocalAddr()))
	m.Add("Allow", "INVITE")
	if body != "" {
		m.Add("Content-Type", "application/sdp")
	}
	if _, err := c.conn.WriteToUDPAddrPort(m.Bytes(), c.to); err != nil {
		c.t.Fatal(err)
	}
}

// expect reads until a message with the code, or the method, comes.
func (c *caller) expect(code int, method string) *sipwire.Message {
	c.t.Helper()
	buffer := make([]byte, 65536)
	_ = c.conn.SetReadDeadline(time.Now().Add(3 * time.Second))
	for {
		n, err := c.conn.Read(buffer)
		if err != nil {
			c.t.Fatalf("waiting for %d %s: %v", code, method, err)
		}
		m, err := sipwire.Parse(append([]byte(nil), buffer[:n]...))
		if err != nil {
			c.t.Fatal(err)
		}
		_, of, _ := m.CSeq()
		if m.Code == code && (m.Method == method || code != 0 && of == method) {
			return m
		}
	}
}

func uri(number string) string { return "sip:" + number + "@127.0.0.1" }

func (c *caller) invite(number string) {
	c.send("INVITE", uri(number), "z9hG4bK1", "", 1, offer)
}

// acknowledge a 200 and return the dialog's target and tag.
func (c *caller) acknowledge(ok *sipwire.Message) (target, tag string) {
	target, tag = sipwire.Address(ok.Get("Contact")), sipwire.Tag(ok.Get("To"))
	c.send("ACK", target, "z9hG4bK2", tag, 1, "")
	return target, tag
}

func noFaults(t *testing.T, c *carrier.Carrier) {
	t.Helper()
	for _, f := range c.Faults() {
		t.Errorf("%d × %s: %s\n%s", f.Count, f.Rule, f.Detail, f.Example)
	}
}

func TestACallIsAnsweredAndEndedByTheCaller(t *testing.T) {
	c, far, _ := open(t)
	c.invite("+13032000001")
	c.expect(180, "INVITE")
	ok := c.expect(200, "INVITE")
	target, tag := c.acknowledge(ok)
	c.send("BYE", target, "z9hG4bK3", tag, 2, "")
	c.expect(200, "BYE")
	c.send("BYE", target, "z9hG4bK3", tag, 2, "")
	c.expect(200, "BYE")
	r := far.To("+13032000001")[0]
	if r.State != carrier.Ended || r.EndedBy != "caller" || r.AckedAt.IsZero() || r.Code != 200 {
		t.Errorf("%+v", r)
	}
	noFaults(t, far)
}

func TestTheCarrierHangsUp(t *testing.T) {
	c, far, plan := open(t)
	b := carrier.Answers(0)
	b.HangupAfter = time.Millisecond
	plan.Set("+1", b)
	c.invite("+1")
	c.acknowledge(c.expect(200, "INVITE"))
	bye := c.expect(0, "BYE")
	if _, err := c.conn.WriteToUDPAddrPort(sipwire.Reply(bye, 200, "OK", "").Bytes(), c.to); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return far.Live() == 0 })
	if r := far.To("+1")[0]; r.EndedBy != "carrier" {
		t.Errorf("%+v", r)
	}
}

func TestCancelBeforeAndAcrossTheAnswer(t *testing.T) {
	c, far, plan := open(t)
	c.invite("+13032800001")
	c.expect(180, "INVITE")
	c.send("CANCEL", uri("+13032800001"), "z9hG4bK1", "", 1, "")
	c.expect(200, "CANCEL")
	refused := c.expect(487, "INVITE")
	c.send("ACK", uri("+13032800001"), "z9hG4bK1", sipwire.Tag(refused.Get("To")), 1, "")
	await(t, func() bool { return far.Live() == 0 })
	c.id++
	plan.Set("+2", carrier.Behaviour{Trying: true, Provisional: 180, AnswerCancel: true})
	c.invite("+2")
	c.expect(180, "INVITE")
	c.send("CANCEL", uri("+2"), "z9hG4bK1", "", 1, "")
	target, tag := c.acknowledge(c.expect(200, "INVITE"))
	c.send("BYE", target, "z9hG4bK3", tag, 2, "")
	c.expect(200, "BYE")
	noFaults(t, far)
}

func TestRefusalsRepeatUntilTheACK(t *testing.T) {
	c, far, _ := open(t)
	c.invite("+13034860001")
	c.expect(486, "INVITE")
	m := c.expect(486, "INVITE") // again after T1
	c.send("ACK", uri("+13034860001"), "z9hG4bK1", sipwire.Tag(m.Get("To")), 1, "")
	await(t, func() bool { return far.Live() == 0 })
	noFaults(t, far)
}

func TestASecondForkedAnswer(t *testing.T) {
	c, far, plan := open(t)
	b := carrier.Answers(0)
	b.Fork = true
	plan.Set("+3", b)
	c.invite("+3")
	one, two := c.expect(200, "INVITE"), c.expect(200, "INVITE")
	c.acknowledge(one)
	target, tag := c.acknowledge(two)
	c.send("BYE", target, "z9hG4bK9", tag, 2, "")
	c.expect(200, "BYE")
	await(t, func() bool { r := far.To("+3")[0]; return r.ForkAcked && r.ForkByed && r.State == carrier.Talking })
}

func TestFaultsAreFound(t *testing.T) {
	c, far, _ := open(t)
	c.invite("+13032000001")
	tag := sipwire.Tag(c.expect(200, "INVITE").Get("To"))
	c.send("ACK", "sip:wrong@127.0.0.1", "z9hG4bK1", tag, 7, "")
	c.send("BYE", "sip:wrong@127.0.0.1", "bad", "other", 1, "")
	c.expect(200, "BYE")
	found := map[string]bool{}
	for _, f := range far.Faults() {
		found[f.Rule] = true
	}
	for _, want := range []string{
		"ACK: CSeq number is not the INVITE's", "ACK: for a 200 has the INVITE's branch (RFC 3261 §13.2.2.4)",
		"ACK: Request-URI is not the Contact of the 200 (RFC 3261 §12.2.1.1)", "BYE: branch without z9hG4bK (RFC 3261 §8.1.1.7)",
		"BYE: To tag is not of this dialog (RFC 3261 §12.2.1.1)", "BYE: CSeq does not grow (RFC 3261 §12.2.1.1)",
	} {
		if !found[want] {
			t.Errorf("%q was not found in %v", want, found)
		}
	}
}

func TestUnknownDialogs(t *testing.T) {
	c, _, _ := open(t)
	c.send("BYE", uri("+1"), "z9hG4bK1", "x", 1, "")
	c.expect(481, "BYE")
	c.send("OPTIONS", uri("+1"), "z9hG4bK2", "", 1, "")
	c.expect(200, "OPTIONS")
	c.send("MESSAGE", uri("+1"), "z9hG4bK3", "", 1, "")
	c.expect(501, "MESSAGE")
}

func await(t *testing.T, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Second); !met(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to pass in 3 s")
		}
	}
}

// A carrier that learns of its caller's death hangs up and gives up what was
// begun before it, and nothing else.
func TestOrphansAreGivenUp(t *testing.T) {
	c, far, _ := open(t)
	c.invite("+13032000001")
	c.acknowledge(c.expect(200, "INVITE"))
	await(t, func() bool { return far.In(carrier.Talking) == 1 })
	far.Orphan(time.Now().Add(-time.Minute), 0)
	if calls := far.Calls(); len(calls) != 1 || calls[0].State == carrier.Ended {
		t.Fatalf("%+v", calls)
	}
	far.Orphan(time.Now().Add(time.Minute), 1)
	c.expect(0, "BYE")
	far.Orphan(time.Now().Add(time.Minute), 0) // it waits for the answer to its BYE
	if n := far.In(carrier.Leaving); n != 1 {
		t.Errorf("%d leave", n)
	}
	c.id++
	c.invite("+13032800002")
	c.expect(180, "INVITE")
	far.Orphan(time.Now().Add(time.Minute), 1)
	if taken := far.Take(); len(taken) != 1 || taken[0].Number != "+13032800002" || taken[0].EndedBy != "abandoned" || far.Count() != 1 || len(far.Take()) != 0 {
		t.Errorf("taken %+v, %d left", taken, far.Count())
	}
}
