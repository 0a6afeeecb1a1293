package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// errEmptied: the file has no byte left of a record that was there.
var errEmptied = errors.New("it is empty, but what lies beside it says that there was a record")

// checkEmptied returns errEmptied if a database of no bytes in dir was not always
// that. A new one is empty until its schema is written, and a process may die
// before; but what accounts keep, an older schema's copy and what the writer has
// not yet moved to the file come only with a record. To begin anew all the same,
// take the empty file away: where there is none, nothing was emptied.
func checkEmptied(dir string) error {
	if info, err := os.Stat(filepath.Join(dir, fileName)); err != nil || info.Size() > 0 {
		return nil // what cannot be looked at is told when it is opened
	}
	root := os.DirFS(dir)
	for _, pattern := range []string{"secrets.key", fileName + "-wal", schemaBackup + "*", "prompts/*/*"} {
		found, err := fs.Glob(root, pattern)
		if err != nil {
			return fmt.Errorf("look beside the database: %w", err)
		}
		for _, name := range found {
			switch info, err := fs.Stat(root, name); {
			case errors.Is(err, fs.ErrNotExist):
			case err != nil:
				return fmt.Errorf("look beside the database: %w", err)
			case info.Size() > 0:
				return fmt.Errorf("%w: %s", errEmptied, name)
			}
		}
	}
	return nil
}
