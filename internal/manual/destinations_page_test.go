package manual

import (
	"fmt"
	"slices"
	"strings"

	"ringflow/numbers"
)

// area is a row of the table of North America: a country or a kind of numbers.
type area struct{ Name, Prefixes string }

// countryCode is a row of the table of country codes.
type countryCode struct{ Code, Countries, Digits, Premium, Named, Emergency, Services, Ordinary string }

// destinations are the rows of the page of destinations.
func destinations() (page struct {
	NorthAmerica []area
	Codes        []countryCode
}) {
	codes, by := rangesByCode()
	america := by["1"]
	for _, country := range america.countries {
		page.NorthAmerica = append(page.NorthAmerica, area{country, strings.Join(america.of[country], " ")})
	}
	for _, k := range []numbers.Kind{numbers.Freephone, numbers.Premium, numbers.Special, numbers.Personal, numbers.Pager} {
		page.NorthAmerica = append(page.NorthAmerica, area{k.String(), strings.Join(america.kinds[k], " ")})
	}
	for _, code := range codes[1:] {
		p := by[code]
		digits := ""
		if p.digits > 0 {
			digits = fmt.Sprint(p.digits)
		}
		var countries, named []string
		for _, c := range p.countries {
			countries = append(countries, strings.TrimSpace(c+" "+strings.Join(p.of[c], " ")))
		}
		for _, k := range []numbers.Kind{numbers.Shared, numbers.Personal, numbers.Pager, numbers.Satellite} {
			if ranges := p.ranges(k); ranges != "" {
				named = append(named, k.String()+" "+ranges)
			}
		}
		page.Codes = append(page.Codes, countryCode{code, strings.Join(countries, ", "), digits, p.ranges(numbers.Premium), strings.Join(named, ", "),
			p.ranges(numbers.Emergency), p.ranges(numbers.Service, numbers.Abroad), p.ranges(numbers.Ordinary)})
	}
	return page
}

// plan has the ranges of one country code.
type plan struct {
	countries []string // the main one first
	of        map[string][]string
	kinds     map[numbers.Kind][]string
	digits    int // of a subscriber's number, at least
}

func (p *plan) ranges(kinds ...numbers.Kind) string {
	var all []string
	for _, k := range kinds {
		all = append(all, p.kinds[k]...)
	}
	if len(all) == 0 {
		return ""
	}
	return "`" + strings.Join(all, " ") + "`"
}

// rangesByCode gathers the table of ranges, the codes in its order.
func rangesByCode() (codes []string, by map[string]*plan) {
	by = map[string]*plan{}
	for _, r := range numbers.Ranges() {
		p := by[r.Code]
		if p == nil {
			p = &plan{of: map[string][]string{}, kinds: map[numbers.Kind][]string{}}
			by[r.Code], codes = p, append(codes, r.Code)
		}
		prefix := notation(r)
		switch {
		case r.Country != "":
			if !slices.Contains(p.countries, r.Country) {
				p.countries = append(p.countries, r.Country)
			}
			if prefix != "" {
				p.of[r.Country] = append(p.of[r.Country], prefix)
			}
		case r.MinDigits > 0:
			p.digits = r.MinDigits
		default:
			if prefix == "" {
				prefix = "all"
			}
			p.kinds[r.Kind] = append(p.kinds[r.Kind], prefix)
		}
	}
	return codes, by
}

// notation is the range behind its country code, as the table has it: 900, 118<10.
func notation(r numbers.Range) string {
	s := r.Prefix
	if r.Below > 0 {
		s += fmt.Sprintf("<%d", r.Below)
	}
	if r.Above > 0 {
		s += fmt.Sprintf(">%d", r.Above)
	}
	return s
}
