package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ringflow/internal/config"
	"ringflow/internal/durable"
	"ringflow/internal/resource"
	"ringflow/internal/store"
)

// The parts of a data folder that a backup copies: not the secrets key, and not
// rendered speech.
const (
	databaseFile = "ringflow.db"
	promptsDir   = "prompts"
)

// Backup copies a data folder to a new folder, also while a server uses it, and checks
// the copy. The folder has its name once all of it is on the disk.
func Backup(ctx context.Context, data, to string) (found store.Contents, prompts int, err error) {
	if _, err := os.Lstat(to); err == nil {
		return found, 0, fmt.Errorf("%w: choose a name that does not exist, the backup makes the folder", fs.ErrExist)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return found, 0, err
	}
	half, err := os.MkdirTemp(filepath.Dir(to), filepath.Base(to)+".half-*") // of mode 0700
	if err != nil {
		return found, 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(half))
		}
	}()
	if found, err = store.Backup(ctx, data, filepath.Join(half, databaseFile)); err != nil {
		return found, 0, err
	}
	if prompts, err = copyPrompts(filepath.Join(data, promptsDir), filepath.Join(half, promptsDir)); err != nil {
		return found, 0, fmt.Errorf("copy the prompts: %w", err)
	}
	if err := errors.Join(durable.Sync(half), os.Rename(half, to)); err != nil {
		return found, 0, err
	}
	return found, prompts, durable.Sync(filepath.Dir(to))
}

// copyPrompts copies the uploaded prompts, a folder for each account, with their
// modification times. Files that are being written or deleted are left out.
func copyPrompts(from, to string) (copied int, err error) {
	err = fs.WalkDir(os.DirFS(from), ".", func(path string, e fs.DirEntry, err error) error {
		target := filepath.Join(to, path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case e.IsDir():
			return os.Mkdir(target, 0o700)
		case strings.HasPrefix(e.Name(), "."):
			return nil
		}
		err = copyPrompt(filepath.Join(from, path), target)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		copied++
		return err
	})
	if err != nil || copied == 0 {
		return copied, err
	}
	return copied, filepath.WalkDir(to, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return durable.Sync(path)
	})
}

func copyPrompt(from, to string) (err error) {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	info, err := r.Stat()
	if err != nil {
		return err
	}
	w, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Sync(), w.Close(), os.Chtimes(to, info.ModTime(), info.ModTime()))
}

// DiscardSecrets removes the resources of a data folder that the secrets key cannot
// unseal, and returns which. No server may run on the folder.
func DiscardSecrets(ctx context.Context, configPath, dataDir string) ([]resource.Key, error) {
	cfg, err := config.Load(configPath)
	if err != nil {
		return nil, err
	}
	key, err := cfg.OpenVault(dataDir)
	if err != nil {
		return nil, err
	}
	at, err := cfg.Record(dataDir)
	if err != nil {
		return nil, err
	}
	record, err := store.Open(at, nil)
	if err != nil {
		return nil, err
	}
	gone, err := resource.Discard(ctx, record, key)
	return gone, errors.Join(err, record.Close())
}
