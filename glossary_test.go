package ringflow_test

import (
	"go/ast"
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
	// rowOfWords is a row of the last table in docs/glossary.md: words, and the terms
	// in their place.
	rowOfWords = regexp.MustCompile("(?m)^\\| ((?:`[a-z]+` ?)+)\\| [^|]+ \\|$")
	// namePart is one word of a name in camel case.
	namePart = regexp.MustCompile(`[A-Z]+(?:$|[^a-z])|[A-Z]?[a-z]+`)
	isTest   = regexp.MustCompile(`^(Test|Benchmark|Fuzz|Example)`)
)

// TestNoWordComesBack holds the names of files and of everything that Go code declares,
// tests' own names apart, to the glossary: none has a word that gave way to a term.
func TestNoWordComesBack(t *testing.T) {
	page, err := os.ReadFile("docs/glossary.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(page), "## Words that gave way")
	banned := map[string]bool{}
	for _, row := range rowOfWords.FindAllStringSubmatch(table, -1) {
		for _, word := range strings.Fields(row[1]) {
			banned[strings.Trim(word, "`")] = true
		}
	}
	if !found || len(banned) < 40 {
		t.Fatalf("docs/glossary.md lists %d words that gave way", len(banned))
	}
	for name, want := range map[string]bool{"chronicle": true, "openNewsroom": true, "NEWSHelf": false, "Leg": false} {
		if got := bannedWord(name, banned) != ""; got != want {
			t.Errorf("the check of %s gives %t", name, got)
		}
	}
	files := 0
	err = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() == "bin" || d.Name() == "dist"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		files++
		if word := bannedWord(strings.ReplaceAll(strings.TrimSuffix(d.Name(), ".go"), "_", " "), banned); word != "" {
			t.Errorf("%s: the file's name has the word %s: docs/glossary.md has the term in its place", path, word)
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, name := range declared(file) {
			if isTest.MatchString(name.Name) && strings.HasSuffix(path, "_test.go") { // a test's name is a sentence
				continue
			}
			if word := bannedWord(name.Name, banned); word != "" {
				t.Errorf("%s: %s has the word %s: docs/glossary.md has the term in its place", set.Position(name.Pos()), name.Name, word)
			}
		}
		return nil
	})
	if err != nil || files < 500 {
		t.Errorf("read %d files: %v", files, err)
	}
}

// bannedWord returns the first word of a name that is among those banned, "" if none is.
func bannedWord(name string, banned map[string]bool) string {
	for _, part := range namePart.FindAllString(name, -1) {
		if word := strings.ToLower(part); banned[word] {
			return word
		}
	}
	return ""
}

// declared returns what a file declares: types, functions, methods, constants,
// variables, fields and parameters.
func declared(file *ast.File) (names []*ast.Ident) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			names = append(names, n.Name)
		case *ast.TypeSpec:
			names = append(names, n.Name)
		case *ast.ValueSpec:
			names = append(names, n.Names...)
		case *ast.Field:
			names = append(names, n.Names...)
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if name, ok := left.(*ast.Ident); ok && n.Tok == token.DEFINE {
					names = append(names, name)
				}
			}
		}
		return true
	})
	return names
}
