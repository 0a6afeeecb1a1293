package doctor

import (
	"strings"

	"ringflow/internal/call"
	"ringflow/numbers"
)

// checkChoice says which trunk of an account takes a call to d.For, and why; those that follow
// it, and those that do not take it.
func (d *doctor) checkChoice(a *call.Account) {
	subject := "choice of trunk"
	if len(d.cfg.Accounts) > 1 {
		subject += " of " + a.Name
	}
	from := d.From
	if from == "" && len(a.Numbers) > 0 {
		from = string(a.Numbers[0])
	}
	choices, err := a.Choices(from, d.For)
	if err != nil {
		d.add(Fault, subject, "a call from %s to %s cannot be placed: %v", from, d.For, err)
		return
	}
	var takes, not []string
	for _, c := range choices {
		if c.May {
			takes = append(takes, c.Trunk+" ("+c.Reason+")")
		} else {
			not = append(not, c.Trunk+" ("+c.Reason+")")
		}
	}
	text := ""
	if len(not) > 0 {
		text = "; not over " + strings.Join(not, ", ")
	}
	if len(takes) == 0 {
		d.add(Fault, subject, "no trunk takes a call from %s to %s%s: see destinations and callers of the trunks", from, d.For, text)
		return
	}
	if len(takes) > 1 {
		text = "; if it cannot, over " + strings.Join(takes[1:], ", ") + text
	}
	d.add(OK, subject, "a call from %s to %s goes over trunk %s%s", from, d.For, takes[0], text)
}

// serviceNumber is d.Call where it is no telephone number of the account's country but a short
// number of the carrier's own, such as its echo test; empty: it is none.
func (d *doctor) serviceNumber(a *call.Account) string {
	if _, err := numbers.Parse(d.Call, a.Country); err == nil {
		return ""
	}
	n, err := numbers.ServiceNumber(d.Call, a.Country)
	if err != nil {
		return ""
	}
	return n
}
