package call

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine/record"
	"ringflow/sip"
)

// limited is an account whose trunks begin so many calls a second.
func limited(wait time.Duration, rates ...float64) *Account {
	a := &Account{Name: "acme", QueueWait: wait}
	for i, r := range rates {
		a.Trunks = append(a.Trunks, &Trunk{Trunk: sip.Trunk{Name: fmt.Sprint("t", i)}, CallsPerSecond: r})
	}
	a.prepare()
	return a
}

// starts collects when calls began, by name, and the errors of those that did not.
type starts struct {
	mu    sync.Mutex
	begun time.Time
	at    map[string]time.Duration
	order []string
	on    map[string]string // the trunk
	errs  map[string]error
	all   sync.WaitGroup
}

func newStarts() *starts {
	return &starts{begun: time.Now(), at: map[string]time.Duration{}, on: map[string]string{}, errs: map[string]error{}}
}

// claim claims a channel in a goroutine, and releases it at once.
func (s *starts) claim(t *testing.T, p *channelPool, a *Account, name string, o claimOptions) {
	o.queued = func() {}
	s.all.Go(func() {
		c, err := p.claim(t.Context(), a, o)
		s.mu.Lock()
		defer s.mu.Unlock()
		if err != nil {
			s.errs[name] = err
			return
		}
		s.at[name], s.on[name] = time.Since(s.begun), c.trunk.Name
		s.order = append(s.order, name)
		c.release()
	})
	synctest.Wait() // so that they come in this order
}

// Fifty calls at once against one a second leave evenly, the oldest first. Those that would wait for
// longer than they may are refused at once, and say so.
func TestFiftyCallsAtOnceAgainstOneASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a, s := newChannelPool(func(*Trunk) error { return nil }), limited(30*time.Second, 1), newStarts()
		for i := range 50 {
			s.claim(t, p, a, fmt.Sprint(i), claimOptions{party: record.PartyContact, wait: a.QueueWait})
		}
		if len(s.errs) != 20 { // all but the first, which left at once, and those of 29 s
			t.Errorf("%d were refused at once: %v", len(s.errs), s.errs["49"])
		}
		if err := p.admit(a); err == nil || !strings.Contains(err.Error(), "at 1 a second another would for 30s") {
			t.Errorf("new work is refused with %v", err)
		}
		s.all.Wait()
		for i := range 50 {
			at, placed := s.at[fmt.Sprint(i)]
			switch {
			case i < 30 && (!placed || at != time.Duration(i)*time.Second):
				t.Errorf("call %d began after %v (%t), %v", i, at, placed, s.errs[fmt.Sprint(i)])
			case i >= 30 && (placed || !strings.Contains(s.errs[fmt.Sprint(i)].Error(), "and may for 30s")):
				t.Errorf("call %d began after %v, %v", i, at, s.errs[fmt.Sprint(i)])
			}
		}
		if took := time.Since(s.begun); took >= 30*time.Second {
			t.Errorf("somebody waited for %v", took)
		}
		if q := p.queueOf(a.Trunks[0]); q != (TrunkQueue{}) {
			t.Errorf("the queue has %+v", q)
		}
	})
}

// The interval of one trunk slows no other: calls that may take another leave at once over it, and those
// of another account are not held up.
func TestAnIntervalSlowsNoOtherTrunk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s := newChannelPool(func(*Trunk) error { return nil }), newStarts()
		slow, other := limited(time.Minute, .1), limited(time.Minute, 0)
		other.Name = "other"
		other.prepare()
		both := limited(time.Minute, .1, 4)
		both.Name = "both"
		both.prepare()
		for i := range 4 {
			s.claim(t, p, slow, fmt.Sprint("slow", i), claimOptions{party: record.PartyContact, wait: slow.QueueWait})
			s.claim(t, p, other, fmt.Sprint("other", i), claimOptions{party: record.PartyContact, wait: other.QueueWait})
			s.claim(t, p, both, fmt.Sprint("both", i), claimOptions{party: record.PartyContact, wait: both.QueueWait})
		}
		s.all.Wait()
		for i := range 4 {
			n := time.Duration(i)
			if s.at[fmt.Sprint("slow", i)] != n*10*time.Second || s.at[fmt.Sprint("other", i)] != 0 {
				t.Errorf("call %d began after %v and %v", i, s.at[fmt.Sprint("slow", i)], s.at[fmt.Sprint("other", i)])
			}
			if i > 0 && (s.at[fmt.Sprint("both", i)] != (n-1)*250*time.Millisecond || s.on[fmt.Sprint("both", i)] != "t1") {
				t.Errorf("call %d over the next trunk began after %v on %s", i, s.at[fmt.Sprint("both", i)], s.on[fmt.Sprint("both", i)])
			}
		}
	})
}

// Legs to agents come first, and behind three of them a contact that waits.
func TestAgentsAndContactsShareAnInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a, s := newChannelPool(func(*Trunk) error { return nil }), limited(time.Minute, 1), newStarts()
		s.claim(t, p, a, "first", claimOptions{party: record.PartyContact, wait: a.QueueWait})
		for i := range 3 {
			s.claim(t, p, a, fmt.Sprint("contact", i), claimOptions{party: record.PartyContact, wait: a.QueueWait})
		}
		for i := range 8 {
			s.claim(t, p, a, fmt.Sprint("agent", i), claimOptions{party: record.PartyAgent, wait: a.QueueWait})
		}
		s.all.Wait()
		want := []string{"first", "agent0", "agent1", "agent2", "contact0", "agent3", "agent4", "agent5", "contact1", "agent6", "agent7", "contact2"}
		if !slices.Equal(s.order, want) {
			t.Errorf("they began in the order %v", s.order)
		}
	})
}

// A calls_per_second that is raised holds at once for those that wait, and one that is lowered from the next
// start on.
func TestAChangedIntervalHoldsForTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a, s := newChannelPool(func(*Trunk) error { return nil }), limited(time.Hour, .01), newStarts()
		for i := range 4 {
			s.claim(t, p, a, fmt.Sprint(i), claimOptions{party: record.PartyContact, wait: a.QueueWait})
		}
		time.Sleep(10 * time.Second)
		p.setAccounts(map[string]*Account{"acme": limited(time.Hour, 1)})
		time.Sleep(1500 * time.Millisecond)
		p.setAccounts(map[string]*Account{"acme": limited(time.Hour, .1)})
		s.all.Wait()
		if s.at["1"] != 11*time.Second || s.at["2"] != 12*time.Second || s.at["3"] != 22*time.Second {
			t.Errorf("they began at %v", s.at)
		}
	})
}

// A limit of the carrier's has the trunk rest for longer each time in a row: one call tries it
// after each rest. Refusals of calls that were on their way together count once, and a call that is
// taken ends it.
func TestBackOffOfATrunk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a := newChannelPool(func(*Trunk) error { return nil }), limited(0, 0)
		trunk := a.Trunks[0]
		start := func() (*channel, error) { return p.claim(t.Context(), a, claimOptions{}) }
		var together []*channel
		for range 5 {
			c, err := start()
			if err != nil {
				t.Fatal(err)
			}
			together = append(together, c)
		}
		time.Sleep(time.Millisecond)
		for _, c := range together {
			p.backOff(trunk, c.claimed, 0)
			c.release()
		}
		for _, rest := range []time.Duration{1, 2, 4, 8, 16, 32, 32} {
			time.Sleep(rest*time.Second - time.Millisecond)
			if _, err := start(); err == nil {
				t.Errorf("a call began before %v s were over", rest)
			}
			time.Sleep(time.Millisecond)
			c, err := start()
			if err != nil {
				t.Fatalf("after %v s: %v", rest, err)
			}
			if _, err := start(); err == nil {
				t.Error("a second call began beside the one that tries it")
			}
			time.Sleep(time.Millisecond)
			p.backOff(trunk, c.claimed, 0)
			c.release()
		}
		time.Sleep(32 * time.Second)
		c, err := start()
		if err != nil {
			t.Fatal(err)
		}
		together[0].accepted() // one from before says nothing
		if _, err := start(); err == nil {
			t.Error("a call from before the limit ended the rest")
		}
		c.accepted()
		c.release()
		for range 20 {
			c, err := start()
			if err != nil {
				t.Fatalf("after a call was taken: %v", err)
			}
			c.release()
		}
		p.backOff(trunk, time.Now(), 90*time.Second)
		time.Sleep(89 * time.Second)
		if _, err := start(); err == nil {
			t.Error("a call began before Retry-After was over")
		}
		time.Sleep(time.Second)
		if c, err = start(); err != nil {
			t.Fatal(err)
		}
		c.release()
		p.claimed.Wait()
	})
}
