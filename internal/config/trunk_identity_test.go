package config

import (
	"reflect"
	"strings"
	"testing"

	"ringflow/internal/call"
	"ringflow/sip"
)

func TestIdentityKeys(t *testing.T) {
	c, err := Parse("x.yaml", []byte(goodConfig+`        username: '1234567t0'
        from: username
        display_name: 'Müller "&" Söhne'
        p_asserted_identity: none
        p_preferred_identity: shown
        remote_party_id: network
        diversion: +4930901820
        history_info: account
        privacy: user;id
        called_number: national
        calling_number: digits
        diverting_number: 00
        country: DE
        tech_prefix: 12345678*
        user_phone: true
        identity_uri: sip
        headers: {X-B: '{called}', P-Charge-Info: '<sip:{account}@{domain}>'}
`))
	if err != nil {
		t.Fatal(err)
	}
	got := c.Accounts[0].Trunks[0].identity(c.Accounts[0])
	headers := got.Headers
	got.Headers = nil
	want := call.Identity{
		From: call.SourceUsername, DisplayName: `Müller "&" Söhne`, Asserted: call.SourceNone, Preferred: call.SourceShown, RemoteParty: call.SourceNetwork,
		Diversion: "+4930901820", History: call.SourceAccount, Privacy: "user;id", Called: "national", Calling: "digits", Diverting: "00", Country: "DE",
		TechPrefix: "12345678*", UserPhone: true, AssertedAsSIP: true,
	}
	if len(headers) != 2 || headers[0] != (sip.Header{Name: "P-Charge-Info", Value: "<sip:{account}@{domain}>"}) {
		t.Errorf("the header fields are %v", headers)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestMistakesInIdentities(t *testing.T) {
	for line, want := range map[string]string{
		"from: contact":            `from: "contact" is neither a number in E.164, such as +12025550100, nor one of shown, network, username, anonymous`,
		"from: '+49 30 901820'":    `from: "+49 30 901820" is not a number in E.164: write +4930901820`,
		"from: '+12'":              "from: not a valid telephone number",
		"from: username":           "from: username is the trunk's user name, and it has none: write username: beside it",
		"diversion: contact":       `diversion: "contact" is neither a number in E.164, such as +12025550100, nor one of none, account, username`,
		"history_info: username":   "history_info: username is the trunk's user name",
		"remote_party_id: Shown":   `one of account, contact, shown, network, username, none: write shown`,
		"called_number: e164":      `called_number: "e164" is not one of plus, digits, 00, national`,
		"calling_number: national": "calling_number: national is how a number is dialled in a country: write country: DE beside it",
		"privacy: hidden":          `privacy: "hidden" is not one of id, user, header, session, history, critical, none; semicolons join several, as in user;id`,
		"privacy: id;id":           "has id twice",
		"privacy: none;id":         "has none, which stands alone",
		"tech_prefix: 12-34":       `tech_prefix: "12-34" is not a prefix: digits, * and #`,
		"identity_uri: sips":       `identity_uri: "sips" is not one of tel, sip`,
		"calling_number: digits\n        identity_uri: tel": "identity_uri: a tel URI has a number with a plus (RFC 3966 §5.1.4), and calling_number is digits",
		`display_name: "a\r\nb"`:                            "display_name: \"a\\r\\nb\" has a line break",
		"country: de":                                       `country: "de" is not a country`,
		"headers: {X A: b}":                                 `headers: header field "X A": a name has only letters`,
		"headers: {Via: b}":                                 "headers: header field Via: it is written by the user agent itself",
		"headers: {p-asserted-identity: b}":                 "headers: p-asserted-identity has a key of its own: write p_asserted_identity",
		`headers: {X-A: "a\r\nVia: b"}`:                     "headers: header field X-A: its value has a line break",
		`headers: {X-A: "a\0"}`:                             "headers: header field X-A: its value has a line break or another control character",
		"headers: {X-A: '{number}'}":                        "headers: X-A: {number} stands for nothing: there are {shown}, {account}, {called}, {username}, {domain}",
		"headers: {X-A: ' '}":                               "headers: X-A has no value",
		"headers: [X-A]":                                    "headers: a list stands where keys are needed: write {Name: value}",
	} {
		if _, err := Parse("x.yaml", []byte(goodConfig+"        "+line+"\n")); err == nil || !strings.Contains(err.Error(), "accounts[0].trunks[0].") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got  %v\nwant %s", line, err, want)
		}
	}
}
