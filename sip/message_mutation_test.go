package sip_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/sip"
)

// mutation changes one header field, or the first line, of a request by the grammar of RFC
// 3261 §25.1. One that is valid leaves a message that every parser has to take; one that is
// not leaves one that must not be taken for the request that it was.
type mutation struct {
	name  string
	field string // that it changes: "" is the first line
	valid bool
	apply func(r *rand.Rand, value string) string
}

// mutations are made of a request whose header fields stand once, each in a line.
var mutations = []mutation{
	// what the grammar allows
	{"short name", "Via", true, rename("v")},
	{"short name", "From", true, rename("f")},
	{"short name", "To", true, rename("t")},
	{"short name", "Call-ID", true, rename("i")},
	{"short name", "Content-Length", true, rename("l")},
	{"capitals", "*", true, func(r *rand.Rand, line string) string {
		name, value, _ := strings.Cut(line, ":")
		return randomCase(r, name) + ":" + value
	}},
	{"blanks before the colon", "*", true, func(r *rand.Rand, line string) string {
		name, value, _ := strings.Cut(line, ":")
		return name + blanks(r) + ":" + blanks(r) + strings.TrimLeft(value, " ")
	}},
	{"a fold", "*", true, func(_ *rand.Rand, line string) string {
		name, value, _ := strings.Cut(line, ":")
		return name + ":\r\n " + strings.TrimLeft(value, " ")
	}},
	{"an unknown parameter", "Via", true, suffix(";x=y")},
	{"an unknown parameter", "From", true, suffix(";x=\"a;b,c\"")},
	{"an unknown parameter", "To", true, suffix(";x")},
	{"a display name", "To", true, value(func(r *rand.Rand, v string) string { return `"` + word(r) + ` \"<sip:x@y>\" " ` + v })},
	{"a display name in UTF-8", "From", true, value(func(_ *rand.Rand, v string) string { return `"Zoë 会議" ` + v })},
	{"an unknown field", "*", true, func(r *rand.Rand, line string) string {
		return line + "\r\nX-" + word(r) + ": " + strings.Repeat(word(r)+" ", r.IntN(200))
	}},
	{"an empty field", "*", true, func(_ *rand.Rand, line string) string { return line + "\r\nSubject:" }},
	{"zeros before a number", "CSeq", true, value(func(_ *rand.Rand, v string) string { return "0000" + v })},
	{"a Max-Forwards of 0", "Max-Forwards", true, value(func(*rand.Rand, string) string { return "0" })},
	{"a long Call-ID", "Call-ID", true, value(func(r *rand.Rand, v string) string { return v + strings.Repeat("x", r.IntN(400)) })},

	// what it does not
	{"no field", "Via", false, remove},
	{"no field", "From", false, remove},
	{"no field", "To", false, remove},
	{"no field", "Call-ID", false, remove},
	{"no field", "CSeq", false, remove},
	{"twice", "From", false, double},
	{"twice", "To", false, double},
	{"twice", "Call-ID", false, double},
	{"twice", "CSeq", false, double},
	{"twice", "Max-Forwards", false, double},
	{"a negative number", "CSeq", false, value(func(_ *rand.Rand, v string) string { return "-" + v })},
	{"a number of 2^31", "CSeq", false, value(func(*rand.Rand, string) string { return "2147483648 OPTIONS" })},
	{"a number of 2^32 and more", "CSeq", false, value(func(r *rand.Rand, _ string) string {
		return strconv.FormatUint(1<<32+r.Uint64N(1<<62), 10) + " OPTIONS"
	})},
	{"another method", "CSeq", false, value(func(*rand.Rand, string) string { return "1 INVITE" })},
	{"no method", "CSeq", false, value(func(*rand.Rand, string) string { return "1" })},
	{"a number above 255", "Max-Forwards", false, value(func(*rand.Rand, string) string { return "300" })},
	{"no number", "Content-Length", false, value(func(r *rand.Rand, _ string) string { return word(r) })},
	{"a negative number", "Content-Length", false, value(func(*rand.Rand, string) string { return "-1" })},
	{"more than there is", "Content-Length", false, value(func(r *rand.Rand, _ string) string { return strconv.Itoa(1 + r.IntN(60000)) })},
	{"a number of 2^32-1", "Content-Length", false, value(func(*rand.Rand, string) string { return "4294967295" })},
	{"no host", "Via", false, value(func(*rand.Rand, string) string { return "SIP/2.0/UDP ;branch=z9hG4bKx" })},
	{"an open quote", "From", false, value(func(_ *rand.Rand, v string) string { return `"open ` + v })},
	{"an open bracket", "To", false, value(func(_ *rand.Rand, v string) string { return strings.Replace(v, ">", "", 1) })},
	{"another version", "", false, func(r *rand.Rand, line string) string {
		return strings.Replace(line, "SIP/2.0", "SIP/"+strconv.Itoa(3+r.IntN(7))+".0", 1)
	}},
	{"no version", "", false, func(_ *rand.Rand, line string) string { return strings.TrimSuffix(line, " SIP/2.0") }},
	{"an unknown scheme", "", false, func(_ *rand.Rand, line string) string { return strings.Replace(line, "sip:", "soap.beep:", 1) }},
	{"a quoted Request-URI", "", false, func(_ *rand.Rand, line string) string {
		return strings.Replace(strings.Replace(line, "sip:", "<sip:", 1), " SIP/2.0", "> SIP/2.0", 1)
	}},
	{"no method", "", false, func(_ *rand.Rand, line string) string { return line[strings.IndexByte(line, ' '):] }},
	{"too many fields", "*", false, func(_ *rand.Rand, line string) string { return line + strings.Repeat("\r\nX: y", 300) }},
}

func rename(short string) func(*rand.Rand, string) string {
	return func(_ *rand.Rand, line string) string { return short + line[strings.IndexByte(line, ':'):] }
}

func suffix(text string) func(*rand.Rand, string) string {
	return func(_ *rand.Rand, line string) string { return line + text }
}

func value(f func(*rand.Rand, string) string) func(*rand.Rand, string) string {
	return func(r *rand.Rand, line string) string {
		name, v, _ := strings.Cut(line, ": ")
		return name + ": " + f(r, v)
	}
}

func remove(*rand.Rand, string) string { return "" }

func double(_ *rand.Rand, line string) string { return line + "\r\n" + line }

func blanks(r *rand.Rand) string {
	return strings.Repeat(" ", r.IntN(3)) + strings.Repeat("\t", r.IntN(2))
}

func word(r *rand.Rand) string {
	const letters = "abcdefghijklmnopqrstuvwxyz-.!%*_+`'~"
	b := make([]byte, 1+r.IntN(12))
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

func randomCase(r *rand.Rand, s string) string {
	b := []byte(s)
	for i := range b {
		if r.IntN(2) == 0 {
			b[i] = bytes.ToUpper(b[i : i+1])[0]
		} else {
			b[i] = bytes.ToLower(b[i : i+1])[0]
		}
	}
	return string(b)
}

// mutant is an OPTIONS request with mutations of as many fields, and a number in it by which
// its answer is known.
func mutant(r *rand.Rand, id int, with []mutation) string {
	lines := []string{
		"OPTIONS sip:us@" + ourAddr + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bKmutant%d;rport", peerAddr, id),
		"Max-Forwards: 70",
		fmt.Sprintf("From: <sip:caller@%s>;tag=t%d", peerAddr, id),
		"To: <sip:us@" + ourAddr + ">",
		fmt.Sprintf("Call-ID: mutant%d", id),
		"CSeq: 1 OPTIONS",
		"Content-Length: 0",
	}
	for _, m := range with {
		at := 1 + r.IntN(len(lines)-1)
		if m.field == "" {
			at = 0
		} else if m.field != "*" {
			at = slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, m.field+":") })
		}
		lines[at] = m.apply(r, lines[at])
	}
	lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" })
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// TestMutants sends 5,000 requests that a grammar has changed, by a fixed seed. What every
// parser must take is answered 200; what none may take is refused, or discarded with a
// reason; and nothing grows.
func TestMutants(t *testing.T) {
	const count = 5000
	inBubble(t, nil, func(b *bench) {
		r := rand.New(rand.NewPCG(4475, 5118))
		goroutines := runtime.NumGoroutine()
		for id := range count {
			with := []mutation{mutations[id%len(mutations)]}
			valid := with[0].valid
			for valid && r.IntN(2) == 0 { // others that the grammar allows, of other fields
				m := mutations[r.IntN(len(mutations))]
				if m.valid && m.field != "*" && !slices.ContainsFunc(with, func(o mutation) bool { return o.field == m.field || o.field == "*" }) {
					with = append(with, m)
				}
			}
			raw := mutant(r, id, with)
			before := discarded(b.agent)
			b.peer.sendTo(raw, ourAddr)
			synctest.Wait()
			answers := []string{}
			for len(b.peer.conn.in) > 0 {
				p := <-b.peer.conn.in
				answers = append(answers, string(p.raw[8:11]))
			}
			switch gone := discarded(b.agent) - before; {
			case valid && !slices.Equal(answers, []string{"200"}):
				t.Errorf("%s of %s: answered %v, want 200:\n%s", with[0].name, with[0].field, answers, clip(raw))
			case !valid && slices.Contains(answers, "200"):
				t.Errorf("%s of %s: it was taken:\n%s", with[0].name, with[0].field, clip(raw))
			case len(answers) > 1 || len(answers) == 0 && gone != 1:
				t.Errorf("%s of %s: answered %v, discarded %d times:\n%s", with[0].name, with[0].field, answers, gone, clip(raw))
			}
			if id%200 == 0 {
				time.Sleep(time.Second) // for the limit of what is answered in a second
			}
		}
		if n := runtime.NumGoroutine(); n > goroutines || b.agent.Sessions() != 0 {
			t.Errorf("%d goroutines after %d, %d sessions", n, goroutines, b.agent.Sessions())
		}
		if log := b.log.String(); strings.Contains(log, "panic") || len(log) > 64_000 {
			t.Errorf("the log has %d bytes: %s", len(log), clip(log))
		}
	})
}

func discarded(a *sip.Agent) (n uint64) {
	for _, count := range a.DiscardedByReason() {
		n += count
	}
	return n
}

func clip(s string) string { return s[:min(len(s), 1500)] }
