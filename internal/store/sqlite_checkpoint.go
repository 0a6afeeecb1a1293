package store

import (
	"context"
	"database/sql"
	"log/slog"
	"sync/atomic"
)

// checkpointEvery is how many commits lie in the WAL before a checkpoint writes it
// to the database. A checkpoint writes each page once, however many commits changed
// it, so that rarer is cheaper, and the WAL is read again at the next start.
const checkpointEvery = 500

// checkpoints checkpoints the WAL while the writer goes on: a checkpoint by the
// writer itself makes commits wait for some ten milliseconds. What was committed
// meanwhile, a few pages, is left to the writer, because the WAL begins anew only
// where nothing is left of it. It owns a goroutine, which stop waits for.
type checkpoints struct {
	log     *slog.Logger
	wake    chan struct{}
	rest    atomic.Bool  // the writer is to checkpoint what is left
	every   atomic.Int64 // checkpointEvery
	commits int64        // so far; the writer's
	stop    func()
}

func newCheckpoints(reads *sql.DB, log *slog.Logger) *checkpoints {
	c := &checkpoints{log: log, wake: make(chan struct{}, 1)}
	c.every.Store(checkpointEvery)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	c.stop = func() { cancel(); <-done }
	go func() {
		defer close(done)
		for {
			select {
			case <-c.wake:
				if c.checkpoint(ctx, reads) {
					// The second finds little, and so leaves next to nothing.
					c.rest.Store(c.checkpoint(ctx, reads))
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return c
}

// checkpoint writes the WAL to the database as far as no read needs it; it is no
// error if one does.
func (c *checkpoints) checkpoint(ctx context.Context, q interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}) bool {
	var busy, pages, written int
	err := q.QueryRowContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &pages, &written)
	if err != nil && ctx.Err() == nil {
		c.log.Warn("the WAL cannot be written to the database now", "error", err)
	}
	return err == nil
}

// committed counts a commit of the writer.
func (c *checkpoints) committed(conn *sql.Conn) {
	if c.commits++; c.commits%c.every.Load() == 0 {
		signal(c.wake)
	}
	if conn != nil && c.rest.Swap(false) {
		c.checkpoint(context.Background(), conn)
	}
}
