#!/usr/bin/env bash
# crash.sh KILLS: bin/ringflow serves the acceptance configuration, with a
# webhook, on one data folder, and the rig kills it so many times under load. It
# ends with status 1 if what was promised did not hold. Run it from the top of
# the tree. ADDRESS (127.0.0.1) is where everything listens: SIP 5060 and 5070,
# HTTP 8080 and 9000, RTP 20000-39999. RATE (100) is orders a second. KEEP is a
# folder for the data and the log; without it they are removed.
set -uo pipefail
address=${ADDRESS:-127.0.0.1}
work=${KEEP:-$(mktemp -d)}
mkdir -p "$work"
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT

acceptance=$PWD/testdata/acceptance
sed -e "s/127\.0\.0\.1/$address/g" -e "s|flows: flows|flows: $acceptance/flows|" -e "s|prompts: \.|prompts: $acceptance|" \
  "$acceptance/ringflow.yaml" >"$work/ringflow.yaml"
cat >>"$work/ringflow.yaml" <<YAML
    webhooks:
      - {name: rig, url: "http://$address:9000/", private: true, events: [leg_ended, execution_ended], secret: a secret of the rig}
YAML

bin/rig -nice 0 -http "$address:8080" -sip "$address:5060" -carrier-addr "$address:5070" -sink "$address:9000" -triggers "${RATE:-100}" \
  -directory "$PWD" -restart "bin/ringflow serve --config $work/ringflow.yaml --data $work/data >>$work/server.log 2>&1" crash "$1"
failed=$?
[ "$failed" = 0 ] || tail -20 "$work/server.log"
exit "$failed"
