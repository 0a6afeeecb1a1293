package main

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

	"ringflow/flowengine"
	"ringflow/internal/api"
)

// Config is the file that `ringflow serve --config` reads. The field comments
// are the manual: docs/configuration.md is printed from the doc tags.
type Config struct {
	HTTP     HTTPConfig      `yaml:"http" doc:"where the API listens"`
	SIP      SIPConfig       `yaml:"sip" doc:"the SIP user agent"`
	RTP      RTPConfig       `yaml:"rtp" doc:"where audio comes and goes"`
	Drain    Duration        `yaml:"drain" default:"30s" doc:"how long calls in progress may go on after SIGTERM"`
	Accounts []AccountConfig `yaml:"accounts" doc:"who may start calls, with what"`

	SecretsKey string `yaml:"secrets_key" default:"DATA/secrets.key" doc:"file with the key that seals what accounts keep over the API: secrets, connections, functions, webhooks. It is made when something is kept first; see [operation](operation.md)"`

	root    yaml.Node // for the line of a mistake that only validation sees
	path    string
	renamed []string // warnings of keys that stand under another word, see reading.rename
}

// HTTPConfig is the API's listener.
type HTTPConfig struct {
	Listen     string   `yaml:"listen" default:"127.0.0.1:8080" doc:"address and port"`
	URL        string   `yaml:"url" doc:"where clients reach the API, such as https://calls.example.com behind a proxy: the issuer of tokens, and what an aud may be; without it, the address that it listens at"`
	Streams    int      `yaml:"event_streams" default:"1000" doc:"event streams that may be open at once; more are refused with 503"`
	TLSCert    string   `yaml:"tls_cert" doc:"PEM file with the certificate chain; with tls_key, the API speaks HTTPS. A renewed file is used at once"`
	TLSKey     string   `yaml:"tls_key" doc:"PEM file with its private key"`
	MaxBody    int64    `yaml:"max_body" default:"65536" doc:"largest request body in bytes; prompts have a limit of their own"`
	FormSecret bool     `yaml:"form_secret" default:"true" doc:"client_id and client_secret are taken in the body of a token request too; false takes HTTP Basic and private_key_jwt alone"`
	Audiences  []string `yaml:"audiences" doc:"further aud values taken in a client_assertion, besides url and the address that a request came to, each with and without /oauth/token"`
}

// SIPConfig is the SIP socket.
type SIPConfig struct {
	Listen    string `yaml:"listen" default:"127.0.0.1:5060" doc:"UDP address and port"`
	Advertise string `yaml:"advertise" doc:"address and port that peers reach us at, when a NAT stands between; else what we listen on"`
}

// RTPConfig is the range of RTP ports; a leg takes one even port.
type RTPConfig struct {
	Bind      string `yaml:"bind" default:"127.0.0.1" doc:"local address of the RTP ports"`
	Advertise string `yaml:"advertise" doc:"address that peers send audio to, when a NAT stands between; else bind"`
	Ports     string `yaml:"ports" default:"20000-39999" doc:"first and last port; a call takes one even port a leg"`
}

// AccountConfig is one account with all it owns.
type AccountConfig struct {
	Name          string             `yaml:"name" doc:"letters, digits, - and _"`
	RateLimit     *float64           `yaml:"rate_limit" default:"2" doc:"interactions started a second; 0 is no limit"`
	Streams       *int               `yaml:"event_streams" default:"100" doc:"how many of them the account may have open; more are refused with 429"`
	Scheduled     *int               `yaml:"scheduled_starts" default:"100000" doc:"how many of the account's starts may wait for their time (start_at, calling_hours); more are refused with 429; 0 is no limit"`
	RetentionDays *Days              `yaml:"retention_days" default:"30" doc:"how many days an execution is kept after its end, with its rows of the report; 0 is for ever"`
	Country       string             `yaml:"country" doc:"two capital letters: numbers without + are read as this country's"`
	Clients       []ClientConfig     `yaml:"clients" doc:"OAuth clients"`
	Numbers       []string           `yaml:"numbers" doc:"the account's own numbers, in E.164: what contacts see"`
	Destinations  DestinationsConfig `yaml:"destinations" doc:"where calls may go; nowhere unless allowed"`
	Trunks        []TrunkConfig      `yaml:"trunks" doc:"carriers and PBXs; a call takes the first that has a channel free"`
	LineWait      *Duration          `yaml:"line_wait" default:"60s" doc:"how long calls wait, in their order, for a channel when all are in use, before they leave by error; legs to agents, for which a contact is on the line, come before calls to contacts and wait no longer than they may ring; 0s is not at all. Starts are refused with 503 while 1,000 calls wait"`
	Connections   []ConnectionConfig `yaml:"connections" doc:"services that flows may talk to over HTTP, their secrets in place or in files; secrets under a name, and functions, have no key here: they are made over the API"`
	Webhooks      []WebhookConfig    `yaml:"webhooks" doc:"addresses that events of calls are posted to, see [webhooks](webhooks.md)"`
	Private       bool               `yaml:"private_addresses" default:"false" doc:"connections and webhooks that are made over the API may say private: true, and reach loopback, private and link-local addresses"`
	Flows         string             `yaml:"flows" doc:"folder of flow files, published at start and at a reload; a file's name is the flow's id"`
	Prompts       string             `yaml:"prompts" doc:"folder of WAV and MP3 files, named in flows by file name; one that cannot be played is told in a warning, and flows that play it are refused; silence is sound"`
}

// ClientConfig is an OAuth client. At most one way to say its secret, or a key.
type ClientConfig struct {
	ID         string      `yaml:"id" also:"client_id" doc:"client_id"`
	Secret     string      `yaml:"secret" also:"client_secret" doc:"client_secret, in plain text"`
	SecretHash string      `yaml:"secret_hash" doc:"instead of it, what ringflow client hash prints of it: who reads this file does not learn the secret"`
	SecretFile string      `yaml:"secret_file" doc:"file that holds the client_secret, relative to this file"`
	Keys       []KeyConfig `yaml:"keys" doc:"public keys for private_key_jwt"`
	RateLimit  float64     `yaml:"rate_limit" doc:"interactions this client may start a second, of those that the account may; 0 is no limit of its own"`
	Flows      []string    `yaml:"flows" doc:"ids of the flows that the client may start, aliases by themselves; without it, all of the account"`
	Scopes     []string    `yaml:"scopes" doc:"what the client may do: flows-interactions:start to start interactions, flows:read and flows:write for what is under /v1, flow-resources:read and flow-resources:write for secrets, connections, functions and webhooks, data-reports:read and data-reports:write for report jobs, prompts:read, prompts:write and prompts:delete for prompts alone; docs/http.md says which route asks for which; flow-definitions:read, flow-definitions:write, recordings:read and callback:write are granted, so that clients of the original need not change, and open nothing"`
}

// KeyConfig is a public key of a client.
type KeyConfig struct {
	ID   string `yaml:"kid" doc:"key id, as in the JWT header"`
	Alg  string `yaml:"alg" doc:"ES256, ES384, RS256 or PS256"`
	File string `yaml:"file" doc:"PEM file with the public key, relative to this file"`
}

// DestinationsConfig is the dialling plan.
type DestinationsConfig struct {
	Allow []string `yaml:"allow" doc:"where calls may go: countries by two capital letters, such as US, and prefixes, such as +4930; what costs more needs a prefix of its own, and premium-rate, emergency and service numbers are never called: see [destinations](destinations.md)"`
	Deny  []string `yaml:"deny" doc:"countries and longer prefixes where they may not, such as +1907"`
}

// TrunkConfig is a way out.
type TrunkConfig struct {
	Name         string         `yaml:"name" doc:"shown in the journal and in metrics"`
	Targets      []string       `yaml:"targets" doc:"host:port, tried in this order; a host name without a port is looked up by SRV; IPv6 as [2001:db8::1]:5060"`
	Domain       string         `yaml:"domain" doc:"host part of SIP addresses, when the carrier wants its own"`
	Username     string         `yaml:"username" also:"user" doc:"digest user"`
	AuthUser     string         `yaml:"auth_user" also:"auth_username" doc:"digest user, when it is not the From user"`
	Password     string         `yaml:"password" doc:"digest password, in plain text"`
	PasswordFile string         `yaml:"password_file" doc:"file that holds it, relative to this file"`
	Channels     int            `yaml:"channels" doc:"legs at once; 0 is no limit"`
	RTPFrom      string         `yaml:"rtp_from" default:"auto" doc:"where the far end's audio may come from beside the address of its SDP: auto, sdp (nowhere else) or any; see [SIP and sound](sip.md)"`
	Asserted     string         `yaml:"p_asserted_identity" default:"account" doc:"whose number P-Asserted-Identity has where a step shows the contact's in From: account, contact or none (the field is left out); see [SIP and sound](sip.md#which-number-a-phone-shows)"`
	Exits        map[int]string `yaml:"exits" doc:"SIP code to exit, where this carrier means another thing by a code; blocked where it means that the network let no call through"`
}

// ConnectionConfig is a service that flows may talk to.
type ConnectionConfig struct {
	Name    string     `yaml:"name" doc:"how steps name it"`
	Base    string     `yaml:"base" doc:"base address, such as https://api.example.com/v2"`
	Private bool       `yaml:"private" default:"false" doc:"loopback, private and link-local addresses and plain http are allowed"`
	Auth    AuthConfig `yaml:"auth" doc:"how the connection proves who it is"`
}

// AuthConfig is how a connection proves who it is; kind says which keys count.
type AuthConfig struct {
	Kind       string `yaml:"kind" default:"none" doc:"none, basic, bearer, api_key, oauth2_client_credentials or jwt_bearer"`
	User       string `yaml:"user" also:"username" doc:"basic: user"`
	Secret     string `yaml:"secret" doc:"basic: password; bearer: token; api_key: key; oauth2_client_credentials: client secret"`
	SecretFile string `yaml:"secret_file" doc:"file that holds it, relative to this file"`
	Header     string `yaml:"header" doc:"api_key: header field that carries the key"`
	Query      string `yaml:"query" doc:"api_key: query parameter that carries the key, instead of a header field"`
	TokenURL   string `yaml:"token_url" doc:"oauth2_client_credentials, jwt_bearer: where tokens are issued"`
	ClientID   string `yaml:"client_id" doc:"oauth2_client_credentials, jwt_bearer: client id"`
	Scope      string `yaml:"scope" doc:"oauth2_client_credentials: scope to ask for"`
	Subject    string `yaml:"subject" doc:"jwt_bearer: the user to act for"`
	Audience   string `yaml:"audience" doc:"jwt_bearer: the login host; else that of token_url"`
	KeyFile    string `yaml:"key_file" doc:"jwt_bearer: PEM file with the RSA private key"`
}

// WebhookConfig is an address that events are posted to.
type WebhookConfig struct {
	Name               string   `yaml:"name" doc:"letters, digits, - and _; what waits for it in the outbox stays with the name"`
	URL                string   `yaml:"url" doc:"https address to post to"`
	Events             []string `yaml:"events" doc:"kinds of events, such as execution_ended, leg_ended and step_left, or all"`
	Flows              []string `yaml:"flows" doc:"ids of the flows to tell of; without it, all"`
	Secret             string   `yaml:"secret" doc:"signs each request; whsec_ and 24 to 64 bytes in base64 (Standard Webhooks), or other text of at least 16 characters"`
	SecretFile         string   `yaml:"secret_file" doc:"file that holds it, relative to this file"`
	PreviousSecret     string   `yaml:"previous_secret" doc:"signs as well, while receivers change to the new secret"`
	PreviousSecretFile string   `yaml:"previous_secret_file" doc:"file that holds it, relative to this file"`
	Private            bool     `yaml:"private" default:"false" doc:"loopback, private and link-local addresses and plain http are allowed"`
}

// Duration reads and prints itself as Go does: 30s, 1m30s.
type Duration time.Duration

// UnmarshalYAML implements yaml.Unmarshaler.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v < 0 {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("%q is not a duration: write 30s or 1m30s", n.Value)}}
	}
	*d = Duration(v)
	return nil
}

// String is the duration as Go writes it.
func (d Duration) String() string { return time.Duration(d).String() }

// loadConfig reads and validates a configuration. The error names every
// mistake with file, line, key and what would be right.
func loadConfig(path string) (Config, error) {
	c, err := readConfig(path)
	if err != nil {
		return Config{}, err
	}
	return c, nil
}

// readConfig is loadConfig but that a configuration with mistakes is returned
// too, as far as it could be read: whatever is wrong in one part hides nothing of
// another from who checks them all.
func readConfig(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read the configuration: %w", err)
	}
	return parseConfig(path, data)
}

// parseConfig reads the text of a configuration, see readConfig.
func parseConfig(path string, data []byte) (Config, error) {
	c := Config{path: path, Drain: Duration(30 * time.Second)}
	c.HTTP.MaxBody, c.HTTP.FormSecret = api.DefaultMaxBody, true
	c.HTTP.Listen, c.SIP.Listen = "127.0.0.1:8080", "127.0.0.1:5060"
	c.RTP.Bind, c.RTP.Ports = "127.0.0.1", "20000-39999"
	c.HTTP.Streams = api.DefaultStreams
	if err := yaml.Unmarshal(data, &c.root); err != nil {
		return Config{}, notYAML(path, data, err)
	}
	m := &mistakes{c: &c, told: map[string]bool{}}
	reading{m: m, root: reflect.TypeFor[Config]()}.file()
	if len(c.renamed) > 0 {
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
	p := flowengine.NotYAML(path, data, err)
	what := strings.TrimPrefix(p.What, "this is not YAML: ")
	if p.Mend != "" {
		what += ": " + p.Mend
	}
	return fmt.Errorf("%s:%d: %s", path, max(p.Line, 1), what)
}

// portRange returns the first and the last RTP port.
func (r RTPConfig) portRange() (uint16, uint16, error) {
	var lo, hi uint16
	if n, err := fmt.Sscanf(r.Ports, "%d-%d", &lo, &hi); n != 2 || err != nil || fmt.Sprintf("%d-%d", lo, hi) != r.Ports {
		return 0, 0, fmt.Errorf("%q is not a range of ports: write 20000-39999", r.Ports)
	}
	if lo < 1024 || hi < lo+1 {
		return 0, 0, fmt.Errorf("%q holds no pair of ports from 1024 to 65535 in rising order", r.Ports)
	}
	return lo, hi, nil
}

// mistake says that a value, at a YAML path such as $.sip.listen, cannot be
// used after all.
func (c *Config) mistake(at string, err error) error {
	m := mistakes{c: c}
	m.add(at, "%w", err)
	return m.err()
}

// relative resolves a path of the configuration against the folder it lies in.
func (c *Config) relative(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(c.path), path)
}
