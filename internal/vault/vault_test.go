package vault_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/internal/vault"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, path string) *vault.Vault {
	t.Helper()
	v, err := vault.Open(path)
	must(t, err)
	return v
}

func line() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	return base64.StdEncoding.EncodeToString(key) + "\n"
}

// A key is made when something is sealed first, for its owner alone, and found
// again by the next who opens it.
func TestTheKeyIsMadeAtFirstUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.key")
	v := open(t, path)
	if _, err := os.Stat(path); err == nil || v.Exists() {
		t.Error("there is a key before anything was sealed")
	}
	sealed, err := v.Seal([]byte("a secret"), "acme secret crm")
	must(t, err)
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has the mode %v", info.Mode())
	}
	left, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	if len(left) != 1 {
		t.Errorf("beside the key lies %v", left)
	}
	plain, err := open(t, path).Unseal(sealed, "acme secret crm")
	must(t, err)
	if string(plain) != "a secret" {
		t.Errorf("unsealed %q", plain)
	}
	if bytes.Contains(sealed, []byte("a secret")) {
		t.Error("the sealed text holds the plain one")
	}
	again, err := v.Seal([]byte("a secret"), "acme secret crm")
	must(t, err)
	if bytes.Equal(sealed, again) {
		t.Error("the same text is sealed into the same")
	}
}

func TestWhatIsAboutAnotherIsNotUnsealed(t *testing.T) {
	v := open(t, filepath.Join(t.TempDir(), "secrets.key"))
	sealed, err := v.Seal([]byte("a secret"), "acme secret crm")
	must(t, err)
	if _, err := v.Unseal(sealed, "acme secret erp"); !errors.Is(err, vault.ErrDamaged) {
		t.Errorf("about another: %v", err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if plain, err := v.Unseal(changed, "acme secret crm"); err == nil {
			t.Errorf("with byte %d changed it is %q", i, plain)
		}
		if _, err := v.Unseal(sealed[:i], "acme secret crm"); err == nil {
			t.Errorf("the first %d bytes are unsealed", i)
		}
	}
}

// A new line on top seals from then on; the old one still unseals, until it is
// taken away.
func TestAKeyIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.key")
	old, fresh := line(), line()
	must(t, os.WriteFile(path, []byte(old), 0o600))
	sealed, err := open(t, path).Seal([]byte("a secret"), "x")
	must(t, err)
	must(t, os.WriteFile(path, []byte("# since today\n"+fresh+"\n"+old), 0o600))
	both := open(t, path)
	if plain, err := both.Unseal(sealed, "x"); err != nil || string(plain) != "a secret" {
		t.Errorf("under the old key: %q, %v", plain, err)
	}
	if !both.Stale(sealed) {
		t.Error("what the old key sealed is not stale")
	}
	again, err := both.Seal([]byte("a secret"), "x")
	must(t, err)
	if both.Stale(again) {
		t.Error("what the new key sealed is stale")
	}
	must(t, os.WriteFile(path, []byte(fresh), 0o600))
	if plain, err := open(t, path).Unseal(again, "x"); err != nil || string(plain) != "a secret" {
		t.Errorf("under the new key alone: %q, %v", plain, err)
	}
	if _, err := open(t, path).Unseal(sealed, "x"); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("without the old key: %v", err)
	}
}

func TestBadKeyFiles(t *testing.T) {
	good := line()
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"empty":    {"", 0o600, "holds no key: put it back from a backup"},
		"comments": {"# nothing\n", 0o600, "holds no key"},
		"short":    {"c2hvcnQ=\n", 0o600, ":1: the line is no key: 32 random bytes in base64"},
		"garbage":  {good + "what is this\n", 0o600, ":2: the line is no key"},
		"readable": {good, 0o640, "can be read by others on this machine: chmod 600"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secrets.key")
			must(t, os.WriteFile(path, []byte(c.text), c.mode))
			_, err := vault.Open(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), strings.TrimSpace(good)) {
				t.Error("the error tells the key")
			}
		})
	}
}

func TestAKeyThatCannotBeWritten(t *testing.T) {
	v := open(t, filepath.Join(t.TempDir(), "no such folder", "secrets.key"))
	if _, err := v.Seal([]byte("x"), "x"); err == nil || !strings.Contains(err.Error(), "write the secrets key") {
		t.Errorf("got %v", err)
	}
}

// A key file that came into being meanwhile is never overwritten.
func TestAKeyFileIsNotOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets.key")
	v := open(t, path)
	theirs := line()
	must(t, os.WriteFile(path, []byte(theirs), 0o600))
	if _, err := v.Seal([]byte("x"), "x"); err == nil {
		t.Error("something was sealed")
	}
	got, err := os.ReadFile(path)
	must(t, err)
	if string(got) != theirs {
		t.Error("the key file is another")
	}
}

func FuzzUnseal(f *testing.F) {
	v := open(f, filepath.Join(f.TempDir(), "secrets.key"))
	sealed, err := v.Seal([]byte("a secret"), "x")
	must(f, err)
	f.Add(sealed)
	f.Fuzz(func(t *testing.T, data []byte) {
		if plain, err := v.Unseal(data, "x"); err == nil && !bytes.Equal(data, sealed) {
			t.Errorf("%x is unsealed as %q", data, plain)
		}
	})
}
