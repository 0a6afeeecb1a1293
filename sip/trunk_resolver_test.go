package sip

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// outage is a Resolver by hand that may answer nothing at all, or count.
type outage struct {
	names
	silent bool
}

func (o *outage) Query(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	o.mu.Lock()
	if silent := o.silent; silent {
		if kind == dns.TypeA {
			o.asked++
		}
		o.mu.Unlock()
		<-ctx.Done()
		return nil, errors.New("DNS is silent")
	}
	o.mu.Unlock()
	return o.names.Query(ctx, name, kind)
}

const known, unknown = "a.example:5060", "gone.example:5060"

// withResolver runs a test in a bubble, which holds that no look-up lives on.
func withResolver(t *testing.T, test func(*outage, *resolver)) {
	synctest.Test(t, func(*testing.T) {
		o := &outage{names: names{hosts: map[string][]string{"a.example": {"192.0.2.1"}}}}
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		r := newResolver(ctx, o, func(f func()) bool { go f(); return true })
		test(o, r)
	})
}

func TestStaleAddressIsGivenAtOnceAndRenewedBehind(t *testing.T) {
	withResolver(t, func(o *outage, r *resolver) {
		ctx := context.Background()
		r.resolve(ctx, over(UDP, known))
		time.Sleep(time.Minute - time.Second) // the records hold for a minute, and the name is in use
		o.hosts["a.example"] = []string{"192.0.2.2"}
		for _, want := range []string{"192.0.2.1:5060", "192.0.2.2:5060"} {
			start := time.Now()
			addrs, err := r.resolve(ctx, over(UDP, known))
			if err != nil || addrs[0].String() != want || time.Since(start) != 0 {
				t.Errorf("after %v: %v, %v, want %s at once", time.Since(start), addrs, err, want)
			}
			synctest.Wait()
		}
	})
}

func TestStaleAddressDoesNotLiveForEver(t *testing.T) {
	withResolver(t, func(o *outage, r *resolver) {
		ctx := context.Background()
		r.resolve(ctx, over(UDP, known))
		o.silent = true
		waits := 0
		for good := time.Now(); time.Since(good) < lookupStale-time.Minute; time.Sleep(30 * time.Second) {
			start := time.Now()
			_, err := r.resolve(ctx, over(UDP, known))
			took := time.Since(start)
			if err != nil || took != 0 && took != lookupWait {
				t.Fatalf("%v after the last good answer: %v, after %v", start.Sub(good), err, took)
			}
			if took != 0 {
				waits++
			}
		}
		if waits > 1 {
			t.Errorf("%d calls waited for DNS that is known to be silent", waits)
		}
		time.Sleep(time.Minute)
		if addrs, err := r.resolve(ctx, over(UDP, known)); err == nil {
			t.Errorf("an address of a day ago is given: %v", addrs)
		}
	})
}

func TestFailureIsRememberedForSeconds(t *testing.T) {
	withResolver(t, func(o *outage, r *resolver) {
		for range 3 {
			r.resolve(context.Background(), over(UDP, unknown))
			r.cached(over(UDP, unknown))
		}
		if o.asked != 1 {
			t.Errorf("asked %d times at once, want 1", o.asked)
		}
		time.Sleep(lookupFailed)
		r.resolve(context.Background(), over(UDP, unknown))
		if o.asked != 2 {
			t.Errorf("asked %d times in all after %v, want 2", o.asked, lookupFailed)
		}
		if f := r.failures; f[lookupNoName]+f[lookupNoAnswer] != 2 {
			t.Errorf("the failures are %v, want two", f)
		}
	})
}

func TestAtHandNeverWaits(t *testing.T) {
	withResolver(t, func(o *outage, r *resolver) {
		start := time.Now()
		if _, ok := r.cached(over(UDP, known)); ok {
			t.Error("an address of an unused name")
		}
		if addrs, err := r.resolve(context.Background(), over(UDP, known)); err != nil || o.asked != 1 {
			t.Errorf("%v, %v, asked %d times, want the look-up under way to be shared", addrs, err, o.asked)
		}
		if ap, ok := r.cached(over(UDP, known)); !ok || ap.String() != "192.0.2.1:5060" {
			t.Errorf("%v, %v", ap, ok)
		}
		o.silent, o.asked = true, 0
		for i := range 3 * maxBackgroundLookups {
			r.cached(over(UDP, fmt.Sprintf("h%d.example:5060", i)))
		}
		if synctest.Wait(); o.asked > maxBackgroundLookups || time.Since(start) != 0 {
			t.Errorf("%d look-ups at once, after %v", o.asked, time.Since(start))
		}
	})
}

// Names that far ends choose must not drive out those of the trunks.
func TestNamesAreForgottenOneByOne(t *testing.T) {
	withResolver(t, func(_ *outage, r *resolver) {
		r.resolve(context.Background(), over(UDP, known))
		for i := range maxLookups + 100 {
			r.cached(over(UDP, fmt.Sprintf("h%d.example:5060", i)))
			synctest.Wait()
			time.Sleep(time.Millisecond)
			if n := len(r.names); n != min(i+2, maxLookups) {
				t.Fatalf("%d names are kept after %d", n, i+2)
			}
		}
		if r.names[over(UDP, known)] == nil || r.names[over(UDP, "h0.example:5060")] != nil {
			t.Error("the trunk's name was forgotten, or a far end's oldest was not")
		}
	})
}

func TestClosedResolverDoesNotBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outage{silent: true}
		ctx, stop := context.WithCancel(context.Background())
		r := newResolver(ctx, o, func(f func()) bool { go f(); return true })
		start := time.Now()
		go r.resolve(context.Background(), over(UDP, unknown))
		synctest.Wait()
		stop()
		if synctest.Wait(); r.running != 0 || time.Since(start) != 0 {
			t.Errorf("%d look-ups are under way after %v", r.running, time.Since(start))
		}
		r.background = func(func()) bool { return false }
		if _, err := r.resolve(context.Background(), over(UDP, known)); err == nil || time.Since(start) != 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
