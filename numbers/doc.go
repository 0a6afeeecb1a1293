// Package numbers knows telephone numbers: how a raw text becomes an E.164
// number, and which numbers may be called: whose a number is, and what it costs,
// by its first digits.
//
// It deliberately knows neither SIP nor flows, and never asks whether a number
// is in service: only the network can say that.
//
// Read in this order: e164.go, plan.go, kind.go, ranges.txt, range.go, tree.go,
// northamerica.go, country.go, beside.go.
package numbers
