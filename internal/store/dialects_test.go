package store_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"ringflow.test/postgrestest"
)

// newRecord makes a place for a record, as store.Open takes it.
type newRecord func(testing.TB) string

// dialects are what each test runs on that does not name one in its file.
var dialects = []struct {
	name      string
	newRecord newRecord
}{
	{"sqlite", func(t testing.TB) string { return t.TempDir() }},
	{"postgres", newSchema},
}

// onEachDialect runs a test on each dialect, side by side: both wait for disks and
// processes more than they compute.
func onEachDialect(t *testing.T, test func(*testing.T, newRecord)) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			test(t, d.newRecord)
		})
	}
}

// server is the PostgreSQL server of the tests; TestMain stops it.
var server *postgrestest.Server

// postgres starts the server for the first test that needs it.
func postgres(t testing.TB) *postgrestest.Server {
	t.Helper()
	if server == nil {
		var err error
		server, err = postgrestest.Start()
		must(t, err)
	}
	return server
}

// newSchema makes a place on the server.
func newSchema(t testing.TB) string {
	t.Helper()
	url, err := postgres(t).New()
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
	code := m.Run()
	if server != nil {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

func command(role, at string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), child+"="+role+" "+at)
	return c
}
