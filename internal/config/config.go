// Package config is the configuration file of a server: its keys, each a tagged
// field, how they are read and validated, and what the other packages need of
// them. It does not know a running server, HTTP or SQL.
//
// A key is one field. Its tags are yaml, its name; doc, its row in the manual;
// default, in YAML; reload, whether a change is taken at a reload (live) or needs a
// restart; also, another name that is taken for it; and min, oneof, form and need,
// what may stand there (see strict.Document.Validate and forms). The keys of what a
// list holds change with the list.
package config

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"ringflow/internal/strict"
)

// Config is the file that `ringflow serve --config` reads.
type Config struct {
	HTTP     HTTP      `yaml:"http" doc:"where the API listens"`
	SIP      SIP       `yaml:"sip" doc:"the SIP user agent"`
	RTP      RTP       `yaml:"rtp" doc:"where audio comes and goes"`
	Drain    Duration  `yaml:"drain" reload:"live" default:"30s" doc:"how long calls in progress may go on after SIGTERM"`
	Accounts []Account `yaml:"accounts" doc:"who may start calls, with what"`

	SecretsKey string `yaml:"secrets_key" reload:"restart" shown:"DATA/secrets.key" doc:"file with the key that seals what accounts keep over the API: secrets, connections, functions, webhooks. It is made when something is kept first; see [operation](operation.md)"`

	Traces Traces `yaml:"traces" doc:"the SIP messages that are kept of each call, see [traces](traces.md)"`

	Database Database `yaml:"database" doc:"where the record lies, if not in the --data folder"`

	file          *strict.Document
	databaseGiven bool // by the command line, see UseDatabase
}

// HTTP is the API's listener.
type HTTP struct {
	Listen     string   `yaml:"listen" reload:"restart" default:"127.0.0.1:8080" form:"HTTP address" need:"true" doc:"address and port"`
	URL        string   `yaml:"url" reload:"restart" form:"base URL" doc:"where clients reach the API, such as https://calls.example.com behind a proxy: the issuer of tokens, and what an aud may be; without it, the address that it listens at"`
	Streams    int      `yaml:"event_streams" reload:"restart" default:"1000" min:"1" doc:"event streams that may be open at once; more are refused with 503"`
	TLSCert    string   `yaml:"tls_cert" reload:"restart" doc:"PEM file with the certificate chain; with tls_key, the API speaks HTTPS. A renewed file is used at once"`
	TLSKey     string   `yaml:"tls_key" reload:"restart" doc:"PEM file with its private key"`
	MaxBody    int64    `yaml:"max_body" reload:"restart" default:"65536" form:"body size" doc:"largest request body in bytes; prompts have a limit of their own"`
	FormSecret bool     `yaml:"form_secret" reload:"restart" default:"true" doc:"client_id and client_secret are taken in the body of a token request too; false takes HTTP Basic and private_key_jwt alone"`
	Audiences  []string `yaml:"audiences" reload:"restart" doc:"further aud values taken in a client_assertion, besides url and the address that a request came to, each with and without /oauth/token"`
}

// SIP is the SIP sockets.
type SIP struct {
	Listen    Addresses `yaml:"listen" reload:"restart" default:"127.0.0.1:5060" form:"SIP address" need:"true" doc:"address and port for UDP, and for TCP once a trunk uses it; a list of two is one of IPv4 and one of IPv6; see [SIP and audio](sip.md#ipv6)"`
	Advertise Addresses `yaml:"advertise" reload:"restart" form:"address of peers" doc:"address and port that peers reach us at, when a NAT stands between; else what we listen on. A list of two is one of IPv4 and one of IPv6"`
	AllowFrom []string  `yaml:"allow_from" reload:"live" form:"network" doc:"addresses and networks that may send SIP beside the targets of trunks, such as [198.51.100.0/24]; all else that belongs to no call is dropped unread; see [SIP and audio](sip.md#who-may-send)"`
	KeepAlive Duration  `yaml:"keep_alive" reload:"restart" default:"25s" form:"keep-alive" doc:"how often a keep-alive is sent over each TCP and TLS connection to a target, and to the registrar over UDP, 10s to 1h; 0s is never; see [SIP and audio](sip.md#tcp)"`
	DNS       []string  `yaml:"dns" reload:"restart" form:"DNS server" shown:"those of the system" doc:"DNS servers that are asked for the targets of trunks, such as [10.0.0.53]; see [SIP and audio](sip.md#dns)"`
	TLS       SIPTLS    `yaml:"tls" doc:"TLS of trunks, see [SIP and audio](sip.md#tls)"`
	HEP       HEP       `yaml:"hep" doc:"a server such as Homer that every SIP message is sent to, its secrets overwritten"`
}

// Networks are those of allow_from; each has the form network.
func (s SIP) Networks() []netip.Prefix {
	var networks []netip.Prefix
	for _, text := range s.AllowFrom {
		if network, err := parseNetwork(text); err == nil {
			networks = append(networks, network)
		}
	}
	return networks
}

// DNSServers are those of dns; each has the form of a DNS server.
func (s SIP) DNSServers() (out []netip.AddrPort) {
	for _, text := range s.DNS {
		if a, ok := parseDNSServer(text); ok {
			out = append(out, a)
		}
	}
	return out
}

// SIPTLS is where far ends open connections over TLS, and what by.
type SIPTLS struct {
	Listen      Addresses `yaml:"listen" reload:"restart" form:"SIP address" shown:"port 5061 of sip.listen" doc:"address and port for connections over TLS; without a certificate none are taken"`
	Advertise   Addresses `yaml:"advertise" reload:"restart" form:"address of peers" shown:"sip.advertise with the port of listen" doc:"address and port that peers reach us at over TLS"`
	Certificate string    `yaml:"certificate" reload:"restart" doc:"PEM file with our certificate chain. Trunks without a certificate of their own present it where a target asks for one. A renewed file is used at once"`
	Key         string    `yaml:"key" reload:"restart" doc:"PEM file with its private key"`
}

// Addresses are addresses with ports, of which one may be written alone.
type Addresses []string

// OneOrMore implements strict.OneOrMore.
func (Addresses) OneOrMore() {}

// AddrPorts are the addresses as they are used. They have been validated.
func (a Addresses) AddrPorts() (out []netip.AddrPort) {
	for _, text := range a {
		if ap, err := netip.ParseAddrPort(text); err == nil {
			out = append(out, netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()))
		}
	}
	return out
}

// IPs are addresses without ports, of which one may be written alone.
type IPs []string

// OneOrMore implements strict.OneOrMore.
func (IPs) OneOrMore() {}

// of returns the one of IPv4 or of IPv6, the zero Addr if there is none. They have been
// validated.
func (a IPs) of(ipv6 bool) netip.Addr {
	for _, text := range a {
		if ip, err := netip.ParseAddr(text); err == nil && ip.Unmap().Is6() == ipv6 {
			return ip.Unmap()
		}
	}
	return netip.Addr{}
}

// RTP is the range of RTP ports; a leg takes one even port.
type RTP struct {
	Bind      IPs    `yaml:"bind" reload:"restart" default:"127.0.0.1" form:"IP address" need:"true" doc:"local address of the RTP ports; a list of two is one of IPv4 and one of IPv6; see [SIP and audio](sip.md#ipv6)"`
	Advertise IPs    `yaml:"advertise" reload:"restart" form:"IP address" doc:"address that peers send audio to, when a NAT stands between; else bind. A list of two is one of IPv4 and one of IPv6"`
	Ports     string `yaml:"ports" reload:"restart" default:"20000-39999" form:"port range" need:"true" doc:"first and last port; a call takes one even port a leg"`
}

// Load reads and validates the configuration at path. The error joins a strict.Error
// for each mistake; the configuration is returned as far as it could be read.
func Load(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{file: &strict.Document{File: path}}, fmt.Errorf("read the configuration: %w", err)
	}
	return Parse(path, text)
}

// Parse reads the text of a configuration, see Load.
func Parse(path string, text []byte) (Config, error) {
	c := Config{}
	file, err := strict.Parse(path, text)
	c.file = file
	if err != nil {
		c.file = &strict.Document{File: path}
		return c, err
	}
	if file.Has("steps", "trigger") {
		return c, file.ErrorAt("$", fmt.Errorf("this is a flow file and no configuration: put it into the folder that accounts[].flows names, or try ringflow flow check"))
	}
	file.Underlay("$.accounts[].trunks[]", "preset", presetTrunk)
	file.Decode("yaml", &c)
	if !file.Failed() {
		file.Validate("yaml", &c, c.forms())
		c.validate()
	}
	return c, file.Err()
}

// Path is the file that the configuration was read from.
func (c *Config) Path() string { return c.file.File }

// RenamedKeys warns of each key that stands under another name and was taken for it.
func (c *Config) RenamedKeys() []string { return c.file.Warnings }

// ErrorAt says that a value, at a path such as $.sip.listen, cannot be used.
func (c *Config) ErrorAt(path string, err error) error { return c.file.ErrorAt(path, err) }

// Relative resolves a path of the configuration against the folder it lies in.
func (c *Config) Relative(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(c.file.File), path)
}

// Addrs returns where the RTP ports of IPv4, or of IPv6, are and what peers are told; bind is
// the zero Addr if there are none. A bind of :: by itself stands for IPv4 too, if advertise has
// an address of that.
func (r RTP) Addrs(ipv6 bool) (bind, advertise netip.Addr) {
	bind, advertise = r.Bind.of(ipv6), r.Advertise.of(ipv6)
	if both := len(r.Bind) == 1 && r.Bind.of(true) == netip.IPv6Unspecified(); both && !ipv6 && advertise.IsValid() {
		bind = netip.IPv4Unspecified()
	} else if both && ipv6 && !advertise.IsValid() && len(r.Advertise) > 0 {
		bind = netip.Addr{} // IPv4 alone is advertised
	}
	if !advertise.IsValid() {
		advertise = bind
	}
	return bind, advertise
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
