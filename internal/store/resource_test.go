package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringflow/internal/resource"
)

func resourceRecord(name string, version int64, sealed string) resource.Record {
	at := time.UnixMicro(1_700_000_000_000_000).UTC()
	return resource.Record{Key: resource.Key{Account: "acme", Kind: "secret", Name: name}, Version: version, CreatedAt: at, UpdatedAt: at.Add(time.Second), Sealed: []byte(sealed)}
}

func TestRecordsAreKept(t *testing.T) { onEachDialect(t, testResourcesAreStored) }

func testResourcesAreStored(t *testing.T, newRecord newRecord) {
	dir := newRecord(t)
	s := openIn(t, dir)
	must(t, s.PutRecord(t.Context(), resourceRecord("b", 1, "one"), 0))
	must(t, s.PutRecord(t.Context(), resourceRecord("a", 1, "two"), 0))
	must(t, s.PutRecord(t.Context(), resourceRecord("b", 2, "three"), 1))
	for name, err := range map[string]error{
		"a second first":   s.PutRecord(t.Context(), resourceRecord("a", 1, "x"), 0),
		"an old version":   s.PutRecord(t.Context(), resourceRecord("b", 2, "x"), 1),
		"one that is not":  s.PutRecord(t.Context(), resourceRecord("c", 2, "x"), 1),
		"drop an old one":  s.DeleteRecord(t.Context(), resourceRecord("b", 0, "").Key, 1),
		"drop one not had": s.DeleteRecord(t.Context(), resourceRecord("c", 0, "").Key, 1),
	} {
		if !errors.Is(err, resource.ErrChanged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, s.DeleteRecord(t.Context(), resourceRecord("a", 0, "").Key, 1))
	must(t, s.Close())
	got, err := openIn(t, dir).Records(t.Context())
	must(t, err)
	if want := resourceRecord("b", 2, "three"); len(got) != 1 || got[0].Key != want.Key || got[0].Version != 2 || string(got[0].Sealed) != "three" ||
		!got[0].CreatedAt.Equal(want.CreatedAt) || !got[0].UpdatedAt.Equal(want.UpdatedAt) {
		t.Errorf("after a restart there is %+v", got)
	}
}

// Of many changes of the same version, one is made.
func TestOneWriterWins(t *testing.T) { onEachDialect(t, testOneWriterWins) }

func testOneWriterWins(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	must(t, s.PutRecord(t.Context(), resourceRecord("a", 1, "first"), 0))
	var won atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			switch err := s.PutRecord(t.Context(), resourceRecord("a", 2, "second"), 1); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, resource.ErrChanged):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of them have changed it", won.Load())
	}
}
