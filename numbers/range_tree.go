package numbers

import (
	"strings"
	"sync"
)

// tree is the table of ranges by prefix. A lookup is one step a digit, however long the
// table.
type tree struct {
	root      node
	nodes     map[string]*node  // below the root
	countries map[string]string // country code by country that has numbers of its own
}

// node stands for a prefix of numbers, without the plus sign.
type node struct {
	below, above uint8 // of the kind, see Range
	isCode       bool  // the prefix is a country code
	minDigits    uint8 // of numbers of the code
	hasKind      bool  // a range begins here, of kind
	kind         Kind
	longerKind   Kind // of a range that a longer prefix leads to, Ordinary if none
	country      string
	next         [10]*node // by digit
}

// rangeTree is the tree of the table, built at its first use.
var rangeTree = sync.OnceValue(func() *tree {
	t := &tree{nodes: map[string]*node{}, countries: map[string]string{}}
	ranges := Ranges()
	for _, r := range ranges {
		t.insert(r)
	}
	for _, r := range ranges {
		t.markLonger(r)
	}
	return t
})

// insert puts a range into the tree. A country code comes with the trunk prefix 0,
// which its numbers do not have; a range of the table may say otherwise.
func (t *tree) insert(r Range) {
	if code := t.node(r.Code); !code.isCode {
		code.isCode = true
		if zero := t.node(r.Code + "0"); !zero.hasKind {
			zero.hasKind, zero.kind = true, Zero
		}
	}
	n := t.node(r.Code + r.Prefix)
	switch {
	case r.Country != "":
		n.country = r.Country
		t.countries[r.Country] = r.Code
	case r.MinDigits > 0:
		n.minDigits = uint8(r.MinDigits)
	default:
		n.hasKind, n.kind, n.below, n.above = true, r.Kind, uint8(r.Below), uint8(r.Above)
	}
}

// node returns the node of the digits, and adds it and those that lead to it if it is
// missing.
func (t *tree) node(digits string) *node {
	if digits == "" {
		return &t.root
	}
	n, last := t.nodes[digits], len(digits)-1
	if n == nil {
		n = new(node)
		t.nodes[digits], t.node(digits[:last]).next[digits[last]-'0'] = n, n
	}
	return n
}

// markLonger sets longerKind on the prefixes of a range, for numbers that end there: a
// carrier may wait for more digits, and take the DTMF digits of the contact for them.
func (t *tree) markLonger(r Range) {
	if r.Country != "" || r.MinDigits > 0 || r.Above > 0 || r.Kind <= Freephone {
		return
	}
	for i := range r.Prefix {
		n := t.node(r.Code + r.Prefix[:i])
		n.longerKind = max(n.longerKind, r.Kind)
	}
}

// match is the result of a lookup.
type match struct {
	codeLen    int    // digits of the country code; 0: no country has it
	country    string // empty: none, or none alone
	countryLen int    // length of the country's prefix, with its plus sign
	kind       Kind
	kindLen    int  // length of the kind's prefix, with its plus sign; 0: none
	longerKind Kind // of a range that the number is the beginning of; Ordinary if of none
	minDigits  int  // digits that a subscriber's number has behind the country code
}

// lookup finds a number, or a prefix of numbers, in international form.
func (t *tree) lookup(n string) (p match) {
	var below, above int
	at := &t.root
	for i := 1; i < len(n); i++ {
		at = at.next[n[i]-'0']
		if p.longerKind = Ordinary; at == nil {
			break
		}
		p.longerKind = at.longerKind
		if at.isCode {
			p.codeLen, p.minDigits = i, int(at.minDigits)
		}
		if at.country != "" {
			p.country, p.countryLen = at.country, i+1
		}
		if at.hasKind {
			p.kind, p.kindLen, below, above = at.kind, i+1, int(at.below), int(at.above)
		}
	}
	national := len(n) - 1 - p.codeLen
	if below > 0 && national >= below || above > 0 && national <= above {
		p.kind = Ordinary
	}
	if p.kind == Freephone {
		p.countryLen = p.kindLen
	}
	return p
}

// countriesUnder collects the countries that numbers with the prefix may belong to.
func (t *tree) countriesUnder(prefix string) map[string]bool {
	found := map[string]bool{}
	if p := t.lookup(prefix); p.country != "" {
		found[p.country] = true
	}
	for digits, n := range t.nodes {
		if n.country != "" && strings.HasPrefix(digits, prefix[1:]) {
			found[n.country] = true
		}
	}
	return found
}
