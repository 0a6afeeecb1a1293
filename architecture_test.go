package ringflow_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	quoted     = regexp.MustCompile("`([^`\n]+)`")
	memberName = regexp.MustCompile(`^[A-Za-z]+\.[A-Za-z]+$`)
	filePath   = regexp.MustCompile(`^[a-z0-9_./-]+\.(go|txt|yaml)$`)
)

// TestArchitectureNamesWhatIsThere holds that the methods, fields and files which
// ARCHITECTURE.md names exist. A file stands under its whole path, or by its name alone in
// some folder; x stands for any name.
func TestArchitectureNamesWhatIsThere(t *testing.T) {
	page, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		files = append(files, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, path := range files {
		if !strings.HasSuffix(path, ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			continue // of testdata
		}
		for _, name := range declared(file) {
			names[name.Name] = true
		}
		names[file.Name.Name] = true
	}
	checked := 0
	for _, match := range quoted.FindAllStringSubmatch(string(page), -1) {
		name := match[1]
		switch {
		case filePath.MatchString(name):
			checked++
			pattern := strings.ReplaceAll(name, "_x.", "_*.")
			found := false
			for _, path := range files {
				whole, _ := filepath.Match(pattern, path)
				alone, _ := filepath.Match(pattern, filepath.Base(path))
				found = found || whole || alone
			}
			if !found {
				t.Errorf("ARCHITECTURE.md names the file %s, which is not there", name)
			}
		case memberName.MatchString(name):
			checked++
			of, member, _ := strings.Cut(name, ".")
			if !names[of] || !names[member] {
				t.Errorf("ARCHITECTURE.md names %s, which no code declares", name)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d names were checked", checked)
	}
}
