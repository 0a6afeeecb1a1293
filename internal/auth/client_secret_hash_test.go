package auth_test

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/internal/auth"
)

// horseHash is made once: it costs what a guess is to cost.
var horseHash = sync.OnceValues(func() (string, error) { return auth.HashSecret("correct horse") })

// cheapHash is of so few iterations that a guess costs nothing.
func cheapHash(t *testing.T, secret string) string {
	t.Helper()
	const iterations = 1000
	salt := []byte("salt of 16 bytes")
	sum, err := pbkdf2.Key(sha256.New, secret, salt, iterations, sha256.Size)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("pbkdf2-sha256$%d$%s$%s", iterations, text(salt), text(sum))
}

func TestSecret(t *testing.T) {
	hash, err := horseHash()
	if err != nil {
		t.Fatal(err)
	}
	other, err := auth.HashSecret("correct horse")
	if err != nil || hash == other || strings.Contains(hash, "horse") {
		t.Fatalf("hashes %q and %q must differ and hide the secret (%v)", hash, other, err)
	}
	whole, err := auth.ParseSecretHash(hash)
	if err != nil {
		t.Fatal(err)
	}
	if !whole.Prove("correct horse") {
		t.Error("HashSecret makes another secret's hash")
	}
	hashed, err := auth.ParseSecretHash(cheapHash(t, "correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*auth.SecretHash{"plain": auth.HashOf("correct horse"), "hashed": hashed} {
		for _, c := range []struct {
			candidate string
			want      bool
		}{{"correct horsf", false}, {"", false}, {"correct horse", true}, {"correct horse ", false}, {"correct horse", true}} {
			if got := s.Prove(c.candidate); got != c.want {
				t.Errorf("%s: Prove(%q) = %v", name, c.candidate, got)
			}
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if printed := fmt.Sprintf(verb, s); printed != "***" {
				t.Errorf("%s: %s prints %q", name, verb, printed)
			}
		}
	}
}

// Once proven, a hashed secret costs next to nothing, and so does a wrong one.
func TestHashedSecretIsDerivedOnce(t *testing.T) {
	hash, err := horseHash()
	if err != nil {
		t.Fatal(err)
	}
	s, err := auth.ParseSecretHash(hash)
	if err != nil {
		t.Fatal(err)
	}
	if s.Knows("correct horse") {
		t.Error("a secret is known that nobody has proven")
	}
	begin := time.Now()
	if !s.Prove("correct horse") {
		t.Error("the right secret is refused")
	}
	first := time.Since(begin)
	begin = time.Now()
	const many = 1000
	for range many {
		if s.Prove("wrong") || s.Knows("wrong") || !s.Prove("correct horse") || !s.Knows("correct horse") {
			t.Fatal("wrong verdict")
		}
	}
	if later := time.Since(begin) / many; later > first/20 {
		t.Errorf("a pair of comparisons takes %v, the first took %v", later, first)
	}
}

func TestParseSecretRefuses(t *testing.T) {
	good := cheaply(t, "x")
	if _, err := auth.ParseSecretHash(good); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, "$")
	for _, bad := range []string{
		"", "x", good + "$", strings.Replace(good, "pbkdf2", "md5", 1),
		strings.Join([]string{parts[0], "0", parts[2], parts[3]}, "$"),
		strings.Join([]string{parts[0], "-1", parts[2], parts[3]}, "$"),
		strings.Join([]string{parts[0], "99999999", parts[2], parts[3]}, "$"),
		strings.Join([]string{parts[0], parts[1], "AAAA", parts[3]}, "$"),
		strings.Join([]string{parts[0], parts[1], parts[2], "AAAA"}, "$"),
		strings.Join([]string{parts[0], parts[1], parts[2], "!" + parts[3]}, "$"),
	} {
		if s, err := auth.ParseSecretHash(bad); err == nil || s != nil {
			t.Errorf("ParseSecretHash(%q) takes it", bad)
		}
	}
}

func FuzzParseSecret(f *testing.F) {
	f.Add("pbkdf2-sha256$1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$$$")
	f.Fuzz(func(t *testing.T, hash string) {
		if s, err := auth.ParseSecretHash(hash); (s == nil) == (err == nil) {
			t.Fatalf("ParseSecretHash(%q) = %v, %v", hash, s, err)
		}
	})
}
