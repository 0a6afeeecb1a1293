package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/auth"
	"ringflow/internal/store"
)

// child names the environment variable that makes the test binary play the
// process that a test kills or starves; its value is the role, then the
// directory.
const child = "RINGFLOW_STORE_CHILD"

func TestMain(m *testing.M) {
	role, dir, _ := strings.Cut(os.Getenv(child), " ")
	switch role {
	case "":
		os.Exit(m.Run())
	case "work":
		work(dir)
	case "starve":
		starve(dir)
	case "backup":
		backUp(dir)
	case "migrate":
		migrate(dir)
	}
}

// refusedThenTaken checks that the store refuses work while it cannot write,
// keeps what has already happened, and goes on by itself.
func refusedThenTaken(t testing.TB, s *store.Store, fail, mend func()) {
	t.Helper()
	running := execution(1)
	must(t, s.Accept(t.Context(), running))
	must(t, s.Begin(t.Context(), running.ID, moment()))
	fail()
	if err := s.Accept(t.Context(), execution(2)); !errors.Is(err, flowengine.ErrUnavailable) {
		t.Errorf("Accept says %v, want ErrUnavailable", err)
	}
	if err := s.KeepToken(t.Context(), auth.TokenRecord{Client: "c", Expires: moment().Add(time.Minute)}); !errors.Is(err, auth.ErrNotKept) {
		t.Errorf("KeepToken says %v, want auth.ErrNotKept", err)
	}
	if _, err := s.UseAssertion(t.Context(), "c", "1", moment().Add(time.Minute)); !errors.Is(err, auth.ErrNotKept) {
		t.Errorf("UseAssertion says %v, want auth.ErrNotKept", err)
	}
	s.Append(running.ID, event(1, flowengine.KeyPressed, nil))
	if err := s.Check(t.Context()); !errors.Is(err, flowengine.ErrUnavailable) {
		t.Errorf("Check says %v, want ErrUnavailable", err)
	}
	if err := s.End(t.Context(), running.ID, ending(2, flowengine.StatusFinished)); !errors.Is(err, flowengine.ErrUnavailable) {
		t.Errorf("End says %v, want ErrUnavailable", err)
	}
	if _, err := s.History(t.Context(), "acme", execution(2).ID); !errors.Is(err, flowengine.ErrNoExecution) && !errors.Is(err, flowengine.ErrUnavailable) {
		t.Errorf("what was refused is there: %v", err)
	}
	mend()
	if _, err := s.History(t.Context(), "acme", execution(2).ID); !errors.Is(err, flowengine.ErrNoExecution) {
		t.Errorf("what was refused is there: %v", err)
	}
	h := eventually(t, s, running.ID, 2)
	whole(t, h)
	if h.Status != flowengine.StatusFinished {
		t.Errorf("the end was lost: %+v", h)
	}
	must(t, s.Accept(t.Context(), execution(2)))
	must(t, s.Check(t.Context()))
}

func TestLockedDatabase(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	other, err := sql.Open("sqlite", filepath.Join(dir, "ringflow.db"))
	must(t, err)
	defer other.Close()
	conn, err := other.Conn(t.Context())
	must(t, err)
	defer conn.Close()
	do := func(statement string) func() {
		return func() {
			t.Helper()
			_, err := conn.ExecContext(t.Context(), statement)
			must(t, err)
		}
	}
	refusedThenTaken(t, s, do(`BEGIN IMMEDIATE`), do(`ROLLBACK`))
}

func TestFullDisk(t *testing.T) {
	s := openIn(t, t.TempDir())
	x := execution(1)
	must(t, s.Accept(t.Context(), x))
	must(t, s.Run(t.Context(), `PRAGMA max_page_count = 1`)) // the least that is possible: as many as there are
	large := execution(2)
	large.Arguments["text"] = strings.Repeat("x", 100_000)
	if err := s.Accept(t.Context(), large); !errors.Is(err, flowengine.ErrUnavailable) {
		t.Errorf("Accept says %v, want ErrUnavailable", err)
	}
	if _, err := s.History(t.Context(), "acme", large.ID); !errors.Is(err, flowengine.ErrNoExecution) {
		t.Errorf("what was refused is there: %v", err)
	}
	s.Append(x.ID, event(1, flowengine.KeyPressed, func(e *flowengine.Event) { e.Detail = large.Arguments["text"] }))
	if err := s.Check(t.Context()); !errors.Is(err, flowengine.ErrUnavailable) {
		t.Errorf("Check says %v, want ErrUnavailable", err)
	}
	must(t, s.Run(t.Context(), `PRAGMA max_page_count = 1000000`))
	if h := eventually(t, s, x.ID, 1); len(h.Events[0].Detail) != 100_000 {
		t.Errorf("the event that waited is %+v", h.Events)
	}
	must(t, s.Accept(t.Context(), large))
}

// A disk that refuses to write fails with another error than a full one, and
// costs the connection.
func TestDiskThatRefusesToWrite(t *testing.T) {
	out, err := command("starve", t.TempDir()).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "recovered") {
		t.Errorf("%v: %s", err, out)
	}
}

func command(role, dir string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), child+"="+role+" "+dir)
	return c
}

// starve limits the size of files to what there is, and lifts the limit again.
func starve(dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	s, err := store.Open(dir, nil)
	check(err)
	check(s.Accept(context.Background(), execution(1)))
	limit := func(n uint64) {
		var l syscall.Rlimit
		check(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l))
		l.Cur = n
		check(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l))
	}
	limit(1000)
	if err := s.Accept(context.Background(), execution(2)); !errors.Is(err, flowengine.ErrUnavailable) {
		panic(fmt.Sprintf("Accept says %v", err))
	}
	limit(1 << 40)
	check(s.Accept(context.Background(), execution(2)))
	_, err = s.History(context.Background(), "acme", execution(1).ID)
	check(err)
	check(s.Close())
	fmt.Println("recovered")
}

// TestKilledAtAnyMoment kills a process that accepts, runs and ends executions,
// again and again, and holds it to every word it said.
func TestKilledAtAnyMoment(t *testing.T) {
	dir := t.TempDir()
	said := map[string]map[flowengine.ExecutionID]bool{"accepted": {}, "begun": {}, "ended": {}}
	for range 25 {
		c := command("work", dir)
		out, err := c.StdoutPipe()
		must(t, err)
		c.Stderr = os.Stderr
		must(t, c.Start())
		lines := bufio.NewReader(out)
		if first, err := lines.ReadString('\n'); first != "open\n" {
			t.Fatalf("the process says %q, %v", first, err)
		}
		killed := time.AfterFunc(time.Duration(rand.IntN(60_000))*time.Microsecond, func() { _ = c.Process.Kill() })
		text, err := io.ReadAll(lines)
		must(t, err)
		killed.Stop()
		_ = c.Wait()
		for line := range strings.Lines(string(text)) {
			if word, id, whole := strings.Cut(strings.TrimSuffix(line, "\n"), " "); whole && strings.HasSuffix(line, "\n") {
				said[word][flowengine.ExecutionID(id)] = true
			}
		}
	}
	t.Logf("%d accepted, %d begun, %d ended", len(said["accepted"]), len(said["begun"]), len(said["ended"]))
	s := openIn(t, dir)
	_, err := s.Interrupt(t.Context())
	must(t, err)
	waiting := map[flowengine.ExecutionID]bool{}
	unfinished := unfinishedIn(t, s)
	for _, x := range unfinished {
		waiting[x.ID] = true
	}
	for id := range said["accepted"] {
		h, err := s.History(t.Context(), "acme", id)
		if err != nil {
			t.Fatalf("%s was accepted and is lost: %v", id, err)
		}
		switch {
		case said["ended"][id] && h.Status != flowengine.StatusFinished:
			t.Errorf("%s had ended and is %s", id, h.Status)
		case said["begun"][id] && waiting[id]:
			t.Errorf("%s had begun and would be dialled again", id)
		case h.Status == flowengine.StatusRunning:
			t.Errorf("%s stays running", id)
		case h.Status == flowengine.StatusAccepted != waiting[id]:
			t.Errorf("%s is %s, waiting to be run: %v", id, h.Status, waiting[id])
		case h.Status != flowengine.StatusAccepted:
			whole(t, h)
		}
	}
	if len(said["accepted"]) < 25 {
		t.Errorf("only %d were accepted", len(said["accepted"]))
	}
}

// work accepts, runs and ends executions until it is killed, and says on its
// standard output what it was promised.
func work(dir string) {
	s, err := store.Open(dir, nil)
	check(err)
	_, err = s.Interrupt(context.Background())
	check(err)
	var mu sync.Mutex
	say := func(word string, id flowengine.ExecutionID) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(word, id)
	}
	fmt.Println("open")
	base, n := rand.Int64(), atomic.Int64{}
	for range 16 {
		go func() {
			for {
				x := execution(0)
				x.ID = flowengine.ExecutionID(fmt.Sprintf("%016x%016x", base, n.Add(1)))
				check(s.Accept(context.Background(), x))
				say("accepted", x.ID)
				leg := func(e *flowengine.Event) { e.Leg = &flowengine.LegEvent{ID: "1"} }
				s.Append(x.ID, event(1, flowengine.ExecutionStarted, nil))
				check(s.Begin(context.Background(), x.ID, moment()))
				say("begun", x.ID)
				s.Append(x.ID, event(2, flowengine.LegDialling, leg), event(3, flowengine.LegAnswered, leg))
				if rand.IntN(4) == 0 {
					continue
				}
				s.Append(x.ID, event(4, flowengine.LegEnded, leg))
				check(s.End(context.Background(), x.ID, ending(5, flowengine.StatusFinished)))
				say("ended", x.ID)
			}
		}()
	}
	select {}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// What would be written to a file that nobody finds again is not promised, and
// nothing is made in its place.
func TestDatabaseThatIsTakenAway(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ringflow.db")
	s := openIn(t, dir)
	refusedThenTaken(t, s, func() { must(t, os.Rename(path, path+".gone")) }, func() {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("there is something in its place: %v", err)
		}
		must(t, os.Rename(path+".gone", path))
	})
	must(t, os.Rename(path, path+".gone"))
	text, err := os.ReadFile(path + ".gone")
	must(t, err)
	must(t, os.WriteFile(path, text, 0o600)) // its very image, and another file
	if err := s.Accept(t.Context(), execution(3)); !errors.Is(err, flowengine.ErrUnavailable) || !strings.Contains(err.Error(), "another file") {
		t.Errorf("Accept says %v, want ErrUnavailable", err)
	}
	must(t, os.Rename(path+".gone", path))
	must(t, s.Accept(t.Context(), execution(3)))
}

// A probe reaches the disk each time, or it would prove nothing.
func TestCheckWrites(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	log := filepath.Join(dir, "ringflow.db-wal")
	for range 3 {
		before, err := os.Stat(log)
		must(t, err)
		must(t, s.Check(t.Context()))
		if now, err := os.Stat(log); err != nil || now.Size() <= before.Size() {
			t.Errorf("the log had %d bytes, then %d, %v", before.Size(), now.Size(), err)
		}
	}
}
