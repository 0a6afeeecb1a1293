package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"ringflow/internal/manual"
	"testing"
)

func TestGeneratedPagesAreFresh(t *testing.T) {
	pages := manual.Pages()
	components, err := filepath.Glob("../../docs/components/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range components {
		if _, ok := pages["components/"+filepath.Base(path)]; !ok {
			t.Errorf("%s describes a component that does not exist", path)
		}
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join("../../docs", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/%s is stale (%v): run make docs", name, err)
		}
	}
}
