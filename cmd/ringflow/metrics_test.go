package main_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"ringflow/internal/sim"
	"ringflow/internal/version"
	"ringflow/media"
)

// After a forwarded call the metrics tell how both legs sounded and how punctual
// our own packets were, and what a webhook that is not there has missed. The
// report and the call tell the same of each leg.
func TestWhatACallLeavesInTheMetrics(t *testing.T) {
	besideFew(t)
	w := newWorld(t)
	startCarrier(t, w.at(trunkPort), map[string]sim.Behaviour{
		customer: sim.Answers(sim.Say(media.Tone(-10, 4*time.Second, 400))),
		agent:    sim.Answers(sim.Say(media.Tone(-10, 2*time.Second, 700)), sim.HangUp()).After(time.Second), // ringback is paced
	})
	path := w.config(trunk{}, 10*time.Second)
	text := must(os.ReadFile(path))
	hook := fmt.Sprintf("    webhooks: [{name: crm, url: \"http://%s/\", events: [all], secret: a secret of some length, private: true}]\n    prompts: prompts\n", w.at(9))
	path = w.write("ringflow.yaml", bytes.Replace(text, []byte("    prompts: prompts\n"), []byte(hook), 1))
	server := w.serve(path)
	id := server.mustStart("forward", map[string]string{"contact_1": customer, "contact_2": agent})
	if x := server.outcome(id, 20*time.Second); x.Status != "finished" {
		t.Fatalf("%+v", x)
	}
	release := ""
	within(t, 10*time.Second, "the metrics tell of both legs", func() string {
		got, err := server.gauges()
		if err != nil {
			return err.Error()
		}
		for name, value := range got {
			if strings.HasPrefix(name, "ringflow_build_info{") {
				release = fmt.Sprint(name, " ", value)
			}
		}
		for name, want := range map[string][2]float64{
			`ringflow_leg_mos_count{trunk="carrier"}`: {2, 2}, `ringflow_leg_mos_sum{trunk="carrier"}`: {2, 8.82}, `ringflow_leg_loss_ratio_count{trunk="carrier"}`: {2, 2},
			`ringflow_leg_jitter_seconds_bucket{trunk="carrier",le="+Inf"}`: {2, 2}, `ringflow_legs_silent_total{trunk="carrier"}`: {0, 0},
			`ringflow_executions_ended_total{status="finished"}`: {1, 1}, `ringflow_executions_ended_total{status="failed"}`: {0, 0}, `ringflow_executions_ended_total{status="cancelled"}`: {0, 0},
			`ringflow_executions_ended_total{status="interrupted"}`: {0, 0},
			"ringflow_rtp_late_seconds_sum":                         {1e-9, 60}, "ringflow_rtp_late_seconds_count": {1, 1e6},
			"ringflow_webhook_waiting": {5, 100}, "ringflow_webhook_dead": {0, 0}, "ringflow_webhook_oldest_seconds": {0.1, 60}, "ringflow_webhooks_down": {0, 1},
		} {
			value, there := got[name]
			if !there || value < want[0] || value > want[1] {
				return fmt.Sprintf("%s is %v (%t), want %v", name, value, there, want)
			}
		}
		return ""
	})
	if !strings.Contains(release, fmt.Sprintf("goversion=%q", runtime.Version())) || !strings.HasSuffix(release, fmt.Sprintf("version=%q} 1", version.Number())) {
		t.Errorf("the release is %q", release)
	}
	call, err := server.api.Call(t.Context(), id)
	if err != nil || len(call.Legs) != 2 {
		t.Fatalf("%+v %v", call, err)
	}
	for _, leg := range call.Legs {
		if a := leg.Audio; a == nil || a.Codec != "PCMU" || a.Heard != "measured" || a.Quality == nil || a.Quality.PacketsReceived < 50 || a.Quality.Mos == nil {
			t.Errorf("the %s's leg: %+v", leg.Party, leg.Audio)
		}
	}
	res, err := server.http.Get(server.base + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var all bytes.Buffer
	if _, err := all.ReadFrom(res.Body); err != nil || strings.Contains(all.String(), "secret") || strings.Contains(all.String(), "crm") {
		t.Errorf("%v: %s", err, all.String())
	}
}
