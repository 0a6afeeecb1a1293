package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ringflow/internal/store"
	"ringflow/internal/webhook"
)

// scrapePatience is how long a scrape waits for the record.
const scrapePatience = 2 * time.Second

// webhookCollector shows what webhooks have not taken, as the outbox has it.
type webhookCollector struct {
	dispatcher *webhook.Dispatcher
	store      *store.Store
}

var (
	descWaiting = prometheus.NewDesc("ringflow_webhook_waiting", "Events that are to be sent to webhooks.", nil, nil)
	descOldest  = prometheus.NewDesc("ringflow_webhook_oldest_seconds", "How long the oldest of them has waited.", nil, nil)
	descDead    = prometheus.NewDesc("ringflow_webhook_dead", "Events that webhooks did not take for a day, kept as dead letters.", nil, nil)
	descDown    = prometheus.NewDesc("ringflow_webhooks_down", "Webhooks that take nothing at all.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c webhookCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descWaiting, descOldest, descDead, descDown} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. It sums over all webhooks: whoever
// reads metrics needs no token, and learns no account's names; those stand in the
// log. While the record cannot be read nothing is shown: the other metrics are
// needed then.
func (c webhookCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapePatience)
	defer cancel()
	backlogs, err := c.store.Backlogs(ctx)
	if err != nil {
		return
	}
	waiting, dead, down, oldest := 0, 0, 0, 0.0
	for _, b := range backlogs {
		waiting, dead = waiting+b.Waiting, dead+b.Dead
		if !b.Oldest.IsZero() {
			oldest = max(oldest, time.Since(b.Oldest).Seconds())
		}
	}
	for _, takesNothing := range c.dispatcher.Down() {
		if takesNothing {
			down++
		}
	}
	for desc, value := range map[*prometheus.Desc]float64{
		descWaiting: float64(waiting), descDead: float64(dead), descDown: float64(down), descOldest: oldest,
	} {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
	}
}
