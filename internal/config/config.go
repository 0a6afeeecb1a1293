// Package config is the configuration file of a server: its keys, each a tagged
// field, how they are read and validated, and what the other packages need of
// them. It does not know a running server, HTTP or SQL.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"ringflow/flowengine/flowfile"
)

// Config is the file that `ringflow serve --config` reads. The field comments
// are the manual: docs/configuration.md is printed from the doc tags.
type Config struct {
	HTTP     HTTP      `yaml:"http" doc:"where the API listens"`
	SIP      SIP       `yaml:"sip" doc:"the SIP user agent"`
	RTP      RTP       `yaml:"rtp" doc:"where audio comes and goes"`
	Drain    Duration  `yaml:"drain" default:"30s" doc:"how long calls in progress may go on after SIGTERM"`
	Accounts []Account `yaml:"accounts" doc:"who may start calls, with what"`

	SecretsKey string `yaml:"secrets_key" default:"DATA/secrets.key" doc:"file with the key that seals what accounts keep over the API: secrets, connections, functions, webhooks. It is made when something is kept first; see [operation](operation.md)"`

	root    yaml.Node // for the line of a mistake that only validation sees
	Path    string
	Renamed []string // warnings of keys that stand under another word, see reading.rename
}

// HTTP is the API's listener.
type HTTP struct {
	Listen     string   `yaml:"listen" default:"127.0.0.1:8080" doc:"address and port"`
	URL        string   `yaml:"url" doc:"where clients reach the API, such as https://calls.example.com behind a proxy: the issuer of tokens, and what an aud may be; without it, the address that it listens at"`
	Streams    int      `yaml:"event_streams" default:"1000" doc:"event streams that may be open at once; more are refused with 503"`
	TLSCert    string   `yaml:"tls_cert" doc:"PEM file with the certificate chain; with tls_key, the API speaks HTTPS. A renewed file is used at once"`
	TLSKey     string   `yaml:"tls_key" doc:"PEM file with its private key"`
	MaxBody    int64    `yaml:"max_body" default:"65536" doc:"largest request body in bytes; prompts have a limit of their own"`
	FormSecret bool     `yaml:"form_secret" default:"true" doc:"client_id and client_secret are taken in the body of a token request too; false takes HTTP Basic and private_key_jwt alone"`
	Audiences  []string `yaml:"audiences" doc:"further aud values taken in a client_assertion, besides url and the address that a request came to, each with and without /oauth/token"`
}

// SIP is the SIP socket.
type SIP struct {
	Listen    string `yaml:"listen" default:"127.0.0.1:5060" doc:"UDP address and port"`
	Advertise string `yaml:"advertise" doc:"address and port that peers reach us at, when a NAT stands between; else what we listen on"`
}

// RTP is the range of RTP ports; a leg takes one even port.
type RTP struct {
	Bind      string `yaml:"bind" default:"127.0.0.1" doc:"local address of the RTP ports"`
	Advertise string `yaml:"advertise" doc:"address that peers send audio to, when a NAT stands between; else bind"`
	Ports     string `yaml:"ports" default:"20000-39999" doc:"first and last port; a call takes one even port a leg"`
}

// Load reads and validates a configuration. The error names every
// mistake with file, line, key and what would be right.
func Load(path string) (Config, error) {
	c, err := Read(path)
	if err != nil {
		return Config{}, err
	}
	return c, nil
}

// Read is Load but that a configuration with mistakes is returned
// too, as far as it could be read: whatever is wrong in one part hides nothing of
// another from who checks them all.
func Read(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read the configuration: %w", err)
	}
	return Parse(path, data)
}

// Parse reads the text of a configuration, see Read.
func Parse(path string, data []byte) (Config, error) {
	c := Config{Path: path, Drain: Duration(30 * time.Second)}
	c.HTTP.MaxBody, c.HTTP.FormSecret = 65_536, true
	c.HTTP.Listen, c.SIP.Listen = "127.0.0.1:8080", "127.0.0.1:5060"
	c.RTP.Bind, c.RTP.Ports = "127.0.0.1", "20000-39999"
	c.HTTP.Streams = 1000
	if err := yaml.Unmarshal(data, &c.root); err != nil {
		return Config{}, notYAML(path, data, err)
	}
	m := &collector{c: &c, told: map[string]bool{}}
	reading{m: m, root: reflect.TypeFor[Config]()}.file()
	if len(c.Renamed) > 0 {
		var err error
		if data, err = yaml.Marshal(&c.root); err != nil {
			return Config{}, fmt.Errorf("read the configuration: %w", err)
		}
	}
	strict := yaml.NewDecoder(bytes.NewReader(data))
	strict.KnownFields(true)
	if err := strict.Decode(&c); err != nil && !errors.Is(err, io.EOF) && len(m.found) == 0 {
		return Config{}, notYAML(path, data, err)
	}
	if !m.told["$"] {
		c.validate(m)
	}
	return c, m.err()
}

// notYAML says what the YAML reader cannot make sense of, and what would be right.
func notYAML(path string, data []byte, err error) error {
	p := flowfile.NotYAML(path, data, err)
	what := strings.TrimPrefix(p.What, "this is not YAML: ")
	if p.Mend != "" {
		what += ": " + p.Mend
	}
	return fmt.Errorf("%s:%d: %s", path, max(p.Line, 1), what)
}

// PortRange returns the first and the last RTP port.
func (r RTP) PortRange() (uint16, uint16, error) {
	var lo, hi uint16
	if n, err := fmt.Sscanf(r.Ports, "%d-%d", &lo, &hi); n != 2 || err != nil || fmt.Sprintf("%d-%d", lo, hi) != r.Ports {
		return 0, 0, fmt.Errorf("%q is not a range of ports: write 20000-39999", r.Ports)
	}
	if lo < 1024 || hi < lo+1 {
		return 0, 0, fmt.Errorf("%q holds no pair of ports from 1024 to 65535 in rising order", r.Ports)
	}
	return lo, hi, nil
}

// ErrorAt says that a value, at a YAML path such as $.sip.listen, cannot be
// used after all.
func (c *Config) ErrorAt(at string, err error) error {
	m := collector{c: c}
	m.add(at, "%w", err)
	return m.err()
}

// Relative resolves a path of the configuration against the folder it lies in.
func (c *Config) Relative(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(c.Path), path)
}
