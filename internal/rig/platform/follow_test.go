package platform_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"ringflow/internal/rig/platform"
)

// A follower that was cut off asks for what comes after the last event it had.
func TestAFollowerGoesOnWhereItWas(t *testing.T) {
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("Last-Event-ID"))
		n := len(asked)
		fmt.Fprintf(w, ": hello\n\nid: x.%d\nevent: step_left\ndata: {\"flow_execution_id\":\"x\",\"seq\":%d,\"kind\":\"step_left\"}\n\nid: x.9\ndata: {\"cut", n, n)
	}))
	defer s.Close()
	f := platform.NewFollower(platform.NewClient(strings.TrimPrefix(s.URL, "http://"), "", "", 1))
	var got []int
	for range 2 {
		if err := f.Follow(context.Background(), func() {}, func(e platform.Event) { got = append(got, e.Sequence) }); err == nil {
			t.Error("the end of the connection is no error")
		}
	}
	if !slices.Equal(asked, []string{"", "x.1"}) || !slices.Equal(got, []int{1, 2}) || f.Last() != "x.2" {
		t.Errorf("asked after %q, got %v, last %s", asked, got, f.Last())
	}
}

func TestTheSinkSeesWhatAWebhookMustNotDo(t *testing.T) {
	const good = `{"id":"x.1","type":"leg_ended","sequence":1,"flow_execution_id":"x"}`
	for wrong, bodies := range map[string][]string{
		"":                                   {good, good, `{"id":"x.2","type":"execution_ended","sequence":2,"flow_execution_id":"x"}`, good},
		"an id that does not name its event": {`{"id":"y.1","type":"leg_ended","sequence":1,"flow_execution_id":"x"}`},
		"one id for two events":              {good, strings.Replace(good, "leg_ended", "execution_ended", 1)},
		"an event that came first after a later one of its execution": {`{"id":"x.2","type":"leg_ended","sequence":2,"flow_execution_id":"x"}`, good},
	} {
		s, err := platform.Listen("127.0.0.1:0", 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range bodies {
			answer, err := http.Post("http://"+s.Address(), "application/json", bytes.NewBufferString(body))
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
		}
		if f := s.Faults(); len(f) > 0 != (wrong != "") || wrong != "" && f[wrong] != 1 {
			t.Errorf("%q: it found %v", wrong, f)
		}
		if deliveries := s.Deliveries("x"); wrong == "" && (deliveries[1] != platform.Delivery{Kind: "leg_ended", Times: 3} || deliveries[2].Times != 1) {
			t.Errorf("the deliveries are %v", deliveries)
		}
		s.Close()
	}
}
