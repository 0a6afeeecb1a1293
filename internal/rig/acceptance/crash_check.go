package acceptance

import (
	"context"
	"fmt"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/platform"
)

// crashCounts counts over all orders.
type crashCounts struct {
	placed, accepted, unanswered, refused, retried int
	statuses                                       map[string]int
	dialled, twice, unheard, unended, undialled    int
	sooner, untold, reportedTwice, unreported      int
	delays                                         []time.Duration // of scheduled calls, after their time
	examples                                       map[string]string
}

// check waits until everything has come to its end and holds it against what
// was promised.
func (c *crash) check(ctx context.Context) {
	c.Check(c.await(time.Minute, func() bool { return c.carrier.Live() == 0 && c.idle(ctx) && c.journal.quiet() }),
		"nothing runs, nothing is scheduled and no call is up a minute after the last kill")
	c.gather()
	n := c.tally()
	c.allDelivered(n)
	c.report(ctx, n)
	c.checkCounts(n)
	c.nothingLeft(ctx)
}

// allDelivered waits until the webhook has received every end, for as long as more
// arrive: after so many kills many deliveries wait.
func (c *crash) allDelivered(n *crashCounts) {
	began := time.Now()
	c.countDeliveries(n)
	first := n.untold
	for left, last := first, began; n.untold > 0 && time.Since(last) < 30*time.Second; c.countDeliveries(n) {
		if n.untold < left {
			left, last = n.untold, time.Now()
		}
		time.Sleep(time.Second)
	}
	c.Figure("delivery of the last end", "%s after everything had ended, when %d waited", time.Since(began).Round(100*time.Millisecond), first)
}

// idle tells whether the API knows of no execution that goes on.
func (c *crash) idle(ctx context.Context) bool {
	for _, status := range []string{"accepted", "running"} {
		if ids, err := c.platform.InStatus(ctx, status); err != nil || len(ids) > 0 {
			return false
		}
	}
	return true
}

// tally holds every order against the calls and the events.
func (c *crash) tally() *crashCounts {
	n := &crashCounts{statuses: map[string]int{}, examples: map[string]string{}}
	c.journal.mu.Lock()
	defer c.journal.mu.Unlock()
	byNumber := map[string]int{}
	for _, r := range c.journal.runs {
		byNumber[r.number]++
	}
	for _, o := range c.journal.orders {
		n.placed++
		if o.attempts > 1 {
			n.retried++
		}
		first := c.calls[o.arguments["contact_1"]]
		if len(first) > 1 || len(c.calls[o.arguments["contact_2"]]) > 1 && o.flow == "forward" || byNumber[o.arguments["contact_1"]] > 1 {
			n.twice++
			n.examples["called twice"] = fmt.Sprint(o.arguments, o.accepted.ExecutionID)
		}
		if len(first) > 0 {
			n.dialled++
		}
		switch {
		case o.refused:
			n.refused++
			n.examples["refused"] = o.err.Error()
		case o.err != nil:
			n.unanswered++
		default:
			n.accepted++
			n.hold(o, c.journal.runs[o.accepted.ExecutionID], first)
		}
	}
	return n
}

// hold checks one order that was accepted.
func (n *crashCounts) hold(o *order, r *run, calls []carrier.Record) {
	id := o.accepted.ExecutionID
	if r == nil {
		n.unheard++
		n.examples["no event"] = id
		return
	}
	n.statuses[r.status]++
	if r.ends != 1 {
		n.unended++
		n.examples["no end"] = id
	}
	if r.status == "finished" && (len(calls) != 1 || r.number != o.arguments["contact_1"]) {
		n.undialled++
		n.examples["finished without its call"] = id
	}
	if len(calls) == 1 && !o.wish.StartAt.IsZero() {
		late := calls[0].InviteAt.Sub(o.wish.StartAt)
		n.delays = append(n.delays, late)
		if late < 0 {
			n.sooner++
		}
	}
}

// countDeliveries counts the executions whose end, or that of a leg, was not
// delivered to the webhook's server, or under several numbers.
func (c *crash) countDeliveries(n *crashCounts) {
	n.untold, n.reportedTwice = 0, 0
	c.journal.mu.Lock()
	defer c.journal.mu.Unlock()
	for id, r := range c.journal.runs {
		ends := map[string]int{}
		for _, delivery := range c.sink.Deliveries(id) {
			ends[delivery.Kind]++
			n.reportedTwice += min(1, delivery.Times-1)
		}
		if ends["execution_ended"] != 1 || ends["leg_ended"] != len(r.legs) {
			n.untold++
			n.examples["webhook"] = fmt.Sprint(id, " ", ends, ", legs ", len(r.legs))
		}
	}
}

// report holds every row of the report against what was accepted.
func (c *crash) report(ctx context.Context, n *crashCounts) {
	type position struct {
		execution string
		order     int
	}
	rows, statuses, interactions := map[position]int{}, map[string]string{}, map[string]string{}
	repeated, shared := 0, 0
	began, all := time.Now(), 0
	err := c.platform.Report(ctx, func(r platform.Row) {
		at := position{r.Execution, r.Order}
		if rows[at]++; rows[at] > 1 {
			repeated++
		}
		if x, known := interactions[r.Interaction]; known && x != r.Execution {
			shared++
		}
		interactions[r.Interaction], statuses[r.Execution] = r.Execution, r.Status
		all++
	})
	c.Check(err == nil, "the report of %d rows is read in %s (%v)", all, time.Since(began).Round(time.Millisecond), err)
	c.Check(repeated == 0, "%d steps have more than one row in the report", repeated)
	c.Check(shared == 0, "%d interactions have more than one execution", shared)
	c.journal.mu.Lock()
	defer c.journal.mu.Unlock()
	for _, o := range c.journal.orders {
		id := o.accepted.ExecutionID
		if r := c.journal.runs[id]; o.err == nil && r != nil && statuses[id] != r.status {
			n.unreported++
			n.examples["report"] = fmt.Sprintf("%s: %q, its last event says %q", id, statuses[id], r.status)
		}
	}
}

// checkCounts checks what was counted.
func (c *crash) checkCounts(n *crashCounts) {
	c.Figure("orders", "%d: %d accepted, %d unanswered, %d posted more than once", n.placed, n.accepted, n.unanswered, n.retried)
	c.Figure("accepted came to", "%v", n.statuses)
	c.Figure("orders that dialled", "%d", n.dialled)
	c.Figure("scheduled calls, after their time", "%s", Distribute(n.delays))
	c.Figure("posts to the webhook beyond the first", "%d", n.reportedTwice)
	none := func(count int, claim, example string) {
		if count == 0 {
			example = ""
		}
		c.Check(count == 0, "%d %s %s", count, claim, n.examples[example])
	}
	c.Check(n.accepted > 0 && n.statuses["interrupted"] > 0, "calls were interrupted")
	none(n.refused, "orders were refused", "refused")
	none(n.unheard, "accepted interactions are lost: no event tells of them", "no event")
	none(n.unended, "executions have not exactly one execution_ended", "no end")
	none(n.undialled, "executions say finished without one call of theirs", "finished without its call")
	none(n.statuses["failed"]+n.statuses["cancelled"], "executions failed or were cancelled", "")
	none(n.twice, "numbers were called twice", "called twice")
	none(n.sooner, "scheduled calls were made too soon", "")
	none(n.untold, "executions whose ends the webhook did not receive once each", "webhook")
	none(n.unreported, "executions whose report tells another end", "report")
	for rule, count := range c.journal.wrong {
		c.Check(false, "the account's events: %d × %s, such as of %s", count, rule, c.journal.sample[rule])
	}
	for rule, count := range c.sink.Faults() {
		c.Check(false, "the webhook received %d × %s", count, rule)
	}
	c.Check(c.repeated > 0, "%d repeated orders were compared with the first response", c.repeated)
	c.awaitIdleAfterKill()
	c.Print("%d kills: %d accepted, %d finished, %d interrupted, %d lost; %d dialled, %d twice; ready after p50 %s, at most %s",
		c.early+c.late, n.accepted, n.statuses["finished"], n.statuses["interrupted"], n.unheard+n.unended, n.dialled, n.twice,
		Distribute(c.recovery).At(0.5).Round(time.Millisecond), Distribute(c.recovery).At(1).Round(time.Millisecond))
}

// nothingLeft looks at the gauges, and ends the server as an operator does.
func (c *crash) nothingLeft(ctx context.Context) {
	var left map[string]float64
	idle := c.await(40*time.Second, func() bool { // a transaction with a dead phone goes on for 32 s
		g, err := c.platform.Metrics(ctx)
		left = map[string]float64{}
		for _, name := range []string{"ringflow_executions_running", "ringflow_legs", "ringflow_sip_sessions", "ringflow_rtp_ports_open"} {
			if v, there := g[name]; !there || v != 0 {
				left[name] = v
			}
		}
		return err == nil && len(left) == 0
	})
	c.Check(idle, "the gauges are back at 0 %v", left)
	began := time.Now()
	err := c.server.Terminate(30 * time.Second)
	c.Check(err == nil, "the server drains in %s (%v)", time.Since(began).Round(time.Millisecond), err)
}
