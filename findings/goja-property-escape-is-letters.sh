#!/usr/bin/env bash
# goja takes \p{L} under the flag u for the letters p, {, L and }.
#
# dop251/goja v0.0.0-20260917113740-793a2a65c13b: /^\p{L}+$/u matches neither "Ümit" nor
# "abc", and /\p{L}/u finds the text "p{L}", without an error. ECMA-262 §22.2.1 has
# \p{L} with u as the property Letter, and any \p that is no property as a syntax
# error. A check of a name that was written for another engine refuses everybody.
#
# Output seen: "Ümit false, abc false, p{L} true, unknown property compiles true"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > main.go <<'GO'
package main

import (
	"fmt"

	"github.com/dop251/goja"
)

func main() {
	vm := goja.New()
	eval := func(source string) any {
		v, err := vm.RunString(source)
		if err != nil {
			return err
		}
		return v.Export()
	}
	fmt.Printf("Ümit %v, abc %v, p{L} %v, unknown property compiles %v\n",
		eval(`/^\p{L}+$/u.test("Ümit")`), eval(`/^\p{L}+$/u.test("abc")`), eval(`/\p{L}/u.test("p{L}")`),
		eval(`/\p{Nosuch}/u instanceof RegExp`))
}
GO
go mod init finding 2>/dev/null
go get github.com/dop251/goja@v0.0.0-20260917113740-793a2a65c13b 2>/dev/null
seen=$(go run .)
echo "goja v0.0.0-20260917113740-793a2a65c13b: $seen"
[ "$seen" = "Ümit false, abc false, p{L} true, unknown property compiles true" ]
