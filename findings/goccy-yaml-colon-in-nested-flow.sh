#!/usr/bin/env bash
# goccy/go-yaml reads a text with a colon as a mapping where brackets nest.
#
# github.com/goccy/go-yaml v1.19.2: {scopes: [flows:read]} gives a list of one mapping,
# {flows: read}, without an error. YAML 1.2.2 §7.3.3 ends a plain scalar at a colon only
# before a blank or an indicator: the item is the text flows:read, and go.yaml.in/yaml/v3
# v3.0.4 reads it so, as goccy does itself without the outer braces. Such lists stand in
# configurations: - {id: shop, secret: s, scopes: [flows:read]}.
# It also takes a byte that is no UTF-8 for U+FFFD, keeps a byte order mark as a part of the
# first key, and prints the lines around an error, with the secrets that stand in them.
#
# Output seen: "map[scopes:[map[flows:read]]], by yaml/v3 map[scopes:[flows:read]]; bad UTF-8 is read: true; the error has the secret: true"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > main.go <<'GO'
package main

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	v3 "go.yaml.in/yaml/v3"
)

func main() {
	var a, b any
	const list = "{scopes: [flows:read]}\n"
	if err := yaml.Unmarshal([]byte(list), &a); err != nil {
		panic(err)
	}
	if err := v3.Unmarshal([]byte(list), &b); err != nil {
		panic(err)
	}
	var c any
	utf8 := yaml.Unmarshal([]byte("a: \xff\n"), &c)
	secret := yaml.Unmarshal([]byte("password: hunter2\nuser: [x\n"), &c)
	fmt.Printf("%v, by yaml/v3 %v; bad UTF-8 is read: %v; the error has the secret: %v\n", a, b, utf8 == nil, strings.Contains(fmt.Sprint(secret), "hunter2"))
}
GO
go mod init finding 2>/dev/null
go get github.com/goccy/go-yaml@v1.19.2 go.yaml.in/yaml/v3@v3.0.4 2>/dev/null
seen=$(go run .)
echo "goccy/go-yaml v1.19.2: $seen"
[ "$seen" = "map[scopes:[map[flows:read]]], by yaml/v3 map[scopes:[flows:read]]; bad UTF-8 is read: true; the error has the secret: true" ]
