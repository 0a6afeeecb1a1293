#!/usr/bin/env bash
# acceptance.sh TEST…: each test of the rig, such as seed or "play 1000", in
# order, against bin/ringflow serving the acceptance configuration on a fresh
# data folder. It ends with status 1 if a test failed. Run it from the top of
# the tree; SIP 5060 and 5070 and HTTP 8080 of ADDRESS (127.0.0.1) must be free.
set -uo pipefail
address=${ADDRESS:-127.0.0.1}
work=$(mktemp -d)
acceptance=$PWD/testdata/acceptance
sed -e "s/127\.0\.0\.1/$address/g" -e "s|flows: flows|flows: $acceptance/flows|" -e "s|prompts: \.|prompts: $acceptance|" \
  "$acceptance/ringflow.yaml" >"$work/ringflow.yaml"
serve="bin/ringflow serve --config $work/ringflow.yaml --data $work/data >>$work/server.log 2>&1"

eval "$serve &"
pid=$!
trap 'kill "$pid" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 100); do
  curl -fs "http://$address:8080/readyz" >/dev/null && break
  sleep 0.1
done

# await_idle waits until the server no longer retransmits to phones that did not
# answer (RFC 3261 timer F, 32 s): the next test's carrier would report that.
await_idle() {
  for _ in $(seq 400); do
    curl -fs "http://$address:8080/metrics" | grep -qx 'ringflow_sip_sessions 0' && return
    sleep 0.1
  done
}

failed=0
for test in "$@"; do
  await_idle
  # shellcheck disable=SC2086 # a test is a verb and its numbers
  bin/rig -http "$address:8080" -sip "$address:5060" -carrier-addr "$address:5070" -server-pid "$pid" -directory "$PWD" -restart "$serve" $test 2>&1 | tee "$work/last.txt" | cut -c1-200
  [ "${PIPESTATUS[0]}" = 0 ] || failed=1
  restarted=$(grep -oE 'now process [0-9]+' "$work/last.txt" | tail -1 | grep -oE '[0-9]+')
  pid=${restarted:-$pid}
done
[ "$failed" = 0 ] || tail -20 "$work/server.log"
exit "$failed"
