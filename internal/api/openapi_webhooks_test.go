package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/webhook"
)

// fill sets a field of an event by its name in JSON.
var fill = map[string]func(*record.Event){
	"elapsed_ms": func(e *record.Event) { ms := int64(5); e.Elapsed = &ms },
	"step":       func(e *record.Event) { e.Step = "call" },
	"component":  func(e *record.Event) { e.Component = "make_outbound_call" },
	"exit":       func(e *record.Event) { e.Exit = flowfile.ExitBusy },
	"leg": func(e *record.Event) {
		e.Leg = &record.LegEvent{ID: "1", Party: "contact", From: "+1", To: "+2", CallID: "x", EndedBy: "contact", Audio: audio()}
	},
	"sip":       func(e *record.Event) { e.SIP = &record.SIPResult{Code: 486, Trunk: "carrier"} },
	"undialled": func(e *record.Event) { e.Undialled = &record.NotDialled{From: "+12025550100", To: "nobody"} },
	"variables": func(e *record.Event) { e.Variables = map[string]string{"digits": "1"} },
	"status":    func(e *record.Event) { e.Status = record.StatusFailed },
	"error":     func(e *record.Event) { e.Error = "broken" },
	"detail":    func(e *record.Event) { e.Detail = "1" },
}

// The document has what a webhook is told, kind by kind: every field that may be
// there, and nothing else.
func TestDocumentDescribesWebhooks(t *testing.T) {
	d := documentOf(t, newWorld(t, nil).handler)
	header := http.Header{"Content-Type": {"application/json"}, webhook.HeaderID: {strings.Repeat("a", 32) + ".7"}, webhook.HeaderWebhook: {"crm"},
		webhook.HeaderSignature: {"t=1800000000,01234567=" + strings.Repeat("0", 64)},
		"Webhook-Id":            {strings.Repeat("a", 32) + "_7"}, "Webhook-Timestamp": {"1800000000"}, "Webhook-Signature": {"v1," + strings.Repeat("A", 43) + "= v1," + strings.Repeat("B", 43) + "="}}
	execution := record.Execution{ID: record.ExecutionID(strings.Repeat("a", 32)), InteractionID: "i", Account: "acme", FlowID: "play", VersionID: "v"}
	check := func(spec record.KindSpec, fields []string) error {
		e := record.Event{Seq: 7, At: time.Now(), Kind: spec.Kind}
		for _, f := range fields {
			fill[f](&e)
		}
		l, err := webhook.NewDelivery(webhook.ID{Account: "acme", Name: "crm"}, execution, e, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return d.CheckWebhook(string(spec.Kind), "POST", header, l.Body)
	}
	specs := record.KindSpecs()
	for _, spec := range specs {
		for _, fields := range [][]string{spec.Has, slices.Concat(spec.Has, spec.May)} {
			if err := check(spec, fields); err != nil {
				t.Errorf("%s with %v: %v", spec.Kind, fields, err)
			}
		}
		for i, lacking := range spec.Has {
			if err := check(spec, slices.Delete(slices.Clone(spec.Has), i, i+1)); !strings.Contains(fmt.Sprint(err), "missing property '"+lacking+"'") {
				t.Errorf("%s without %s: %v", spec.Kind, lacking, err)
			}
		}
		for other := range fill {
			known := slices.Contains(spec.Has, other) || slices.Contains(spec.May, other)
			if err := check(spec, append(slices.Clone(spec.Has), other)); !known && !strings.Contains(fmt.Sprint(err), "additional properties '"+other+"' not allowed") {
				t.Errorf("%s with %s: %v", spec.Kind, other, err)
			}
		}
	}
	if len(d.Webhooks) != len(specs) {
		t.Errorf("the document has %d webhooks for %d kinds of events", len(d.Webhooks), len(specs))
	}
	for name, methods := range d.Webhooks {
		o := methods["post"]
		if o == nil || len(methods) != 1 || o.Summary == "" || o.Responses["2XX"].Description == "" || o.Responses["default"].Description == "" {
			t.Errorf("%s is %+v", name, o)
		}
	}
	for field := range maps.Keys(header) { // each that is ours is needed, in its form
		if field == "Content-Type" {
			continue
		}
		for _, invalid := range []http.Header{{}, {field: {""}}, {field: {"x y"}}} {
			changed := maps.Clone(header)
			delete(changed, field)
			maps.Copy(changed, invalid)
			body, _ := json.Marshal(struct{}{})
			if err := d.CheckWebhook("execution_ended", "POST", changed, body); !strings.Contains(strings.ToLower(fmt.Sprint(err)), strings.ToLower(field)) {
				t.Errorf("with %v: %v", invalid, err)
			}
		}
	}
}
