package store_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"ringflow.test/postgrestest"

	"ringflow/internal/store/storetest"
)

// newRecord makes a place for a record, as store.Open takes it.
type newRecord func(testing.TB) string

// dialects are what each test runs on that does not name one in its file.
var dialects = []struct {
	name      string
	newRecord newRecord
}{
	{"sqlite", storetest.Folder},
	{"postgres", newSchema},
}

// sideBySide is how many tests that say t.Parallel run at once: they wait for disks and
// processes more than they compute.
const sideBySide = "4"

// onEachDialect runs a test on each dialect, side by side with other tests.
func onEachDialect(t *testing.T, test func(*testing.T, newRecord)) {
	t.Parallel()
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			test(t, d.newRecord)
		})
	}
}

// lazyServer is a PostgreSQL server that the first test that needs it starts, and TestMain
// stops.
type lazyServer struct {
	sync.Mutex
	running *postgrestest.Server
}

func (l *lazyServer) start(t testing.TB) *postgrestest.Server {
	t.Helper()
	l.Lock()
	defer l.Unlock()
	if l.running == nil {
		var err error
		l.running, err = postgrestest.Start()
		must(t, err)
	}
	return l.running
}

func (l *lazyServer) stop() error {
	if l.running == nil {
		return nil
	}
	return l.running.Stop()
}

// steady is the server of most tests. The tests that have halting for their own halt or
// pause it, one after the other.
var (
	steady, halting lazyServer
	haltingTaken    sync.Mutex
)

// postgres is the server that goes on.
func postgres(t testing.TB) *postgrestest.Server {
	t.Helper()
	return steady.start(t)
}

// newSchema makes a place on the server, whose sessions may take long to come about: no test
// of it is about that.
func newSchema(t testing.TB) string {
	t.Helper()
	return strings.Replace(schemaOn(t, postgres(t)), "?", "?connect_timeout=60&", 1)
}

// haltingPostgres is a server that the test has for itself, and a place on it.
func haltingPostgres(t testing.TB) (server *postgrestest.Server, at string) {
	t.Helper()
	haltingTaken.Lock()
	t.Cleanup(haltingTaken.Unlock)
	server = halting.start(t)
	return server, schemaOn(t, server)
}

func schemaOn(t testing.TB, server *postgrestest.Server) string {
	t.Helper()
	url, err := server.New()
	must(t, err)
	return url
}

// child names the environment variable that makes the test binary play the
// process that a test kills or starves; its value is the role, then the place of
// the record.
const child = "RINGFLOW_STORE_CHILD"

func TestMain(m *testing.M) {
	role, at, _ := strings.Cut(os.Getenv(child), " ")
	switch role {
	case "work":
		work(at)
	case "starve":
		starve(at)
	case "backup":
		backUp(at)
	case "migrate":
		migrate(at)
	default:
		os.Exit(runAll(m))
	}
}

func runAll(m *testing.M) int {
	if err := flag.Set("test.parallel", sideBySide); err != nil { // unless the command line says another
		panic(err)
	}
	code := m.Run()
	if err := errors.Join(steady.stop(), halting.stop()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func command(role, at string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), child+"="+role+" "+at)
	return c
}
