package numbers

import "sync"

// tree is the table of ranges by digits, to be walked along a number: a judgement
// costs a step a digit, whatever the number and however long the table.
type tree struct {
	nodes     []node
	countries map[string]string // country code by country that has numbers of its own
}

// node is where a prefix of numbers leads. The first stands for the plus sign.
type node struct {
	next         [10]uint16 // by digit; 0: the table has nothing longer
	below, above uint8      // of the kind, see Range
	code         bool       // the prefix is a country code
	least        uint8      // of numbers of the code
	ranged       bool       // a range begins here, of kind
	kind         Kind
	ahead        Kind // of a range that a longer prefix leads to, Ordinary if none
	country      string
}

// grown is the tree of the table. It is grown once, when a number is judged first.
var grown = sync.OnceValue(func() *tree {
	t := &tree{nodes: make([]node, 1, 8192), countries: map[string]string{}}
	for r := range Ranges() {
		t.plant(r)
	}
	for r := range Ranges() {
		t.shadow(r)
	}
	return t
})

// plant puts a range into the tree. A country code comes with the trunk prefix 0,
// which its numbers do not have; a range of the table may say otherwise.
func (t *tree) plant(r Range) {
	code := t.path(r.Code)
	if !t.nodes[code].code {
		t.nodes[code].code = true
		if zero := &t.nodes[t.path(r.Code+"0")]; !zero.ranged {
			zero.ranged, zero.kind = true, Zero
		}
	}
	n := &t.nodes[t.path(r.Code+r.Prefix)]
	switch {
	case r.Country != "":
		n.country = r.Country
		t.countries[r.Country] = r.Code
	case r.Least > 0:
		n.least = uint8(r.Least)
	default:
		n.ranged, n.kind, n.below, n.above = true, r.Kind, uint8(r.Below), uint8(r.Above)
	}
}

// path returns the node that the digits lead to, and makes what is missing.
func (t *tree) path(digits string) uint16 {
	at := uint16(0)
	for _, d := range []byte(digits) {
		next := t.nodes[at].next[d-'0']
		if next == 0 {
			next = uint16(len(t.nodes))
			t.nodes = append(t.nodes, node{})
			t.nodes[at].next[d-'0'] = next
		}
		at = next
	}
	return at
}

// shadow notes on the way to a range that it is ahead, for numbers that end there: a
// carrier may wait for more digits, and take them from what the contact presses.
func (t *tree) shadow(r Range) {
	if r.Country != "" || r.Least > 0 || r.Above > 0 || r.Kind <= Freephone {
		return
	}
	at := t.path(r.Code)
	for _, d := range []byte(r.Prefix) {
		t.nodes[at].ahead = max(t.nodes[at].ahead, r.Kind)
		at = t.nodes[at].next[d-'0']
	}
}

// place is what the table says of a number.
type place struct {
	code    int    // digits of the country code; 0: no country has it
	country string // empty: none, or none alone
	owned   int    // length of the prefix, with its plus sign, that says which country
	kind    Kind
	ranged  int  // length of the prefix, with its plus sign, that says which kind; 0: none
	ahead   Kind // of a range that the number is the beginning of; Ordinary if of none
	least   int  // digits that a subscriber's number has behind the country code
}

// look walks along a number, or a prefix of numbers, in international form.
func (t *tree) look(n string) (p place) {
	at := &t.nodes[0]
	var below, above int
	ended := true
	for i := 1; i < len(n); i++ {
		next := at.next[n[i]-'0']
		if next == 0 {
			ended = false
			break
		}
		at = &t.nodes[next]
		if at.code {
			p.code, p.least = i, int(at.least)
		}
		if at.country != "" {
			p.country, p.owned = at.country, i+1
		}
		if at.ranged {
			p.kind, p.ranged, below, above = at.kind, i+1, int(at.below), int(at.above)
		}
	}
	national := len(n) - 1 - p.code
	if below > 0 && national >= below || above > 0 && national <= above {
		p.kind = Ordinary
	}
	if ended && p.code > 0 {
		p.ahead = at.ahead
	}
	if p.kind == Freephone {
		p.owned = p.ranged
	}
	return p
}

// code is how many digits of a number in international form are its country code, 0 if
// no country has it.
func (t *tree) code(n string) int {
	at := &t.nodes[0]
	for i := 1; i < len(n); i++ {
		next := at.next[n[i]-'0']
		if next == 0 {
			return 0
		}
		if at = &t.nodes[next]; at.code {
			return i
		}
	}
	return 0
}

// under collects the countries that numbers with the prefix may belong to.
func (t *tree) under(prefix string) map[string]bool {
	found := map[string]bool{}
	if p := t.look(prefix); p.country != "" {
		found[p.country] = true
	}
	at := uint16(0)
	for _, d := range []byte(prefix[1:]) {
		if at = t.nodes[at].next[d-'0']; at == 0 {
			return found
		}
	}
	t.collect(at, found)
	return found
}

func (t *tree) collect(at uint16, found map[string]bool) {
	if c := t.nodes[at].country; c != "" {
		found[c] = true
	}
	for _, next := range t.nodes[at].next {
		if next != 0 {
			t.collect(next, found)
		}
	}
}
