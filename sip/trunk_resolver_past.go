package sip

import (
	"errors"
	"maps"
	"time"

	"github.com/miekg/dns"
)

// pastAnswers are the last good answers for the addresses of hosts, by question. They stand in
// where DNS answers for the other IP version of a host alone. Never written to.
type pastAnswers map[dns.Question]pastAnswer

type pastAnswer struct {
	records []dns.RR
	at      time.Time
}

// addresses are the records of an answer that is not older than lookupStale.
func (p pastAnswers) addresses(q dns.Question) []dns.RR {
	if a := p[q]; time.Since(a.at) < lookupStale {
		return a.records
	}
	return nil
}

// answers are those of this look-up, and past ones to what DNS does not answer.
func (l *lookup) answers() pastAnswers {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := maps.Clone(l.past)
	if all == nil {
		all = pastAnswers{}
	}
	maps.DeleteFunc(all, func(q dns.Question, _ pastAnswer) bool { return l.questions[q] == nil })
	for asked, q := range l.questions {
		select {
		case <-q.answered:
		default:
			continue
		}
		switch {
		case q.err == nil && asked.Qtype != dns.TypeSRV:
			all[asked] = pastAnswer{q.records, time.Now()}
		case errors.Is(q.err, ErrNoName):
			delete(all, asked)
		}
	}
	return all
}
