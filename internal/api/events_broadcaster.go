package api

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"ringflow/flowengine/record"
)

// newsroom reads what is written once for all streams that follow it: however
// many they are, and however much the accounts of others do, the record is read
// as by one. It works as long as somebody follows; the last who leaves waits for
// its goroutine. Its methods may be called by several goroutines.
type newsroom struct {
	news EventFeed
	log  *slog.Logger

	mu        sync.Mutex // guards what follows
	followers map[*follower]bool
	accounts  map[string]int // followers by account
	stop      context.CancelFunc
	done      chan struct{} // closed when the goroutine has ended
}

// newsRetry is the pause after a read that failed.
const newsRetry = time.Second

// join returns a follower of the account, of one flow if flowID is not empty. What
// is written from now on reaches it, beside what it reads of the record itself.
// The caller calls leave once.
func (r *newsroom) join(ctx context.Context, account, flowID string) (*follower, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.followers) == 0 {
		changed, unwatch := r.news.WatchAll()
		mark, err := r.news.CursorAfter(ctx, account, "")
		if err != nil {
			unwatch()
			return nil, err
		}
		work, stop := context.WithCancel(context.Background())
		r.followers, r.accounts = map[*follower]bool{}, map[string]int{}
		r.stop, r.done = stop, make(chan struct{})
		go r.run(work, mark, changed, unwatch, r.done)
	}
	f := &follower{account: account, flowID: flowID, changed: make(chan struct{}, 1)}
	r.followers[f] = true
	r.accounts[account]++
	return f, nil
}

func (r *newsroom) leave(f *follower) {
	r.mu.Lock()
	delete(r.followers, f)
	if r.accounts[f.account]--; r.accounts[f.account] == 0 {
		delete(r.accounts, f.account)
	}
	done := r.done
	last := len(r.followers) == 0
	if last {
		r.stop() // before anybody else can join
	}
	r.mu.Unlock()
	if last {
		<-done
	}
}

// run hands on what is written after the mark.
func (r *newsroom) run(ctx context.Context, mark record.Cursor, changed <-chan struct{}, unwatch func(), done chan<- struct{}) {
	defer close(done)
	defer unwatch()
	for ctx.Err() == nil {
		news, next, err := r.news.EventsOfAccounts(ctx, mark, r.wanted)
		var again <-chan time.Time
		switch {
		case err != nil && ctx.Err() == nil:
			r.log.Warn("news cannot be read now", "error", err)
			again = time.After(newsRetry)
		case err == nil && next != mark: // more may be there already
			mark = next
			r.hand(news, next.Row)
			continue
		}
		select {
		case <-changed:
		case <-again:
		case <-ctx.Done():
		}
	}
}

func (r *newsroom) wanted(account string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.accounts[account] > 0
}

// hand gives each follower what is for it of the rows up to one.
func (r *newsroom) hand(news []record.FeedEvent, upTo int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	byAccount := map[string][]record.FeedEvent{}
	for _, n := range news {
		byAccount[n.Account] = append(byAccount[n.Account], n)
	}
	for f := range r.followers {
		f.take(byAccount[f.account], upTo)
	}
}

// maxNews is how many events wait for a follower that is slow; it then reads what
// follows from the record itself.
const maxNews = 1000

// follower is where the news for one stream wait.
type follower struct {
	account, flowID string
	changed         chan struct{} // receives when something waits

	mu   sync.Mutex // guards what follows
	news []record.FeedEvent
	upTo int64 // everything up to this row is in news, or was
	full bool  // and what came after it is not
}

// take adds what is for the follower.
func (f *follower) take(news []record.FeedEvent, upTo int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.full {
		return
	}
	for _, n := range news {
		if f.flowID == "" || n.FlowID == f.flowID {
			f.news = append(f.news, n)
		}
	}
	f.upTo, f.full = upTo, len(f.news) > maxNews
	if len(f.news) == 0 {
		return
	}
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// give returns what waits after a row, up to which row that is everything, and
// whether the record has more to read from there.
func (f *follower) give(after int64) (news []record.FeedEvent, upTo int64, more bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.news {
		if n.Row > after {
			news = append(news, n)
		}
	}
	upTo, more = max(after, f.upTo), f.full
	f.news, f.full = nil, false
	return news, upTo, more
}
