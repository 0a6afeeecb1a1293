package main_test

// exampleRow is an example of the manual: what a reader types, one line for
// each. API, CLIENT_ID and CLIENT_SECRET are set before the first.
type exampleRow struct {
	curl string
	// keep is what later rows use: NAME=member of the answer, or NAME=@header field.
	keep string
	// until names the variable of an execution that must have ended before.
	until string
	// dialled names the variable of an execution whose contact must have answered
	// before.
	dialled string
	// hide leaves the answer out of the manual.
	hide bool
}

const (
	bearer = ` -H "Authorization: Bearer $TOKEN"`
	asJSON = ` -H 'Content-Type: application/json'`
	asYAML = ` -H 'Content-Type: application/yaml'`
)

// exampleRows has one or more of every operation, in an order in which they can
// be sent.
var exampleRows = []exampleRow{
	{curl: `curl -s $API/oauth/token -u "$CLIENT_ID:$CLIENT_SECRET" -d grant_type=client_credentials -d scope="flows-interactions:start flows:read flows:write flow-resources:read flow-resources:write data-reports:read data-reports:write"`, keep: "TOKEN=access_token"},
	{curl: `curl -s $API/oauth/token -u "$CLIENT_ID:wrong" -d grant_type=client_credentials`},
	{curl: `curl -s $API/oauth/token -d grant_type=client_credentials -d client_id=$CLIENT_ID -d client_secret=wrong`, hide: true},
	{curl: `curl -s $API/.well-known/oauth-authorization-server`},
	{curl: `curl -s $API/.well-known/openid-configuration`, hide: true},

	{curl: `curl -s -X PUT $API/v1/webhooks/orders` + bearer + asJSON + ` -d '{"url": "https://shop.example.com/ringflow", "events": ["execution_ended"]}'`, hide: true},
	{curl: `curl -s $API/flows/installation-help/interactions` + bearer + asJSON + ` -H 'Idempotency-Key: order-4711' -d '{"contact_1": "+12025550143", "contact_2": "+12025550188"}'`, keep: "EXECUTION=flow_execution_id"},
	{curl: `curl -s $API/flows/installation-help/interactions` + bearer + asJSON + ` -H 'Idempotency-Key: order-4711' -d '{"contact_1": "+12025550199"}'`},
	{curl: `curl -s $API/flows/installation-help/interactions` + bearer + asJSON + ` -d '{"contact_2": "+12025550188"}'`},

	{curl: `curl -s $API/v1/executions/$EXECUTION` + bearer, until: "EXECUTION", keep: "VERSION=flow_version_id"},
	{curl: `curl -s "$API/v1/executions?flow_id=installation-help&status=finished&limit=1"` + bearer},
	{curl: `curl -s $API/v1/executions/no-such-execution` + bearer},
	{curl: `curl -s $API/flows/survey/interactions` + bearer + asJSON + ` -d '{"contact_1": "+12025550143"}'`, keep: "LIVE=flow_execution_id", hide: true},
	{curl: `curl -s -X POST $API/v1/executions/$LIVE/cancel` + bearer, dialled: "LIVE"},

	{curl: `curl -sN $API/v1/executions/$EXECUTION/events` + bearer},
	{curl: `curl -s "$API/v1/executions/$EXECUTION/events?limit=2" -H 'Accept: application/json'` + bearer},
	{curl: `curl -sN -m 1 $API/v1/events` + bearer + ` -H "Last-Event-ID: $EXECUTION.14"`, until: "LIVE", hide: true},
	{curl: `curl -sN -m 1 $API/v1/flows/survey/events` + bearer + ` -H "Last-Event-ID: $LIVE.1"`},

	{curl: `curl -s $API/v1/calls/$EXECUTION` + bearer, keep: "ENDED=legs.0.leg_id"},
	{curl: `curl -s $API/v1/calls/$ENDED/trace` + bearer, hide: true},
	{curl: `curl -s $API/v1/calls/$EXECUTION/trace.pcap -o /dev/stdout` + bearer, hide: true},
	{curl: `curl -s $API/flows/survey/interactions` + bearer + asJSON + ` -d '{"contact_1": "+12025550143"}'`, keep: "LIVE=flow_execution_id", hide: true},
	{curl: `curl -s "$API/v1/calls?live=true"` + bearer, dialled: "LIVE", keep: "LEG=calls.0.legs.0.leg_id"},
	{curl: `curl -s -X POST $API/v1/calls/$LIVE/legs/$LEG/hangup` + bearer},
	{curl: `curl -s $API/flows/survey/interactions` + bearer + asJSON + ` -d '{"contact_1": "+12025550143"}'`, until: "LIVE", keep: "LIVE=flow_execution_id", hide: true},
	{curl: `curl -s -X POST $API/v1/calls/$LIVE/hangup` + bearer, dialled: "LIVE"},

	{curl: `curl -s "$API/v1/reports/studio_flow_execution?flow_id=installation-help&exit=answered"` + bearer, until: "LIVE"},
	{curl: `curl -s "$API/v1/reports/studio_flow_execution?flow_id=installation-help&exit=answered&format=csv"` + bearer},
	{curl: `curl -s "$API/v1/reports/studio_flow_execution/totals?flow_id=installation-help"` + bearer},

	{curl: `curl -s $API/data/reports/studio_flow_execution/jobs` + bearer + asJSON + ` -d '{"name": "November", "timezone": "Europe/Berlin", "format": "csv", "timespan": {"from": "2026-11-01T00:00:00Z", "to": "2027-11-01T00:00:00Z"}}'`, keep: "JOB=job.id"},
	{curl: `curl -s $API/data/reports/studio_flow_execution/jobs` + bearer},
	{curl: `curl -s $API/data/reports/studio_flow_execution/jobs/$JOB` + bearer},
	{curl: `curl -s $API/data/reports/studio_flow_execution/files/$JOB` + bearer, hide: true},
	{curl: `curl -s -X DELETE $API/data/reports/studio_flow_execution/files/$JOB` + bearer},

	{curl: `curl -s $API/v1/flows` + bearer},
	{curl: `curl -s $API/v1/flows/installation-help` + bearer},
	{curl: `curl -s $API/v1/flows/installation-help/request` + bearer},
	{curl: `curl -s "$API/v1/prompts?name=hello.wav"` + bearer + ` -H 'Content-Type: application/octet-stream' --data-binary @hello.wav`, keep: "ETAG=@ETag"},
	{curl: `curl -s $API/v1/check` + bearer + asYAML + ` --data-binary @reminder.yaml`},
	{curl: `curl -s -X PUT $API/v1/flows/reminder/draft` + bearer + asYAML + ` --data-binary @reminder.yaml`, keep: "DRAFT=@ETag"},
	{curl: `curl -s $API/v1/flows/reminder/draft` + bearer},
	{curl: `curl -s -X PUT $API/v1/flows/reminder/draft` + bearer + asYAML + ` -H 'If-Match: "0123456789abcdef"' --data-binary @reminder.yaml`},
	{curl: `curl -s -X POST $API/v1/flows/reminder/publish` + bearer, keep: "OLD=flow_version_id"},
	{curl: `curl -s -X PUT $API/v1/flows/reminder/draft` + bearer + asYAML + ` --data-binary @reminder.yaml`, hide: true},
	{curl: `curl -s -X DELETE $API/v1/flows/reminder/draft` + bearer + ` -H "If-Match: $DRAFT"`},
	{curl: `curl -s $API/v1/flows/reminder/versions` + bearer},
	{curl: `curl -s $API/v1/flows/reminder/versions/$OLD` + bearer, hide: true},
	{curl: `curl -s $API/v1/flows/reminder/versions/$OLD/diff` + bearer, hide: true},
	{curl: `curl -s -X PUT $API/v1/flows/torn/draft` + bearer + asYAML + ` -d 'steps: 5'`, keep: "TORN=flow_version_id", hide: true},
	{curl: `curl -s -X PUT $API/v1/flows/spare/draft` + bearer + asYAML + ` -d 'name: Spare'`, hide: true},
	{curl: `curl -s -X DELETE $API/v1/flows/spare` + bearer},
	{curl: `curl -s -X DELETE $API/v1/flows/installation-help` + bearer},
	{curl: `curl -s -X POST $API/v1/flows/reminder/versions/$OLD/publish` + bearer},
	{curl: `curl -s -X POST $API/v1/flows/reminder/unpublish` + bearer},
	{curl: `curl -s $API/flows/reminder/interactions` + bearer + asJSON + ` -d '{}'`},
	{curl: `curl -s -X POST $API/v1/flows/reminder/versions/$OLD/publish` + bearer, hide: true},

	{curl: `curl -s $API/v1/prompts` + bearer},
	{curl: `curl -s $API/v1/prompts/hello.wav` + bearer},
	{curl: `curl -s -X PUT $API/v1/prompts/hello.wav` + bearer + ` -H "If-Match: $ETAG" -H 'Content-Type: application/octet-stream' --data-binary @goodbye.wav`},
	{curl: `curl -s "$API/v1/prompts?name=hello.wav"` + bearer + ` -H 'Content-Type: application/octet-stream' --data-binary @hello.wav`},
	{curl: `curl -s "$API/v1/prompts?name=unused.wav"` + bearer + ` -H 'Content-Type: application/octet-stream' --data-binary @hello.wav`, hide: true},
	{curl: `curl -s -X DELETE $API/v1/prompts/unused.wav` + bearer},

	{curl: `curl -s $API/v1/numbers` + bearer},
	{curl: `curl -s $API/v1/trunks` + bearer},
	{curl: `curl -s $API/v1/components` + bearer},

	{curl: `curl -s -X PUT $API/v1/secrets/crm-token` + bearer + asJSON + ` -H 'If-None-Match: *' -d '{"value": "of-the-crm"}'`, keep: "ETAG=@ETag"},
	{curl: `curl -s -X PUT $API/v1/secrets/crm-token` + bearer + asJSON + ` -H "If-Match: $ETAG" -d '{"value": "of-the-crm-renewed"}'`, hide: true},
	{curl: `curl -s $API/v1/secrets/crm-token` + bearer},
	{curl: `curl -s $API/v1/secrets` + bearer},

	{curl: `curl -s -X PUT $API/v1/connections/crm` + bearer + asJSON + ` -d '{"base": "https://crm.example.com/api", "auth": {"kind": "bearer", "secret_name": "crm-token"}}'`},
	{curl: `curl -s -X PUT $API/v1/connections/crm` + bearer + asJSON + ` -d '{"base": "crm.example.com", "auth": {"kind": "bearer"}}'`},
	{curl: `curl -s $API/v1/connections/crm` + bearer},
	{curl: `curl -s "$API/v1/connections?limit=10"` + bearer},
	{curl: `curl -s -X DELETE $API/v1/secrets/crm-token` + bearer},
	{curl: `curl -s -X DELETE $API/v1/connections/crm` + bearer},
	{curl: `curl -s -X DELETE $API/v1/secrets/crm-token` + bearer},

	{curl: `curl -s -X PUT $API/v1/functions/greeting` + bearer + asJSON + ` -d '{"inputs": [{"name": "hour", "type": "integer"}], "outputs": [{"name": "text"}], "body": "return {text: args.hour < 12 ? \"Good morning\" : \"Good day\"}"}'`},
	{curl: `curl -s $API/v1/functions/greeting` + bearer},
	{curl: `curl -s $API/v1/functions` + bearer},
	{curl: `curl -s -X DELETE $API/v1/functions/greeting` + bearer},

	{curl: `curl -s -X DELETE $API/v1/webhooks/orders` + bearer},
	{curl: `curl -s -X PUT $API/v1/webhooks/orders` + bearer + asJSON + ` -d '{"url": "https://shop.example.com/ringflow", "events": ["execution_ended"]}'`},
	{curl: `curl -s $API/v1/webhooks/orders` + bearer},
	{curl: `curl -s $API/v1/webhooks` + bearer},
	{curl: `curl -s -X POST $API/v1/webhooks/orders/rotate` + bearer},
	{curl: `curl -s -X DELETE $API/v1/webhooks/orders/previous_secret` + bearer},
	{curl: `curl -s "$API/v1/webhooks/orders/dead_letters?limit=1"` + bearer, keep: "LETTER=dead_letters.0.id"},
	{curl: `curl -s -X POST $API/v1/webhooks/orders/dead_letters/$LETTER/redeliver` + bearer},
	{curl: `curl -s -X POST $API/v1/webhooks/orders/redeliver` + bearer},

	{curl: `curl -s $API/v1/account` + bearer},

	{curl: `curl -s $API/`},
	{curl: `curl -s $API/healthz`},
	{curl: `curl -s $API/readyz`},
	{curl: `curl -s $API/metrics`, hide: true},
	{curl: `curl -s $API/openapi.json`, hide: true},
	{curl: `curl -s $API/docs`, hide: true},
}

// Without are the operations that have no example, and why.
var Without = map[string]string{}
