// Package flowtest runs flows without a telephone: over scripted phones, in
// synthetic time, thousands a second. Flow authors use it through
// `ringflow flow test`, component authors through Go tests; both write the same
// files, described at ParseCase.
//
// It deliberately does not know SIP, RTP, HTTP servers or SQL.
//
// Read it in this order: line.go (the scripted phones), journal.go
// (the record in memory), case.go (the files), run.go (running them).
package flowtest
