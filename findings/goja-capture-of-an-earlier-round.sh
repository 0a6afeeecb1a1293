#!/usr/bin/env bash
# goja keeps a capture group of an earlier round of a repeated group.
#
# dop251/goja v0.0.0-20260917113740-793a2a65c13b: /(?:(a)|b)*/.exec("ab")[1] is "a". ECMA-262 §22.2.2.3.1
# (RepeatMatcher, step 4) clears the captures of a repeated group before each round, so
# it is undefined: the last round matched b. Go's regexp, which goja uses where it can,
# keeps it. What tells "which of the two stood last" by its groups gets both.
#
# Output seen: "ab: a and undefined, (a)|(b) over ab: a and b"
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
	v, err := vm.RunString(`
		var one = /(?:(a)|b)*/.exec("ab"), two = /(?:(a)|(b))*/.exec("ab");
		"ab: " + one[1] + " and " + one[2] + ", (a)|(b) over ab: " + two[1] + " and " + two[2]`)
	if err != nil {
		panic(err)
	}
	fmt.Println(v)
}
GO
go mod init finding 2>/dev/null
go get github.com/dop251/goja@v0.0.0-20260917113740-793a2a65c13b 2>/dev/null
seen=$(go run .)
echo "goja v0.0.0-20260917113740-793a2a65c13b: $seen"
[ "$seen" = "ab: a and undefined, (a)|(b) over ab: a and b" ]
