package call

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ringflow/numbers"
	"ringflow/sip"
)

// TrunkChoice is a trunk of an account and whether a call may go over it, with the reason.
type TrunkChoice struct {
	Trunk  string
	May    bool
	Reason string // such as "+4930123456 matches prefix +49"
}

// candidate is a trunk that a call may take.
type candidate struct {
	trunk  *Trunk
	reason string
}

// accepts says whether the trunk's settings let a call from a number of the account to another
// number go over it, and why.
func (t *Trunk) accepts(from, to numbers.E164) (bool, string) {
	var reasons []string
	if len(t.Callers) > 0 {
		if !slices.Contains(t.Callers, from) {
			return false, fmt.Sprintf("it takes no calls from %s", from)
		}
		reasons = append(reasons, fmt.Sprintf("it takes calls from %s", from))
	}
	if len(t.Destinations) > 0 {
		value := numbers.Matching(t.Destinations, to)
		if value == "" {
			return false, fmt.Sprintf("%s matches none of %s", to, strings.Join(t.Destinations, ", "))
		}
		kind := "country"
		if strings.HasPrefix(value, "+") {
			kind = "prefix"
		}
		reasons = append(reasons, fmt.Sprintf("%s matches %s %s", to, kind, value))
	}
	if len(reasons) == 0 {
		return true, "it takes every call"
	}
	return true, strings.Join(reasons, ", ")
}

// candidates are the trunks that a call may take, in the order in which it tries them: by
// priority, weight and the order of the configuration.
func (a *Account) candidates(from, to numbers.E164) []candidate {
	var all []candidate
	var shares []sip.Share
	weights := map[int]int{} // by priority
	for _, t := range a.Trunks {
		if may, reason := t.accepts(from, to); may {
			all, shares = append(all, candidate{t, reason}), append(shares, t.Share)
			weights[t.Priority] += t.Weight
		}
	}
	ordered := make([]candidate, len(all))
	for i, at := range sip.ShareOrder(shares) {
		c := all[at]
		if c.trunk.Weight > 0 && c.trunk.Weight < weights[c.trunk.Priority] {
			c.reason += fmt.Sprintf(", weight %d of %d", c.trunk.Weight, weights[c.trunk.Priority])
		}
		ordered[i] = c
	}
	return ordered
}

// candidates are those of an account that are in service and not among those tried; where
// nothing is in service, those that are not closed; where all are closed, all of them, so that
// the leg says why. passed says which were passed over.
func (s *Switch) candidates(a *Account, from, to numbers.E164, tried []trunkID) (usable []candidate, passed []string) {
	var in, open, closed []candidate
	for _, c := range a.candidates(from, to) {
		h := s.agent.TrunkHealth(&c.trunk.Trunk)
		switch {
		case slices.Contains(tried, c.trunk.id):
			continue
		case h.InService:
			in = append(in, c)
			continue
		case h.Closed:
			closed = append(closed, c)
		default:
			open = append(open, c)
		}
		passed = append(passed, fmt.Sprintf("%s (out of service: %s)", c.trunk.Name, h.Reason))
	}
	switch {
	case in != nil:
		return in, passed
	case open != nil:
		return open, nil
	}
	return closed, nil
}

// Choices says of each of the account's trunks whether a call between two numbers may go over it,
// those that it may take first, in the order in which it tries them. The reason of such a trunk
// also says what is in the way now: it is not registered, or out of service.
func (s *Switch) Choices(account, rawFrom, rawTo string) ([]TrunkChoice, error) {
	a := s.account(account)
	if a == nil {
		return nil, fmt.Errorf("there is no account %q", account)
	}
	choices, err := a.Choices(rawFrom, rawTo)
	for i, c := range choices {
		at := slices.IndexFunc(a.Trunks, func(t *Trunk) bool { return t.Name == c.Trunk })
		if not := s.unusable(a.Trunks[at]); c.May && not != "" {
			choices[i].Reason += "; not now: " + not
		}
	}
	return choices, err
}

// unusable is why no call goes over a trunk now, empty if one may.
func (s *Switch) unusable(t *Trunk) string {
	if err := s.unregistered(t); err != nil {
		return err.Error()
	}
	if h := s.agent.TrunkHealth(&t.Trunk); !h.InService {
		return "it is out of service: " + h.Reason
	}
	return ""
}

// Choices says of each trunk whether a call between two numbers may go over it, those that it
// may take first, in the order in which it tries them. An empty rawFrom is any number.
func (a *Account) Choices(rawFrom, rawTo string) (_ []TrunkChoice, err error) {
	to, err := a.destination(rawTo)
	if err != nil {
		return nil, err
	}
	var from numbers.E164
	if rawFrom != "" {
		if from, err = a.callerID(rawFrom); err != nil {
			return nil, err
		}
	}
	return a.choices(from, to), nil
}

// choices are in the order of priority and configuration, as weights draw anew for each call.
func (a *Account) choices(from, to numbers.E164) []TrunkChoice {
	var may, not []TrunkChoice
	ordered := slices.Clone(a.Trunks)
	slices.SortStableFunc(ordered, func(x, y *Trunk) int { return x.Priority - y.Priority })
	reasons := map[*Trunk]string{}
	for _, c := range a.candidates(from, to) {
		reasons[c.trunk] = c.reason
	}
	for _, t := range ordered {
		if reason, is := reasons[t]; is {
			may = append(may, TrunkChoice{t.Name, true, reason})
		} else {
			_, reason := t.accepts(from, to)
			not = append(not, TrunkChoice{t.Name, false, reason})
		}
	}
	return append(may, not...)
}

// waited is how long a call waited for a channel, for people.
func waited(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }
