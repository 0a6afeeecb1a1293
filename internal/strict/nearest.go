package strict

import (
	"fmt"
	"strings"
)

// Nearest returns the known word that word is most likely a misspelling of, "" if none
// is near.
func Nearest(word string, known []string) string {
	if len(word) > longestNear || len(known) > mostNear {
		return ""
	}
	best, least := "", 1+max(1, len(word)/3)
	word = normalise(word)
	for _, k := range known {
		if len(k) > 2*longestNear {
			continue
		}
		normalised := normalise(k)
		if max(len(normalised)-len(word), len(word)-len(normalised)) >= least {
			continue // so many insertions or deletions at least
		}
		if d := distance(word, normalised); d < least {
			best, least = k, d
		}
	}
	return best
}

// What is compared at most: no name is longer, and files come from strangers.
const (
	longestNear = 64   // bytes of a word
	mostNear    = 1000 // known words
	mostListed  = 30   // known words that a message lists
)

var separators = strings.NewReplacer("-", "", "_", "", " ", "")

// normalise makes spellings alike that differ in case and separators only.
func normalise(s string) string {
	return separators.Replace(strings.ToLower(s))
}

// Alike reports whether two spellings differ in case and separators only.
func Alike(a, b string) bool { return normalise(a) == normalise(b) }

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that lead from a to b.
func distance(a, b string) int {
	before, last, next := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(last[j]+cost, last[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, last, next = last, next, make([]int, len(b)+1)
	}
	return last[len(b)]
}

// DidYouMean suggests the known word nearest to word, or lists what is known.
func DidYouMean(word string, known []string) string {
	if n := Nearest(word, known); n != "" {
		return "did you mean " + n + "?"
	}
	if len(known) == 0 {
		return ""
	}
	if more := len(known) - mostListed; more > 0 {
		return fmt.Sprintf("known are %s and %d more", strings.Join(known[:mostListed], ", "), more)
	}
	return "known are " + strings.Join(known, ", ")
}
