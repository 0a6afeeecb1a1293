package sip

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// changing is a Resolver whose answers for a host change.
type changing map[uint16]changingAnswer

type changingAnswer struct {
	address string // empty: there is none of the type
	err     error
	silent  bool
}

func (z changing) Query(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	a, is := z[kind]
	switch {
	case !is:
		return nil, ErrNoName
	case a.silent:
		<-ctx.Done()
		return nil, errors.New("DNS is silent")
	case a.err != nil:
		return nil, a.err
	case a.address == "":
		return nil, nil
	}
	return []dns.RR{addressRecord(name, netip.MustParseAddr(a.address), 60)}, nil
}

// Where a renewed answer has the addresses of one IP version alone, since DNS does not answer for
// the other, those that it had stay for a day; not where DNS says that there are none.
func TestAddressesOfWhichDNSSaysNothingStay(t *testing.T) {
	const four, six = "192.0.2.1:5060", "[2001:db8::1]:5060"
	a, aaaa := changingAnswer{address: "192.0.2.1"}, changingAnswer{address: "2001:db8::1"}
	fails, silent, none, noName := changingAnswer{err: errRefused}, changingAnswer{silent: true}, changingAnswer{}, changingAnswer{err: ErrNoName}
	for name, c := range map[string]struct {
		a, aaaa changingAnswer
		after   time.Duration // the renewed answer, of which the call is the next
		want    string
		missing bool
	}{
		"A fails":                        {fails, aaaa, time.Minute, four + " " + six, true},
		"A is silent":                    {silent, aaaa, time.Minute, four + " " + six, true},
		"AAAA fails":                     {a, fails, time.Minute, four + " " + six, true},
		"AAAA is silent":                 {a, silent, time.Minute, four + " " + six, true},
		"there is no A any more":         {none, aaaa, time.Minute, six, false},
		"there is no AAAA any more":      {a, none, time.Minute, four, false},
		"no A, says NXDOMAIN":            {noName, aaaa, time.Minute, six, false},
		"A fails, and there is no AAAA":  {fails, none, time.Minute, four, true},
		"A fails for more than a day":    {fails, aaaa, 25 * time.Hour, six, true},
		"AAAA fails for more than a day": {a, fails, 25 * time.Hour, four, true},
		"another A, and AAAA fails":      {changingAnswer{address: "192.0.2.9"}, fails, time.Minute, "192.0.2.9:5060 " + six, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(context.Background())
				defer stop()
				z := changing{dns.TypeA: a, dns.TypeAAAA: aaaa}
				r := newResolver(ctx, z, func(f func()) bool { go f(); return true })
				if addrs, err := r.resolve(ctx, over(UDP, known)); textOf(addrs) != four+" "+six || err != nil {
					t.Fatalf("%s, %v", textOf(addrs), err)
				}
				z[dns.TypeA], z[dns.TypeAAAA] = c.a, c.aaaa
				for end := time.Now().Add(c.after + time.Second); time.Now().Before(end); <-time.After(30 * time.Second) {
					_, _ = r.resolve(ctx, over(UDP, known)) // a trunk in use is looked up again and again
				}
				<-time.After(lookupLimit)
				addrs, missing, err := r.resolveWhole(ctx, over(UDP, known))
				if textOf(addrs) != c.want || err != nil || (missing != nil) != c.missing {
					t.Errorf("%s, missing %v, %v; want %s", textOf(addrs), missing, err, c.want)
				}
			})
		})
	}
}
