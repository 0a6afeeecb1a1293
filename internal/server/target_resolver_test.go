package server

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/config"
	"ringflow/sip"
)

func trunksOf(targets ...string) []config.Account {
	return []config.Account{{Name: "acme", Trunks: []config.Trunk{{Name: "idle"}, {Name: "carrier", Targets: targets}}}}
}

// A target that does not resolve is told once a round; the slow ones hold nobody
// up, not even the end.
func TestTrunkNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var mu sync.Mutex
		asked := map[string]int{}
		names := newTargetResolver(func(ctx context.Context, of sip.Target) ([]netip.AddrPort, error) {
			target := of.Address
			mu.Lock()
			asked[target]++
			mu.Unlock()
			switch target {
			case "never.example":
				<-ctx.Done()
				return nil, ctx.Err()
			case "slow.example":
				time.Sleep(3 * time.Second)
			case "wrong.example:5070":
				return nil, errors.New("no such host")
			}
			return []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:5060")}, nil
		}, slog.New(slog.NewTextHandler(&log, nil)))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { names.run(ctx); close(done) }()

		many := []string{"wrong.example:5070", "192.0.2.7:5060"}
		for range 2 * maxLookups {
			many = append(many, "slow.example")
		}
		names.request(trunksOf(many...))
		synctest.Wait()
		names.request(trunksOf("outdated.example")) // while a round is under way: only the last counts
		names.request(trunksOf("never.example"))
		time.Sleep(time.Minute)
		synctest.Wait()
		stop()
		<-done
		if asked["slow.example"] != 2*maxLookups || asked["outdated.example"] != 0 || asked["never.example"] != 1 || asked["wrong.example:5070"] != 1 {
			t.Errorf("asked %v", asked)
		}
		want := `level=WARN msg="a trunk's target does not resolve" account=acme trunk=carrier target=wrong.example:5070 error="no such host"`
		if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, want) {
			t.Errorf("log %s", text)
		}
	})
}
