package main

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
	hookLabels  = []string{"account", "webhook"}
	descWaiting = prometheus.NewDesc("ringflow_webhook_waiting", "Events that are to be sent to a webhook.", hookLabels, nil)
	descOldest  = prometheus.NewDesc("ringflow_webhook_oldest_seconds", "How long the oldest of them has waited.", hookLabels, nil)
	descDead    = prometheus.NewDesc("ringflow_webhook_dead", "Events that a webhook did not take for a day, kept as dead letters.", hookLabels, nil)
	descDown    = prometheus.NewDesc("ringflow_webhook_down", "1 while a webhook takes nothing at all.", hookLabels, nil)
)

// Describe implements prometheus.Collector.
func (c webhookCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descWaiting, descOldest, descDead, descDown} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. Letters of hooks that are configured
// no more are dead and shown as such. While the record cannot be read nothing is
// shown: the other metrics are needed then.
func (c webhookCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapePatience)
	defer cancel()
	gauge := func(desc *prometheus.Desc, value float64, id webhook.ID) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, id.Account, id.Name)
	}
	down := c.dispatcher.Down()
	backlogs, err := c.store.Backlogs(ctx)
	if err != nil {
		return
	}
	for id := range down {
		if _, some := backlogs[id]; !some {
			backlogs[id] = webhook.Backlog{}
		}
	}
	for id, b := range backlogs {
		oldest := 0.0
		if !b.Oldest.IsZero() {
			oldest = max(0, time.Since(b.Oldest).Seconds())
		}
		gauge(descWaiting, float64(b.Waiting), id)
		gauge(descOldest, oldest, id)
		gauge(descDead, float64(b.Dead), id)
		value := 0.0
		if down[id] {
			value = 1
		}
		gauge(descDown, value, id)
	}
}
