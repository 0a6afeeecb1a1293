package vault

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"ringflow/internal/durable"
)

// readKeys reads a key file: a key a line, 32 bytes in base64, the one that
// seals first, then those that only unseal. Empty lines and those that begin
// with # do not count. A file that does not exist holds none.
func readKeys(path string) ([]key, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the secrets key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the secrets key %s can be read by others on this machine: chmod 600 %[1]s", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the secrets key: %w", err)
	}
	return parseKeys(path, string(text))
}

func parseKeys(path, text string) ([]key, error) {
	var keys []key
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		secret, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(secret) != keyBytes {
			return nil, fmt.Errorf("the secrets key %s:%d: the line is no key: %d random bytes in base64, as `openssl rand -base64 %d` prints them", path, i+1, keyBytes, keyBytes)
		}
		k, err := newKey(secret)
		if err != nil {
			return nil, fmt.Errorf("the secrets key %s:%d: %w", path, i+1, err)
		}
		keys = append(keys, k)
	}
	if keys == nil {
		return nil, fmt.Errorf("the secrets key %s holds no key: put it back from a backup; where nothing was ever sealed, remove the file and another is made", path)
	}
	return keys, nil
}

// writeKey makes a key file of mode 0600. It is whole on the disk
// when writeKey returns, or is not there: what is sealed under a key that a loss
// of power takes away could never be read again.
func writeKey(path string) (k key, err error) {
	secret := make([]byte, keyBytes)
	_, _ = rand.Read(secret) // never fails
	if k, err = newKey(secret); err == nil {
		text := fmt.Sprintf("# Unseals what accounts keep over the API. Without it a backup of the database holds none of that.\n%s\n",
			base64.StdEncoding.EncodeToString(secret))
		err = durable.Write(path, ".secrets-", []byte(text), os.Link) // fails if there is one by now
	}
	if err != nil {
		return key{}, fmt.Errorf("write the secrets key: %w", err)
	}
	return k, nil
}
