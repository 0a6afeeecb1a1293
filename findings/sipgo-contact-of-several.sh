#!/usr/bin/env bash
# sipgo's Contact() of a redirection is the address that is wanted least.
#
# emiago/sipgo v1.7.2: a 302 with three addresses in one Contact header field, in
# the order of their q, as redirect servers send them (RFC 3261 §8.3, §20.10).
# Response.Contact() is the third. GetHeader("Contact") is the first, since each
# address becomes a field of its own.
#
# Output seen: "Contact() third, GetHeader first, of 3"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > main.go <<'GO'
package main

import (
	"fmt"
	"strings"

	"github.com/emiago/sipgo/sip"
)

func main() {
	message, err := sip.ParseMessage([]byte(strings.Join([]string{
		"SIP/2.0 302 Moved Temporarily",
		"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1",
		"From: <sip:a@example.com>;tag=1",
		"To: <sip:b@example.com>;tag=2",
		"Call-ID: 1",
		"CSeq: 1 INVITE",
		"Contact: <sip:first@example.com>;q=0.9, <sip:second@example.com>;q=0.5, <sip:third@example.com>;q=0.1",
		"Content-Length: 0", "", "",
	}, "\r\n")))
	if err != nil {
		panic(err)
	}
	response := message.(*sip.Response)
	name := func(value string) string {
		value = strings.TrimPrefix(strings.TrimPrefix(value, "<"), "sip:")
		user, _, _ := strings.Cut(value, "@")
		return user
	}
	fmt.Printf("Contact() %s, GetHeader %s, of %d\n",
		name(response.Contact().Address.String()), name(response.GetHeader("Contact").Value()), len(response.GetHeaders("Contact")))
}
GO
cat > go.mod <<'GO'
module finding

go 1.24

require github.com/emiago/sipgo v1.7.2
GO
go mod tidy >/dev/null 2>&1
seen=$(go run .)
echo "sipgo v1.7.2: $seen"
[ "$seen" = "Contact() third, GetHeader first, of 3" ]
