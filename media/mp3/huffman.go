package mp3

import (
	"math"
	"strconv"
	"sync"
)

// maxQuantized is the largest value of a line: 15 and thirteen bits more.
const maxQuantized = 15 + 1<<13 - 1

// node is a point of a tree of codes: where each bit leads, and at the end of a
// code its values, x<<4 | y, as a number below 0 (its complement).
type node [2]int16

// tables are what is computed once from the tables of the standard.
type tables struct {
	codes  [32][]node // by number; nil for none
	count1 []node
	power  [maxQuantized + 1]float32 // to 4/3
}

var tablesOnce = sync.OnceValue(func() *tables {
	t := &tables{count1: tree(count1Codes)}
	for number, codes := range huffmanCodes {
		t.codes[number] = tree(codes)
	}
	for i := 1; i < 8; i++ {
		t.codes[16+i], t.codes[24+i] = t.codes[16], t.codes[24]
	}
	for i := range t.power {
		t.power[i] = float32(math.Pow(float64(i), 4.0/3))
	}
	return t
})

// tree reads the codes of a table.
func tree(preorder string) []node {
	var nodes []node
	var grow func() int16
	grow = func() int16 {
		if preorder[0] != '.' {
			values, err := strconv.ParseUint(preorder[:2], 16, 8)
			if err != nil {
				panic(err) // a table of this package is misspelt
			}
			preorder = preorder[2:]
			return ^int16(values)
		}
		preorder = preorder[1:]
		at := len(nodes)
		nodes = append(nodes, node{})
		zero := grow()
		one := grow()
		nodes[at] = node{zero, one}
		return int16(at)
	}
	grow()
	return nodes
}

// decodeSymbol reads a code.
func decodeSymbol(r *bitReader, nodes []node) int {
	at := int16(0)
	for {
		if at = nodes[at][r.bit()]; at < 0 {
			return int(^at)
		}
	}
}

// linbits is how many bits a value of 15 brings along, by table.
var linbits = [32]int{17: 2, 16: 1, 18: 3, 19: 4, 20: 6, 21: 8, 22: 10, 23: 13, 24: 4, 25: 5, 26: 6, 27: 7, 28: 8, 29: 9, 30: 11, 31: 13}

// readSpectrum reads the spectrum of a granule, not scaled yet, into lines that are zero,
// and returns where its zeros begin; false if it is damaged.
func readSpectrum(r *bitReader, g *granule, end int, into *[granuleSamples]float32) (used int, ok bool) {
	t := tablesOnce()
	i := 0
	for region, bound := range g.regions {
		table := g.tables[region]
		bound = min(bound, g.bigValues)
		if table == 0 { // zeros
			i = max(i, bound)
		}
		nodes, more := t.codes[table], linbits[table]
		if table != 0 && nodes == nil {
			return 0, false
		}
		for ; i < bound; i += 2 {
			v := decodeSymbol(r, nodes)
			into[i] = t.line(r, v>>4, more)
			into[i+1] = t.line(r, v&15, more)
			if r.at > end {
				return 0, false
			}
		}
	}
	for i+4 <= granuleSamples && r.at < end {
		v := 0
		if g.count1TableB {
			v = 15 - r.read(4)
		} else {
			v = decodeSymbol(r, t.count1)
		}
		var four [4]float32
		for n := range four {
			if v>>(3-n)&1 == 1 {
				four[n] = 1 - 2*float32(r.bit())
			}
		}
		if r.at > end {
			break // bits of stuffing
		}
		i += copy(into[i:], four[:])
	}
	used = i
	for used > 0 && into[used-1] == 0 {
		used--
	}
	return used, true
}

// line reads the rest of a value, and its sign.
func (t *tables) line(r *bitReader, v, more int) float32 {
	if v == 15 {
		v += r.read(more)
	}
	if v == 0 {
		return 0
	}
	if r.bit() == 1 {
		return -t.power[v]
	}
	return t.power[v]
}
