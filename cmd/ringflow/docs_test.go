package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestGeneratedPagesAreFresh(t *testing.T) {
	for name, want := range generatedPages() {
		got, err := os.ReadFile(filepath.Join("../../docs", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/%s is stale (%v): run make docs", name, err)
		}
	}
}
