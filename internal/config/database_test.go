package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The URL of the database is checked, and no error repeats a password that stands in
// it; the one in the file gets into what the store opens.
func TestDatabase(t *testing.T) {
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("p&ss w\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "ringflow.yaml")
	for _, c := range []struct {
		keys, opens, fault string
	}{
		{"", "data", ""},
		{"{password_file: password}", "", "database.password_file"},
		{"{url: 'postgres://ringflow@db.example.com/ringflow'}", "postgres://ringflow@db.example.com/ringflow", ""},
		{"{url: 'postgresql:///ringflow?host=/run/postgresql', password_file: password}", "postgresql:///ringflow?host=%2Frun%2Fpostgresql&password=p%26ss+w", ""},
		{"{url: 'postgres://ringflow@db.example.com/ringflow', password_file: none}", "", "database.password_file"},
		{"{url: 'postgres://ringflow:hush@db.example.com/ringflow'}", "", "database.url"},
		{"{url: 'postgres://db.example.com/ringflow?password=hush'}", "", "database.url"},
		{"{url: 'postgres://ringflow:hush@[::1/ringflow'}", "", "database.url"},
		{"{url: 'postgres://db.example.com'}", "", "database.url"},
		{"{url: 'mysql://hush@db.example.com/ringflow'}", "", "database.url"},
		{"{url: db.example.com/ringflow}", "", "database.url"},
		{"{url: 'postgres://ringflow@db.example.com:99999/ringflow'}", "", "database.url: the URL cannot be used: invalid port"},
		{"{url: 'postgres://ringflow@db.example.com/ringflow?sslmode=maybe'}", "", "database.url: the URL cannot be used: failed to configure TLS (sslmode is invalid)"},
	} {
		one, err := Parse(path, []byte(goodConfig+"database: "+c.keys+"\n"))
		at := ""
		if err == nil {
			at, err = one.Record("data")
		}
		if at != c.opens || (c.fault == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.fault+": ") {
			t.Errorf("%s opens %q: %v", c.keys, at, err)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("it tells the password: %v", err)
		}
	}
	given, next := Config{}, Config{Database: Database{URL: "postgres://other.example.com/ringflow"}}
	if err := given.UseDatabase("postgres://ringflow:hush@db.example.com/ringflow"); err == nil {
		t.Error("a password is taken on the command line")
	}
	if next.Inherit(&given); next.Database.URL != "postgres://other.example.com/ringflow" {
		t.Errorf("without the command line it is %s", next.Database.URL)
	}
	if err := given.UseDatabase("postgres://ringflow@db.example.com/ringflow"); err != nil {
		t.Errorf("the command line: %v", err)
	}
	if next.Inherit(&given); next.Database.URL != "postgres://ringflow@db.example.com/ringflow" {
		t.Errorf("after a reload it is %s", next.Database.URL)
	}
	if err := given.UseDatabase("postgres://ringflow@db.example.com:99999/ringflow"); err != nil {
		t.Errorf("the command line: %v", err)
	}
	if _, err := given.Record("data"); err == nil || !strings.HasPrefix(err.Error(), "--database: the URL cannot be used: invalid port: write postgres://") {
		t.Errorf("a port that is none is told as %v", err)
	}
}
