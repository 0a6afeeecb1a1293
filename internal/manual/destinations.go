package manual

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"ringflow/numbers"
)

// destinationsPage prints the policy of destinations beside the table that it goes by.
func destinationsPage() []byte {
	var b bytes.Buffer
	b.WriteString(generated + destinationsText)
	codes, by := rangesByCode()
	b.WriteString("\n## North America\n\n" + northAmericaText + "\n| country | area codes |\n|---|---|\n")
	for _, country := range by["1"].countries {
		fmt.Fprintf(&b, "| %s | %s |\n", country, strings.Join(by["1"].of[country], " "))
	}
	for _, k := range []numbers.Kind{numbers.Freephone, numbers.Premium, numbers.Special, numbers.Personal, numbers.Pager} {
		fmt.Fprintf(&b, "| %s | %s |\n", k, strings.Join(by["1"].kinds[k], " "))
	}
	b.WriteString("\n## Every country code\n\n" + tableText +
		"\n| code | countries | digits | premium | named | emergency | service, abroad | but not |\n|---|---|---|---|---|---|---|---|\n")
	for _, code := range codes[1:] {
		p := by[code]
		least := ""
		if p.least > 0 {
			least = fmt.Sprint(p.least)
		}
		fmt.Fprintf(&b, "| +%s | %s | %s | %s | %s | %s | %s | %s |\n", code, p.shares(), least,
			p.list(numbers.Premium), p.named(), p.list(numbers.Emergency), p.list(numbers.Service, numbers.Abroad), p.list(numbers.Ordinary))
	}
	return b.Bytes()
}

// plan is what the table says of one country code.
type plan struct {
	countries []string // the main one first
	of        map[string][]string
	kinds     map[numbers.Kind][]string
	least     int
}

// rangesByCode gathers the table, the codes in its order.
func rangesByCode() (codes []string, by map[string]*plan) {
	by = map[string]*plan{}
	for r := range numbers.Ranges() {
		p := by[r.Code]
		if p == nil {
			p = &plan{of: map[string][]string{}, kinds: map[numbers.Kind][]string{}}
			by[r.Code], codes = p, append(codes, r.Code)
		}
		prefix := strings.TrimPrefix(r.String(), "+"+r.Code)
		switch {
		case r.Country != "":
			if !slices.Contains(p.countries, r.Country) {
				p.countries = append(p.countries, r.Country)
			}
			if prefix != "" {
				p.of[r.Country] = append(p.of[r.Country], prefix)
			}
		case r.MinDigits > 0:
			p.least = r.MinDigits
		default:
			if prefix == "" {
				prefix = "all"
			}
			p.kinds[r.Kind] = append(p.kinds[r.Kind], prefix)
		}
	}
	return codes, by
}

// shares are the countries of a code, each with its prefixes if it shares the code.
func (p *plan) shares() string {
	var all []string
	for _, c := range p.countries {
		all = append(all, strings.TrimSpace(c+" "+strings.Join(p.of[c], " ")))
	}
	return strings.Join(all, ", ")
}

func (p *plan) list(kinds ...numbers.Kind) string {
	var all []string
	for _, k := range kinds {
		all = append(all, p.kinds[k]...)
	}
	if len(all) == 0 {
		return ""
	}
	return "`" + strings.Join(all, " ") + "`"
}

// named are the ranges that only a prefix of their own opens, by kind.
func (p *plan) named() string {
	var all []string
	for _, k := range []numbers.Kind{numbers.Shared, numbers.Personal, numbers.Pager, numbers.Satellite} {
		if ranges := p.list(k); ranges != "" {
			all = append(all, k.String()+" "+ranges)
		}
	}
	return strings.Join(all, ", ")
}

const destinationsText = `# Destinations

Where an account's calls may go. The configuration says it, nothing is allowed by default, and it holds for every INVITE, of whichever step, when it
would leave; a number that may not be called leaves by ` + "`invalid_number`" + `, no INVITE leaves, and the step's ` + "`detail`" + ` says why.

` + "```yaml" + `
destinations:
  allow: [US, CA, "+442079"]
  deny: ["+1907"]
` + "```" + `

A value is a country, by two capital letters (ISO 3166-1 alpha-2), or a prefix in international form. The longest prefix that a number begins with
decides, a country's being the digits that say which country a number is of: the country code, and the area code where countries share one. Where the
same prefix is allowed and denied, it is denied. What nothing matches is not called.

Write countries. ` + "`+1`" + ` is 25 of them, most of them dear islands; ` + "`ringflow config check`" + `, and the log of
the start and of a reload, warn of a prefix that several countries share, and of one that opens nothing. ` + "`US`" + ` is the states alone: Puerto Rico (` + "`PR`" + `), the Virgin
Islands (` + "`VI`" + `), Guam (` + "`GU`" + `) and others have codes of their own.

## What is refused, and what opens it

Numbers are judged by how they begin, however long they are: a carrier may drop the digits that it does not need, or wait for more. A number that is too
long is judged as the one that it begins with, and one that is too short as all that it may become.

| begins as | is called |
|---|---|
| premium-rate numbers | never |
| emergency numbers, in national or international form: 911, +49110…, +44999… | never |
| short codes, such as 118 or 116, where no subscriber's number begins so | never |
| what dials abroad within a country, or by another carrier, once a gateway has taken the country code away: +1011…, +7810…, +8110…, +3900… | never |
| a trunk prefix other than 0, or the digit that marks mobile numbers, with a premium-rate number behind it: +52 1 900…, +54 9 600…, +7 8 809… | never |
| numbers with a 0 behind the country code, where no subscriber has one. One 0 that is the trunk prefix, as in +44 (0)20…, is left out | never |
| a country code that no country has | never |
| numbers shorter than any subscriber's of the country, which may be short codes | never |
| shared-cost numbers; personal numbers, which follow their holder; pagers; services of carriers and governments; satellite and global networks | where an allowed prefix is as long as the range, or longer: ` + "`+44844`, `+881`" + `; not by the country, and not by ` + "`+44`" + ` |
| all else | where its country, or a prefix, is allowed |
`

const northAmericaText = `Behind +1 stand ten digits: an area code and an exchange, each of which begins with 2 to 9, and four more. Whatever is longer, shorter or of another form is
refused. So are, in every area but those of freephone numbers, area codes and exchanges that end with 11, such as 911, which a switch may take for an
emergency call (among freephone numbers the exchange 911 alone); the exchange 976, which is premium rate; 950, which reaches another carrier; and 555 1212, directory
assistance. An area code that stands in no line below is no country's: a prefix such as ` + "`+1555`" + ` opens it. Freephone numbers are of US and of CA.
`

const tableText = `Prefixes are those of national numbers, which follow the country code. ` + "`118<10`" + ` stands for the numbers that begin with 118 and have fewer than 10 digits behind the
country code, ` + "`90>7`" + ` for those with more than 7, ` + "`all`" + ` for every number of the code. The longest prefix that a number begins with decides; *but not* are exceptions to
shorter ones. *Digits* is how many a subscriber's number has at least. The first country of a code has what no other one has; some share all their prefixes with it
(GP, BL and MF; MA and EH) and cannot be told apart.
`
