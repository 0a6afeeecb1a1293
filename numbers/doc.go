// Package numbers knows telephone numbers: how a raw text becomes an E.164
// number, and which numbers may be called: whose a number is, and what it costs,
// by its first digits.
//
// It deliberately knows neither SIP nor flows, and never asks whether a number
// is in service: only the network can say that.
//
// e164.go reads numbers, plan.go decides which may be called, ranges.txt and range_ have
// the table of ranges, north_america.go the closed plan of +1.
package numbers
