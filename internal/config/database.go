package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Database is the PostgreSQL database that holds the record in the place of a file.
type Database struct {
	URL          string `yaml:"url" reload:"restart" form:"database URL" doc:"PostgreSQL database that holds the record in the place of a file in the --data folder, such as postgres://ringflow@db.example.com:5432/ringflow?sslmode=verify-full; it may not hold a password. serve --database goes before it; see [the record in PostgreSQL](postgresql.md)"`
	PasswordFile string `yaml:"password_file" reload:"restart" doc:"file that holds the password, relative to this file; without it, the environment's PGPASSWORD or PGPASSFILE"`
}

// checkDatabaseURL returns an error that does not repeat the URL: it may hold a
// password where none may stand.
func checkDatabaseURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || len(u.Path) < 2 {
		return errors.New("this is no URL of a PostgreSQL database: write postgres://ringflow@db.example.com:5432/ringflow")
	}
	_, secret := u.User.Password()
	for name := range u.Query() {
		secret = secret || strings.Contains(name, "password")
	}
	if secret {
		return errors.New("it holds a password, which logs and lists of processes would show: write it to a file that database.password_file names, or set PGPASSWORD in the environment")
	}
	return nil
}

// UseDatabase has a URL of the command line go before the configuration's, and before
// that of each later one that Inherit is called for.
func (c *Config) UseDatabase(url string) error {
	if err := checkDatabaseURL(url); err != nil {
		return err
	}
	c.Database.URL, c.databaseGiven = url, true
	return nil
}

// Inherit takes over what the command line said beside an older configuration.
func (c *Config) Inherit(old *Config) {
	if old.databaseGiven {
		c.Database.URL, c.databaseGiven = old.Database.URL, true
	}
}

// Record is where store.Open finds the record: the data folder, or the URL of the
// database with its password.
func (c *Config) Record(dataDir string) (string, error) {
	if c.Database.URL == "" {
		return dataDir, nil
	}
	password, err := c.secret("", c.Database.PasswordFile)
	if err != nil {
		return "", c.ErrorAt("$.database.password_file", err)
	}
	if _, err := pgconn.ParseConfig(c.Database.URL); err != nil {
		text := err.Error()
		why := text[strings.LastIndex(text, "`: ")+len("`: "):] // what stands before it repeats the URL
		err = fmt.Errorf("the URL cannot be used: %s: write postgres://ringflow@db.example.com:5432/ringflow?sslmode=verify-full", why)
		if c.databaseGiven {
			return "", fmt.Errorf("--database: %w", err)
		}
		return "", c.ErrorAt("$.database.url", err)
	}
	u, err := url.Parse(c.Database.URL)
	if err != nil || password == "" {
		return c.Database.URL, err
	}
	q := u.Query()
	q.Set("password", password)
	u.RawQuery = q.Encode()
	return u.String(), nil
}
