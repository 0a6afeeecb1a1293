package store_test

import (
	"errors"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

func TestReportJobs(t *testing.T) { onEachDialect(t, testReportJobs) }

func testReportJobs(t *testing.T, newRecord newRecord) {
	dir := newRecord(t)
	s := openIn(t, dir)
	now := time.Now()
	for i, id := range []string{"a", "b", "c"} {
		must(t, s.AddReportJob(t.Context(), record.ReportJob{ID: id, Account: "acme", Request: []byte(id + "!"), CreatedAt: now.Add(time.Duration(i) * time.Second)}))
	}
	must(t, s.AddReportJob(t.Context(), record.ReportJob{ID: "other", Account: "other", CreatedAt: now, Request: []byte{}}))
	must(t, s.AddReportJob(t.Context(), record.ReportJob{ID: "old", Account: "acme", CreatedAt: now.Add(-record.ReportJobLifetime - time.Second), Request: []byte{}}))
	if err := s.AddReportJob(t.Context(), record.ReportJob{ID: "a", Account: "acme"}); err == nil {
		t.Error("an id was stored twice")
	}
	must(t, s.Close())
	s = openIn(t, dir)
	defer func() { must(t, s.Close()) }()
	must(t, s.DeleteReportJob(t.Context(), "acme", "b"))
	for _, gone := range [][2]string{{"acme", "b"}, {"acme", "old"}, {"acme", "other"}, {"other", "a"}} {
		if _, err := s.ReportJob(t.Context(), gone[0], gone[1]); !errors.Is(err, record.ErrNoReportJob) {
			t.Errorf("%v: %v", gone, err)
		}
		if err := s.DeleteReportJob(t.Context(), gone[0], gone[1]); !errors.Is(err, record.ErrNoReportJob) {
			t.Errorf("drop %v: %v", gone, err)
		}
	}
	j, err := s.ReportJob(t.Context(), "acme", "c")
	must(t, err)
	if string(j.Request) != "c!" || !j.CreatedAt.Equal(now.Add(2*time.Second).Truncate(time.Microsecond)) || j.Account != "acme" {
		t.Errorf("%+v", j)
	}
	for _, c := range []struct {
		skip, limit int
		want        string
	}{{0, 10, "ca"}, {0, 1, "c"}, {1, 1, "a"}, {2, 5, ""}} {
		found, total, err := s.ReportJobs(t.Context(), "acme", c.skip, c.limit)
		must(t, err)
		got := ""
		for _, j := range found {
			got += j.ID
		}
		if got != c.want || total != 2 {
			t.Errorf("%d after %d: %q of %d", c.limit, c.skip, got, total)
		}
	}
}
