#!/usr/bin/env bash
# ogen writes Go that does not compile for an event stream that documents a header.
#
# ogen-go/ogen v1.25.0, a client of an operation whose 200 is a page of JSON or, by
# Accept, text/event-stream: without headers it is built. With one header in the
# response, any at all, ogen still ends with 0, and the Go compiler finds
# "initSSEStream undefined" in what it wrote.
#
# Output seen: "without a header: generated, compiles; with one: generated, initSSEStream undefined"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
go mod init finding 2>/dev/null
go get github.com/ogen-go/ogen@v1.25.0 2>/dev/null
cat > ogen.yaml <<'YAML'
generator:
  features: {disable_all: true, enable: [paths/client]}
YAML
try() { # name, and what the response has beside its content
  cat > "$1.json" <<JSON
{"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/events": {"get": {"operationId": "events",
 "responses": {"200": {"description": "events", $2 "content": {"application/json": {"schema": {"type": "object", "properties": {"page": {"type": "string"}}}}, "text/event-stream": {"schema": {"type": "object", "properties": {"id": {"type": "string"}, "data": {"type": "string"}}}}}}}}}}}
JSON
  go run github.com/ogen-go/ogen/cmd/ogen@v1.25.0 --config ogen.yaml --target "$1" --package "$1" --clean "$1.json" >"$1.log" 2>&1 || { echo "refused"; return; }
  go mod tidy >/dev/null 2>&1
  if go build "./$1" 2>"$1.log"; then echo "generated, compiles"
  else echo "generated, $(grep -o 'initSSEStream undefined' "$1.log" | head -1)"; fi
}
seen="without a header: $(try plain '')"
seen="$seen; with one: $(try header '"headers": {"X-Number": {"schema": {"type": "string"}}},')"
echo "ogen v1.25.0: $seen"
[ "$seen" = "without a header: generated, compiles; with one: generated, initSSEStream undefined" ]
