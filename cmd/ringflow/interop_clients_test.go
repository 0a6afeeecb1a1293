//go:build interop

package main_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringflow/internal/sim"
)

// clients is a server, and a folder with client programs of others, which are
// generated and built there.
type clients struct {
	*world
	t      *testing.T
	server *Server
}

// TestInteropClients holds the API to programs that know it by its document and by
// the RFCs alone: a linter, clients that generators made, an OAuth library.
func TestInteropClients(t *testing.T) {
	w := newWorld(t)
	c := &clients{world: w, t: t}
	startCarrier(t, w.at(trunkPort), map[string]sim.Behaviour{customer: sim.Answers().After(50 * time.Millisecond)})
	w.copyFiles("../../testdata/acceptance/flows/hangup.yaml", "flows")
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	for name, block := range map[string]*pem.Block{
		"public.pem":  {Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(key.Public()))},
		"private.pem": {Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(key))},
	} {
		w.write(name, pem.EncodeToMemory(block))
	}
	c.server = w.serve(w.write("ringflow.yaml", fmt.Appendf(nil, `http: {listen: %q}
sip: {listen: %q}
rtp: {bind: %s, ports: 20000-21999}
accounts:
  - name: acme
    rate_limit: 0
    clients:
      - {id: my-shop, secret: "s+cret/%%7E:&", scopes: [flows-interactions:start, flows:read]}
      - {id: signer, keys: [{kid: first, alg: ES256, file: public.pem}], scopes: [flows:read]}
    numbers: [%q]
    destinations: {allow: ["+1"]}
    trunks: [{name: carrier, targets: [%q]}]
    flows: flows
`, w.at(httpPort), w.at(sipPort), w.addr, ownNumber, w.at(trunkPort))))
	if err := os.CopyFS(w.path("clients"), os.DirFS("../../testdata/interop/clients")); err != nil {
		t.Fatal(err)
	}
	c.fetch("openapi.json")
	c.run(t, "node", nil, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	t.Run("redocly", c.lint)
	t.Run("openid-client", c.openID)
	t.Run("eventsource", c.follow)
	t.Run("ogen", func(t *testing.T) {
		c.generated(t, "ogen", "--config", "ogen.yml", "--target", "ogenclient", "--package", "ogenclient", "--clean", "openapi.json")
	})
	t.Run("oapi-codegen", func(t *testing.T) {
		if err := os.Mkdir(w.path("clients/oapiclient"), 0o755); err != nil {
			t.Fatal(err)
		}
		c.generated(t, "oapi-codegen", "-generate", "types,client", "-package", "oapiclient", "-o", "oapiclient/client.go", "openapi.json")
	})
	c.server.stop()
}

// fetch writes what the server shows into the folder.
func (c *clients) fetch(name string) {
	c.t.Helper()
	res, err := c.server.http.Get(c.server.base + "/" + name)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		c.t.Fatal(err)
	}
	c.write(filepath.Join("clients", name), b.Bytes())
}

// run runs a command in a part of the folder and returns what it says.
func (c *clients) run(t *testing.T, in string, env []string, command string, args ...string) string {
	t.Helper()
	p := exec.Command(command, args...)
	p.Dir, p.Env = c.path(filepath.Join("clients", in)), append(append(os.Environ(), "GOFLAGS=-mod=mod", "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true"), env...)
	output, err := p.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", command, strings.Join(args, " "), err, output)
	}
	return string(output)
}

// lint expects no word of redocly about the document, be it a warning.
func (c *clients) lint(t *testing.T) {
	if output := c.run(t, "node", nil, "node_modules/.bin/redocly", "lint", "--config", "redocly.yaml", "--format", "json", "../openapi.json"); !strings.Contains(output, `"problems": []`) {
		t.Errorf("redocly says\n%s", output)
	}
}

// openID has openid-client 6 find the issuer and get tokens.
func (c *clients) openID(t *testing.T) {
	output := c.run(t, "node", nil, "node", "login.mjs", c.server.base, "my-shop", "s+cret/%7E:&", "signer", c.path("private.pem"))
	const want = `basic: bearer flows:read
basic, found by RFC 8414: bearer flows:read
body: bearer flows:read
assertion: bearer flows:read
assertion with a kid: bearer flows:read
wrong secret in the header: basic 401
wrong secret in the body: invalid_client 400 client authentication failed
assertion with a wrong kid: invalid_client 400 client authentication failed
scope: invalid_scope 400 client 'my-shop' may not have the scope 'flows:write'; it may have flows-interactions:start flows:read
`
	if output != want {
		t.Errorf("openid-client says\n%s\nwant\n%s", output, want)
	}
}

// follow has an EventSource go on from an event that the server does not know.
func (c *clients) follow(t *testing.T) {
	id := c.run(t, "", []string{"SECRET=s+cret/%7E:&"}, "sh", "-c", `T=$(curl -s -u "my-shop:$SECRET" -d grant_type=client_credentials `+c.server.base+`/oauth/token | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
		curl -s -H "Authorization: Bearer $T" -d '{"contact_1":"+12025550143"}' `+c.server.base+`/flows/hangup/interactions | sed 's/.*"flow_execution_id":"\([^"]*\)".*/\1/'`)
	output := c.run(t, "node", nil, "node", "follow.mjs", c.server.base, "my-shop", "s+cret/%7E:&", strings.TrimSpace(id))
	if want := "unknown: of-another-server\nevent: execution_accepted\nevent: execution_ended\nclosed: 204\n"; output != want {
		t.Errorf("EventSource says\n%s\nwant\n%s", output, want)
	}
}

// generated has a generator make a client, and the program in the folder of that
// name use it.
func (c *clients) generated(t *testing.T, generator string, args ...string) {
	c.run(t, "", nil, "go", append([]string{"tool", generator}, args...)...)
	program := "./" + strings.TrimSuffix(generator, "-codegen")
	c.run(t, "", nil, "go", "vet", program)
	output := c.run(t, "", nil, "go", "run", program, c.server.base, "my-shop", "s+cret/%7E:&")
	want := "wrong secret: invalid_client\nevent: execution_ended\nstep: trigger ok\nstep: call_contact answered\nstep: hang_up ok\nexecution: finished\n"
	if generator == "oapi-codegen" { // knows no streams
		want = strings.Replace(want, "event: execution_ended\n", "", 1)
	}
	if output != want {
		t.Errorf("the client of %s says\n%s\nwant\n%s", generator, output, want)
	}
}
