package numbers

// Kind is the kind of service of the numbers of a range.
type Kind uint8

// The kinds of ranges. Numbers of the first three may be called where a Plan allows
// their country; those up to Satellite only where it allows their very range; those
// behind it never.
const (
	// Ordinary numbers are those of subscribers.
	Ordinary Kind = iota
	// Freephone numbers cost their caller nothing. They have a kind of their own only
	// where they belong to no single country, as in North America.
	Freephone
	// Shared numbers cost their caller a part of the price, or a surcharge that is
	// bounded: 0180 in Germany, 084 in the United Kingdom.
	Shared
	// Personal numbers follow their holder, at the caller's cost: 070 in the United
	// Kingdom, 0700 in Germany, 500 in North America.
	Personal
	// Pager numbers have no telephone, and a tariff of their own.
	Pager
	// Special numbers belong to no place: services of carriers and governments, such
	// as 700 and 710 in North America.
	Special
	// Satellite numbers are those of satellite and other networks with a country code
	// of their own, the dearest there are: +870, +881, +882, +883.
	Satellite
	// Premium numbers pay their holder for each minute.
	Premium
	// Emergency numbers begin as an emergency number does. A gateway that takes the
	// country code away and dials digit by digit connects at the first match.
	Emergency
	// Service numbers begin as a short code does, such as 118 or 116, and as no
	// subscriber's number.
	Service
	// Abroad numbers begin with what a gateway that takes the country code away, and
	// may put the trunk prefix in its place, dials abroad with, or another carrier: the
	// international prefix, or a carrier's code.
	Abroad
	// Zero numbers begin with a 0, the trunk prefix, which no number has behind the
	// country code.
	Zero
)

var kinds = [...]struct{ name, phrase string }{
	Ordinary:  {"ordinary", "ordinary numbers"},
	Freephone: {"freephone", "freephone numbers"},
	Shared:    {"shared", "shared-cost numbers"},
	Personal:  {"personal", "personal numbers, which follow their holder"},
	Pager:     {"pager", "pager numbers"},
	Special:   {"special", "numbers of carriers' and governments' own services"},
	Satellite: {"satellite", "numbers of satellite and global networks"},
	Premium:   {"premium", "premium-rate numbers"},
	Emergency: {"emergency", "an emergency number"},
	Service:   {"service", "short codes"},
	Abroad:    {"abroad", "what dials abroad, or another carrier, within the country"},
	Zero:      {"zero", "a 0 behind the country code, where no number has one"},
}

// String is the name of the kind in the table of ranges.
func (k Kind) String() string { return kinds[k].name }

// Forbidden reports whether numbers of the kind are refused by every Plan.
func (k Kind) Forbidden() bool { return k >= Premium }

// NeedsPrefix reports whether numbers of the kind are called only where a Plan allows their
// range by a prefix that is at least as long as the range's.
func (k Kind) NeedsPrefix() bool { return k >= Shared && k < Premium }
