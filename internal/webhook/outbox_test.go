package webhook_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/store/storetest"
	"ringflow/internal/webhook"
)

// torn is an outbox that can neither be written nor, if blind, read.
type torn struct {
	webhook.Outbox
	broken, blind atomic.Bool
	stored        []webhook.Delivery
}

var errTorn = errors.New("disk full")

func (o *torn) UpdateQueue(ctx context.Context, s webhook.Queue) error {
	if o.broken.Load() {
		return errTorn
	}
	for _, l := range o.stored {
		o.Outbox.Delivered(l)
	}
	o.stored = nil
	return o.Outbox.UpdateQueue(ctx, s)
}

func (o *torn) Delivered(l webhook.Delivery) { o.stored = append(o.stored, l) }

func (o *torn) Queues(ctx context.Context, hook webhook.ID, limit int) ([]webhook.Queue, error) {
	if o.blind.Load() {
		return nil, errTorn
	}
	return o.Outbox.Queues(ctx, hook, limit)
}

func (o *torn) Deliveries(ctx context.Context, s webhook.Queue, limit int) ([]webhook.Delivery, error) {
	if o.blind.Load() {
		return nil, errTorn
	}
	return o.Outbox.Deliveries(ctx, s, limit)
}

// While it cannot be written down that letters have arrived, they are not sent
// again and again; and when the outbox is whole again, all goes on.
func TestDiskThatFails(t *testing.T) {
	t.Parallel()
	dir := storetest.Folder(t)
	synctest.Test(t, func(t *testing.T) {
		transport := &wire{status: 200}
		w := &world{t: t, dir: dir, log: new(lockedBuffer), transport: transport}
		w.open()
		outbox := &torn{Outbox: w.store}
		w.change = func(c *webhook.Config) { c.Outbox = outbox }
		h := webhook.Hook{ID: webhook.ID{Account: "acme", Name: "crm"}, URL: "https://crm.example.com/", Secret: "a secret, but a long one",
			Events: []record.EventKind{webhook.All}}
		w.dispatch(h)
		outbox.broken.Store(true)
		w.run(1, 1)
		time.Sleep(time.Hour)
		if _, ids := transport.take(); len(ids) != 2 {
			t.Errorf("2 letters were sent as %v", ids)
		}
		outbox.blind.Store(true)
		outbox.broken.Store(false)
		w.run(2, 1)
		time.Sleep(time.Hour)
		if _, ids := transport.take(); len(ids) != 0 {
			t.Errorf("what cannot be read was sent as %v", ids)
		}
		outbox.blind.Store(false)
		time.Sleep(time.Minute)
		if _, ids := transport.take(); len(ids) != 2 {
			t.Errorf("after the disk's recovery %v were sent", ids)
		}
		w.empty(h.ID)
		w.shut()
	})
}
