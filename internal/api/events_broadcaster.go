package api

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"ringflow/flowengine/record"
)

// broadcaster reads what is written once for all streams that follow it: however
// many they are, and however much the accounts of others do, the record is read
// as by one. It works as long as somebody follows; the last who leaves waits for
// its goroutine. Its methods may be called by several goroutines.
type broadcaster struct {
	feed EventFeed
	log  *slog.Logger

	mu          sync.Mutex // guards what follows
	subscribers map[*subscriber]bool
	accounts    map[string]int // followers by account
	stop        context.CancelFunc
	done        chan struct{} // closed when the goroutine has ended
}

// feedRetry is the pause after a read that failed.
const feedRetry = time.Second

// subscribe returns a follower of the account, of one flow if flowID is not empty. What
// is written from now on reaches it, beside what it reads of the record itself.
// The caller calls leave once.
func (r *broadcaster) subscribe(ctx context.Context, account, flowID string) (*subscriber, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.subscribers) == 0 {
		changed, unwatch := r.feed.WatchAll()
		mark, err := r.feed.CursorAfter(ctx, account, "")
		if err != nil {
			unwatch()
			return nil, err
		}
		work, stop := context.WithCancel(context.Background())
		r.subscribers, r.accounts = map[*subscriber]bool{}, map[string]int{}
		r.stop, r.done = stop, make(chan struct{})
		go r.run(work, mark, changed, unwatch, r.done)
	}
	f := &subscriber{account: account, flowID: flowID, changed: make(chan struct{}, 1)}
	r.subscribers[f] = true
	r.accounts[account]++
	return f, nil
}

func (r *broadcaster) unsubscribe(f *subscriber) {
	r.mu.Lock()
	delete(r.subscribers, f)
	if r.accounts[f.account]--; r.accounts[f.account] == 0 {
		delete(r.accounts, f.account)
	}
	done := r.done
	last := len(r.subscribers) == 0
	if last {
		r.stop() // before anybody else can join
	}
	r.mu.Unlock()
	if last {
		<-done
	}
}

// run hands on what is written after the mark.
func (r *broadcaster) run(ctx context.Context, mark record.Cursor, changed <-chan struct{}, unwatch func(), done chan<- struct{}) {
	defer close(done)
	defer unwatch()
	for ctx.Err() == nil {
		news, next, err := r.feed.EventsOfAccounts(ctx, mark, r.wanted)
		var again <-chan time.Time
		switch {
		case err != nil && ctx.Err() == nil:
			r.log.Warn("news cannot be read now", "error", err)
			again = time.After(feedRetry)
		case err == nil && next != mark: // more may be there already
			mark = next
			r.publish(news, next.Row)
			continue
		}
		select {
		case <-changed:
		case <-again:
		case <-ctx.Done():
		}
	}
}

func (r *broadcaster) wanted(account string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.accounts[account] > 0
}

// publish gives each follower what is for it of the rows up to one.
func (r *broadcaster) publish(news []record.FeedEvent, upTo int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	byAccount := map[string][]record.FeedEvent{}
	for _, n := range news {
		byAccount[n.Account] = append(byAccount[n.Account], n)
	}
	for f := range r.subscribers {
		f.push(byAccount[f.account], upTo)
	}
}

// maxPending is how many events wait for a follower that is slow; it then reads what
// follows from the record itself.
const maxPending = 1000

// subscriber is where the news for one stream wait.
type subscriber struct {
	account, flowID string
	changed         chan struct{} // receives when something waits

	mu     sync.Mutex // guards what follows
	events []record.FeedEvent
	upTo   int64 // everything up to this row is in news, or was
	full   bool  // and what came after it is not
}

// push adds what is for the follower.
func (f *subscriber) push(news []record.FeedEvent, upTo int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.full {
		return
	}
	for _, n := range news {
		if f.flowID == "" || n.FlowID == f.flowID {
			f.events = append(f.events, n)
		}
	}
	f.upTo, f.full = upTo, len(f.events) > maxPending
	if len(f.events) == 0 {
		return
	}
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// pull returns what waits after a row, up to which row that is everything, and
// whether the record has more to read from there.
func (f *subscriber) pull(after int64) (news []record.FeedEvent, upTo int64, more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.events {
		if n.Row > after {
			news = append(news, n)
		}
	}
	upTo, more = max(after, f.upTo), f.full
	f.events, f.full = nil, false
	return news, upTo, more
}
