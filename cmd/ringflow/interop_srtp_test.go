//go:build interop

package main_test

import "testing"

// TestInteropPhonesSRTP joins phones of which one or both take SRTP alone, behind a
// translator.
func TestInteropPhonesSRTP(t *testing.T) {
	for _, x := range []struct {
		name                         string
		contact, outside             maker
		contactPolicy, outsidePolicy string
	}{
		{name: "baresip-encrypted-and-linphone-plain", contact: startBaresip, outside: startLinphone, contactPolicy: "required"},
		{name: "linphone-encrypted-and-baresip-encrypted", contact: startLinphone, outside: startBaresip, contactPolicy: "required", outsidePolicy: "required"},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := newSite(t, translated)
			survey(s, party{at: s.phone(), start: x.contact, srtp: x.contactPolicy}, party{at: s.phone(), start: x.outside, srtp: x.outsidePolicy}, true)
			s.checkSources(false, true)
		})
	}
}
