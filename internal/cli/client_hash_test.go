package cli

import (
	"strings"
	"testing"

	"ringflow/internal/config"
)

// What `client hash` prints may stand in the configuration, and the secret lets
// the client in.
func TestClientHash(t *testing.T) {
	var out, complaints strings.Builder
	withInput(t, "a long secret\n")
	if status := Run(t.Context(), []string{"client", "hash"}, &out, &complaints); status != 0 || strings.Contains(out.String(), "long") {
		t.Fatalf("status %d, %s%s", status, &out, &complaints)
	}
	hashed := strings.Replace(goodConfig, "secret: s\n", "secret_hash: "+out.String(), 1)
	c, err := config.Parse("x.yaml", []byte(hashed))
	if err != nil {
		t.Fatal(err)
	}
	clients, err := c.OAuthClients()
	if err != nil || !clients.Hashed() || !clients["c"].Secrets[0].Prove("a long secret") {
		t.Errorf("the client is not let in: %v", err)
	}
	for text, want := range map[string]string{
		strings.Replace(goodConfig, "secret: s\n", "secret_hash: a long secret\n", 1):                           "x.yaml:13: accounts[0].clients[0].secret_hash: secret hash: want pbkdf2-sha256$",
		strings.Replace(hashed, "        secret_hash", "        secret: a long secret\n        secret_hash", 1): "give exactly one of secret, secret_file and secret_hash",
	} {
		if _, err := config.Parse("x.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "long secret") {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	withInput(t, "\n")
	if status := Run(t.Context(), []string{"client", "hash"}, &out, &complaints); status != 1 || !strings.Contains(complaints.String(), "standard input is empty") {
		t.Errorf("an empty secret: status %d, %s", status, &complaints)
	}
}
