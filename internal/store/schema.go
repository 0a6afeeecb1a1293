package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// checkVersion refuses a schema of a newer program. where names the database.
func checkVersion(where string, version, known int) error {
	if version <= known {
		return nil
	}
	return fmt.Errorf("open database %s: its schema has version %d, this program knows up to %d: run the newer program that wrote it; it was left as it is", where, version, known)
}

// migrate leads from a schema version through the steps behind it, in one
// transaction. Each step is the statements that lead to the next version; types
// replaces the words in braces.
func migrate(ctx context.Context, db *sql.DB, from int, steps [][]string, types *strings.Replacer) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("change schema: %w", err)
	}
	statements := []string{}
	for _, step := range steps[from:] {
		statements = append(statements, step...)
	}
	statements = append(statements, `DELETE FROM schema_version`, fmt.Sprintf(`INSERT INTO schema_version (version) VALUES (%d)`, len(steps)))
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, types.Replace(statement)); err != nil {
			return errors.Join(fmt.Errorf("change schema from version %d: %w", from, err), tx.Rollback())
		}
	}
	return wrap(fmt.Sprintf("change schema from version %d", from), tx.Commit())
}
