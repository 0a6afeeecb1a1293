// Package numbers knows telephone numbers: how a raw text becomes an E.164
// number, and which numbers may be called.
//
// It deliberately knows neither SIP nor flows, and never asks whether a number
// is in service: only the network can say that.
//
// Read in this order: e164.go, plan.go, region.go.
package numbers
