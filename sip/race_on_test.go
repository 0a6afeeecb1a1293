//go:build race

package sip_test

// underRace says that the race detector is on: it costs tenfold, and memory
// measured with it says nothing.
const underRace = true
