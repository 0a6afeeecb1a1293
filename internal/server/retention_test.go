package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/config"
)

func TestRetentionForgetsEveryDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		begin := time.Now()
		ctx, stop := context.WithCancel(t.Context())
		accounts := func() []config.Account {
			return []config.Account{{Name: "short", RetentionDays: 1}, {Name: "ever", RetentionDays: 0}}
		}
		remove := func(_ context.Context, account string, before time.Time) (int, error) {
			asked = append(asked, fmt.Sprintf("%s %s", account, before.Sub(begin)))
			return 0, errors.New("the disk is full") // tomorrow is another day
		}
		done := make(chan struct{})
		go func() { defer close(done); retain(ctx, accounts, remove, slog.New(slog.DiscardHandler)) }()
		time.Sleep(49 * time.Hour)
		stop()
		<-done
		if want := []string{"short -24h0m0s", "short 0s", "short 24h0m0s"}; !slices.Equal(asked, want) {
			t.Errorf("it forgot %q, want %q", asked, want)
		}
	})
}

func TestRetentionIsConfigured(t *testing.T) {
	const head = "accounts:\n  - name: a\n    retention_days: "
	for value, want := range map[string]config.Days{"7": 7, "0": 0} {
		c, err := config.Parse("x.yaml", []byte(head+value+"\n  - name: b\n"))
		if err != nil || c.Accounts[0].RetentionDays != want || c.Accounts[1].RetentionDays != 30 {
			t.Errorf("%s: got %+v, %v", value, c.Accounts, err)
		}
	}
	for _, bad := range []string{"-1", "1.5", "week", "36501"} {
		if _, err := config.Parse("x.yaml", []byte(head+bad)); err == nil || !strings.Contains(err.Error(), "x.yaml:3: ") || !strings.Contains(err.Error(), "write 1 to 36500") {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}
