package api

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"ringflow/flowengine/record"
)

// broadcaster reads the event feed once for all its subscribers: the record is read as
// by one, however many they are and however much other accounts write. It reads while
// it has subscribers; unsubscribing the last waits for its goroutine. Its methods may
// be called by several goroutines.
type broadcaster struct {
	feed EventFeed
	log  *slog.Logger

	mu          sync.Mutex // guards what follows
	subscribers map[*subscriber]bool
	accounts    map[string]int // subscribers by account
	stop        context.CancelFunc
	done        chan struct{} // closed when the goroutine has ended
}

// feedRetry is the pause after a read that failed.
const feedRetry = time.Second

// subscribe returns a subscriber to the events of the account, of one flow if flowID is
// not empty, that are written from now on. The caller unsubscribes it once.
func (b *broadcaster) subscribe(ctx context.Context, account, flowID string) (*subscriber, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.subscribers) == 0 {
		changed, unwatch := b.feed.WatchAll()
		cursor, err := b.feed.CursorAfter(ctx, account, "")
		if err != nil {
			unwatch()
			return nil, err
		}
		work, stop := context.WithCancel(context.Background())
		b.subscribers, b.accounts = map[*subscriber]bool{}, map[string]int{}
		b.stop, b.done = stop, make(chan struct{})
		go b.run(work, cursor, changed, unwatch, b.done)
	}
	s := &subscriber{account: account, flowID: flowID, changed: make(chan struct{}, 1)}
	b.subscribers[s] = true
	b.accounts[account]++
	return s, nil
}

func (b *broadcaster) unsubscribe(s *subscriber) {
	b.mu.Lock()
	delete(b.subscribers, s)
	if b.accounts[s.account]--; b.accounts[s.account] == 0 {
		delete(b.accounts, s.account)
	}
	done := b.done
	last := len(b.subscribers) == 0
	if last {
		b.stop() // before the next subscribe
	}
	b.mu.Unlock()
	if last {
		<-done
	}
}

// run publishes what is written after the cursor.
func (b *broadcaster) run(ctx context.Context, cursor record.Cursor, changed <-chan struct{}, unwatch func(), done chan<- struct{}) {
	defer close(done)
	defer unwatch()
	for ctx.Err() == nil {
		events, next, err := b.feed.EventsOfAccounts(ctx, cursor, b.wanted)
		var retry <-chan time.Time
		switch {
		case err != nil && ctx.Err() == nil:
			b.log.Warn("news cannot be read now", "error", err)
			retry = time.After(feedRetry)
		case err == nil && next != cursor: // more may be there already
			cursor = next
			b.publish(events, next.Row)
			continue
		}
		select {
		case <-changed:
		case <-retry:
		case <-ctx.Done():
		}
	}
}

func (b *broadcaster) wanted(account string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.accounts[account] > 0
}

// publish hands each subscriber its events of the rows up to one.
func (b *broadcaster) publish(events []record.FeedEvent, upTo int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	byAccount := map[string][]record.FeedEvent{}
	for _, e := range events {
		byAccount[e.Account] = append(byAccount[e.Account], e)
	}
	for s := range b.subscribers {
		s.push(byAccount[s.account], upTo)
	}
}

// maxPending is how many events wait for a slow subscriber; it then reads what follows
// from the record itself.
const maxPending = 1000

// subscriber is the queue of events for one stream.
type subscriber struct {
	account, flowID string
	changed         chan struct{} // receives when an event waits

	mu     sync.Mutex // guards what follows
	events []record.FeedEvent
	upTo   int64 // the last row that was pushed
	full   bool  // the rows after it were not
}

// push appends the events that the subscriber wants.
func (s *subscriber) push(events []record.FeedEvent, upTo int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return
	}
	for _, e := range events {
		if s.flowID == "" || e.FlowID == s.flowID {
			s.events = append(s.events, e)
		}
	}
	s.upTo, s.full = upTo, len(s.events) > maxPending
	if len(s.events) == 0 {
		return
	}
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// pull removes and returns the events after a row, the row up to which they are
// complete, and whether the record has more to read from there.
func (s *subscriber) pull(after int64) (events []record.FeedEvent, upTo int64, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Row > after {
			events = append(events, e)
		}
	}
	upTo, more = max(after, s.upTo), s.full
	s.events, s.full = nil, false
	return events, upTo, more
}
