// Package numbers knows telephone numbers: how a raw text becomes an E.164
// number, which numbers may be called, and which account owns one.
//
// It deliberately knows neither SIP nor flows, and never asks whether a number
// is in service: only the network can say that.
//
// Read in this order: e164.go, plan.go, ownership.go.
package numbers
