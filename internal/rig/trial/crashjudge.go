package trial

import (
	"context"
	"fmt"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/platform"
)

// tally is what the judge counts over all orders.
type tally struct {
	placed, accepted, unanswered, refused, retried int
	statuses                                       map[string]int
	dialled, twice, unheard, unended, undialled    int
	sooner, untold, toldTwice, unreported          int
	delays                                         []time.Duration // of scheduled calls, after their time
	examples                                       map[string]string
}

// judge waits until everything has come to its end and holds it against what
// was promised.
func (c *crash) judge(ctx context.Context) {
	c.Check(c.await(time.Minute, func() bool { return c.carrier.Live() == 0 && c.idle(ctx) && c.ledger.quiet() }),
		"nothing runs, nothing is scheduled and no call is up a minute after the last kill")
	c.gather()
	n := c.tally()
	c.allTold(n)
	c.report(ctx, n)
	c.pronounce(n)
	c.nothingLeft(ctx)
}

// allTold waits for the webhook to be told of every end, for as long as it is
// told of more: what waits for it after so many kills takes its time.
func (c *crash) allTold(n *tally) {
	began := time.Now()
	c.letters(n)
	first := n.untold
	for left, news := first, began; n.untold > 0 && time.Since(news) < 30*time.Second; c.letters(n) {
		if n.untold < left {
			left, news = n.untold, time.Now()
		}
		time.Sleep(time.Second)
	}
	c.Figure("webhook told of the last end", "%s after everything had ended, when %d waited", time.Since(began).Round(100*time.Millisecond), first)
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
func (c *crash) tally() *tally {
	n := &tally{statuses: map[string]int{}, examples: map[string]string{}}
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	byNumber := map[string]int{}
	for _, r := range c.ledger.runs {
		byNumber[r.number]++
	}
	for _, o := range c.ledger.orders {
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
			n.hold(o, c.ledger.runs[o.accepted.ExecutionID], first)
		}
	}
	return n
}

// hold judges one order that was accepted.
func (n *tally) hold(o *order, r *run, calls []carrier.Record) {
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
		late := calls[0].InvitedAt.Sub(o.wish.StartAt)
		n.delays = append(n.delays, late)
		if late < 0 {
			n.sooner++
		}
	}
}

// letters counts the executions whose end, or that of a leg, the webhook's
// server was not told, or under several numbers.
func (c *crash) letters(n *tally) {
	n.untold, n.toldTwice = 0, 0
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	for id, r := range c.ledger.runs {
		ends := map[string]int{}
		for _, told := range c.sink.Told(id) {
			ends[told.Kind]++
			n.toldTwice += min(1, told.Times-1)
		}
		if ends["execution_ended"] != 1 || ends["leg_ended"] != len(r.legs) {
			n.untold++
			n.examples["webhook"] = fmt.Sprint(id, " ", ends, ", legs ", len(r.legs))
		}
	}
}

// report holds every row of the report against what was accepted.
func (c *crash) report(ctx context.Context, n *tally) {
	type place struct {
		execution string
		order     int
	}
	rows, statuses, interactions := map[place]int{}, map[string]string{}, map[string]string{}
	repeated, shared := 0, 0
	began, all := time.Now(), 0
	err := c.platform.Report(ctx, func(r platform.Row) {
		at := place{r.Execution, r.Order}
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
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	for _, o := range c.ledger.orders {
		id := o.accepted.ExecutionID
		if r := c.ledger.runs[id]; o.err == nil && r != nil && statuses[id] != r.status {
			n.unreported++
			n.examples["report"] = fmt.Sprintf("%s: %q, its last event says %q", id, statuses[id], r.status)
		}
	}
}

// pronounce gives the verdict on what was counted.
func (c *crash) pronounce(n *tally) {
	c.Figure("orders", "%d: %d accepted, %d unanswered, %d posted more than once", n.placed, n.accepted, n.unanswered, n.retried)
	c.Figure("accepted came to", "%v", n.statuses)
	c.Figure("orders that dialled", "%d", n.dialled)
	c.Figure("scheduled calls, after their time", "%s", Distribute(n.delays))
	c.Figure("posts to the webhook beyond the first", "%d", n.toldTwice)
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
	none(n.untold, "executions whose ends the webhook was not told once each", "webhook")
	none(n.unreported, "executions whose report tells another end", "report")
	for rule, count := range c.ledger.wrong {
		c.Check(false, "the account's events: %d × %s, such as of %s", count, rule, c.ledger.sample[rule])
	}
	for rule, count := range c.sink.Faults() {
		c.Check(false, "the webhook was told %d × %s", count, rule)
	}
	c.Check(c.again > 0, "%d repeated orders were judged by their answer", c.again)
	c.settleAfterKill()
	c.Say("%d kills: %d accepted, %d finished, %d interrupted, %d lost; %d dialled, %d twice; ready after p50 %s, at most %s",
		c.early+c.late, n.accepted, n.statuses["finished"], n.statuses["interrupted"], n.unheard+n.unended, n.dialled, n.twice,
		Distribute(c.recovery).At(0.5).Round(time.Millisecond), Distribute(c.recovery).At(1).Round(time.Millisecond))
}

// nothingLeft looks at the gauges, and ends the server as an operator does.
func (c *crash) nothingLeft(ctx context.Context) {
	var left map[string]float64
	gone := c.await(40*time.Second, func() bool { // a transaction with a dead phone goes on for 32 s
		g, err := c.platform.Metrics(ctx)
		left = map[string]float64{}
		for _, name := range []string{"ringflow_executions_running", "ringflow_legs", "ringflow_sip_sessions", "ringflow_rtp_ports_open"} {
			if v, there := g[name]; !there || v != 0 {
				left[name] = v
			}
		}
		return err == nil && len(left) == 0
	})
	c.Check(gone, "the gauges are back at 0 %v", left)
	began := time.Now()
	err := c.server.Terminate(30 * time.Second)
	c.Check(err == nil, "the server drains in %s (%v)", time.Since(began).Round(time.Millisecond), err)
}
