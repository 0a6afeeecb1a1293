package webhook_test

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/secret"
	"ringflow/internal/store"
	"ringflow/internal/store/storetest"
	"ringflow/internal/webhook"
)

// child names the environment variable that makes the test binary play the
// process that is killed; its value is the directory, then the hook's URL.
const child = "RINGFLOW_WEBHOOK_CHILD"

// sideBySide is how many tests that say t.Parallel run at once: they wait for disks and pauses
// more than they compute.
const sideBySide = "6"

func TestMain(m *testing.M) {
	if dir, url, is := strings.Cut(os.Getenv(child), " "); is {
		work(dir, url)
	}
	if err := flag.Set("test.parallel", sideBySide); err != nil { // unless the command line says another
		panic(err)
	}
	os.Exit(m.Run())
}

func macOf(secret secret.Secret, text string) string {
	h := hmac.New(sha256.New, []byte(secret))
	io.WriteString(h, text)
	return hex.EncodeToString(h.Sum(nil))
}

// work runs executions and tells a hook of them until it is killed.
func work(dir, url string) {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	ctx := context.Background()
	s, err := store.Open(dir, nil)
	check(err)
	h := webhook.Hook{ID: webhook.ID{Account: "acme", Name: "crm"}, URL: url, Private: true,
		Events: []record.EventKind{webhook.All}, Secret: "the secret of the hook crm"}
	d := webhook.New(webhook.Config{Outbox: s, FirstPause: 5 * time.Millisecond})
	check(d.Set(ctx, h))
	check(d.Start(ctx))
	_, err = s.Interrupt(ctx)
	check(err)
	fmt.Println("open")
	base, n := rand.Int64(), atomic.Int64{}
	for range 8 {
		go func() {
			for {
				id := record.ExecutionID(fmt.Sprintf("%016x%016x", base, n.Add(1)))
				check(s.Accept(ctx, record.Execution{ID: id, Account: "acme", FlowID: "play", AcceptedAt: time.Now()}))
				check(s.Begin(ctx, id, time.Now()))
				for seq, kind := range []record.EventKind{record.ExecutionStarted, record.LegDialling, record.LegEnded} {
					s.Append(id, record.Event{Seq: seq + 1, At: time.Now(), Kind: kind, Leg: &record.LegEvent{ID: "1"}})
				}
				now := time.Now()
				check(s.End(ctx, id, record.Ending{Status: record.StatusFinished, At: now,
					Last: record.Event{Seq: 4, At: now, Kind: record.ExecutionEnded, Status: record.StatusFinished}}))
				fmt.Println(id)
			}
		}()
	}
	select {}
}

// TestKilledBetweenCommitAndDelivery kills the process again and again while it
// tells a sink of executions: nothing of what is in a journal is lost, the order
// holds, and what comes twice has the same id and body.
func TestKilledBetweenCommitAndDelivery(t *testing.T) {
	t.Parallel()
	dir, s := storetest.Folder(t), newSink(t)
	var count atomic.Int64
	s.answer(func(*http.Request, webhook.Envelope) int {
		if count.Add(1)%7 == 0 {
			return 503
		}
		return 200
	})
	h := s.hook("crm")
	ended := map[record.ExecutionID]bool{}
	for round := range 20 {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), child+"="+dir+" "+h.URL)
		out, err := c.StdoutPipe()
		must(t, err)
		c.Stderr = os.Stderr
		must(t, c.Start())
		lines := bufio.NewReader(out)
		if first, err := lines.ReadString('\n'); first != "open\n" {
			t.Fatalf("the process says %q, %v", first, err)
		}
		if round < 12 { // amid work; the others are killed at its beginning
			first, err := lines.ReadString('\n')
			must(t, err)
			ended[record.ExecutionID(strings.TrimSuffix(first, "\n"))] = true
		}
		killed := time.AfterFunc(time.Duration(rand.IntN(100))*time.Millisecond, func() { _ = c.Process.Kill() })
		text, err := io.ReadAll(lines)
		must(t, err)
		killed.Stop()
		_ = c.Wait()
		for line := range strings.Lines(string(text)) {
			if id, whole := strings.CutSuffix(line, "\n"); whole {
				ended[record.ExecutionID(id)] = true
			}
		}
	}
	w := &world{t: t, dir: dir, log: new(lockedBuffer)}
	w.open()
	t.Cleanup(w.shut)
	w.dispatch(h)
	_, err := w.store.Interrupt(t.Context())
	must(t, err)
	w.empty(h.ID)
	got := s.taken()
	bodies, next, twice := map[string]string{}, map[record.ExecutionID]int{}, 0
	ends := map[record.ExecutionID]int{}
	for _, r := range got {
		if body, known := bodies[r.ID]; known {
			if twice++; body != string(r.body) {
				t.Errorf("%s came twice, with different bodies", r.ID)
			}
			continue
		}
		bodies[r.ID] = string(r.body)
		if r.Sequence != next[r.FlowExecutionID]+1 {
			t.Errorf("%s: %d came after %d", r.FlowExecutionID, r.Sequence, next[r.FlowExecutionID])
		}
		next[r.FlowExecutionID] = r.Sequence
		if r.Type == record.ExecutionEnded {
			ends[r.FlowExecutionID]++
		}
	}
	for id := range ended {
		if next[id] != 4 {
			t.Errorf("%s has ended, and %d of its events were told", id, next[id])
		}
	}
	for id := range next {
		h, err := w.store.History(t.Context(), "acme", id)
		must(t, err)
		if ends[id] != 1 || len(h.Events) != next[id] {
			t.Errorf("%s: %d ends and %d events were told, the journal has %d", id, ends[id], next[id], len(h.Events))
		}
	}
	t.Logf("%d executions ended, %d events, %d of them twice", len(ended), len(bodies), twice)
	if len(ended) < 12 {
		t.Errorf("only %d executions ended", len(ended))
	}
}
