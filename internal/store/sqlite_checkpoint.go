package store

import (
	"context"
	"database/sql"
	"log/slog"
	"sync/atomic"
)

// foldEvery is how many commits lie in the log of changes before it is folded
// into the database. A fold writes each page once, however many commits changed
// it, so that rarer is cheaper, and the log is read again at the next start.
const foldEvery = 500

// folder folds the log of changes into the database while the writer goes on:
// when the writer does it itself, who waits for a commit waits for some ten
// milliseconds more. What was committed meanwhile, a few pages, is left to the
// writer, because the log begins anew only where nothing is left of it. It owns a
// goroutine, which stop waits for.
type folder struct {
	reads *sql.DB
	log   *slog.Logger
	bell  chan struct{} // there is something to fold
	rest  atomic.Bool   // the writer is to fold what is left
	every atomic.Int64  // foldEvery
	stop  func()
}

func newFolder(reads *sql.DB, log *slog.Logger) *folder {
	f := &folder{reads: reads, log: log, bell: make(chan struct{}, 1)}
	f.every.Store(foldEvery)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	f.stop = func() { cancel(); <-done }
	go func() {
		defer close(done)
		for {
			select {
			case <-f.bell:
				f.fold(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	return f
}

func (f *folder) fold(ctx context.Context) {
	var d dialect
	for range 2 { // the second finds little, and so leaves next to nothing
		if err := d.fold(ctx, f.reads); err != nil {
			if ctx.Err() == nil {
				f.log.Warn("the log of changes cannot be folded into the database now", "error", err)
			}
			return
		}
	}
	f.rest.Store(true)
}

// committed is told of each commit of the writer.
func (f *folder) committed(w *writer) {
	if w.commits++; w.commits%f.every.Load() == 0 {
		signal(f.bell)
	}
	if w.conn == nil || !f.rest.Swap(false) {
		return
	}
	var d dialect
	if err := d.fold(context.Background(), w.conn); err != nil {
		f.log.Warn("the log of changes cannot be folded into the database now", "error", err)
	}
}
