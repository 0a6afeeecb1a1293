package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/call"
	"ringflow/internal/secret"
	"ringflow/media"
	"ringflow/numbers"
	"ringflow/sip"
)

// Trunk is a carrier or PBX that calls leave through.
type Trunk struct {
	Name         string         `yaml:"name" form:"name" need:"true" doc:"shown in the journal and in metrics"`
	Targets      []string       `yaml:"targets" form:"target" need:"true" doc:"host:port, tried in this order; a host name without a port is looked up by SRV; IPv6 as [2001:db8::1]:5060"`
	Transport    string         `yaml:"transport" default:"udp" form:"SIP transport" doc:"udp or tcp; with tcp, sip.listen takes TCP connections too; see [SIP and audio](sip.md#tcp)"`
	Domain       string         `yaml:"domain" form:"domain" doc:"host part of SIP addresses, when the carrier wants its own"`
	Username     string         `yaml:"username" also:"user" form:"header text" doc:"digest user"`
	AuthUser     string         `yaml:"auth_user" also:"auth_username" form:"header text" doc:"digest user, when it is not the From user"`
	Password     string         `yaml:"password" doc:"digest password, in plain text"`
	PasswordFile string         `yaml:"password_file" doc:"file that holds it, relative to this file"`
	Channels     int            `yaml:"channels" min:"0" doc:"legs at once; 0 is no limit"`
	Codecs       []string       `yaml:"codecs" form:"codec" doc:"which codecs are offered, the preferred first, of pcmu, pcma and g722; pcmu, pcma if none is given; see [SIP and audio](sip.md)"`
	RTPFrom      string         `yaml:"rtp_from" default:"auto" form:"RTP source policy" doc:"where the far end's audio may come from beside the address of its SDP: auto, sdp (nowhere else) or any; see [SIP and audio](sip.md)"`
	Ping         Duration       `yaml:"ping" default:"0s" form:"ping interval" doc:"how often each target is asked by OPTIONS whether it is there, 1s to 1h; 0s is never; see [SIP and audio](sip.md#pings)"`
	SessionTimer Duration       `yaml:"session_timer" default:"0s" form:"session timer" doc:"session interval that calls request (RFC 4028), 90s to 24h; 0s requests none, and keeps one that the carrier requests; see [SIP and audio](sip.md#session-timers)"`
	MaxDuration  Duration       `yaml:"max_duration" default:"4h" form:"call duration" doc:"how long a leg over the trunk may last from its answer on, 1s to 4h; then it is ended"`
	Asserted     string         `yaml:"p_asserted_identity" default:"account" form:"asserted identity" doc:"whose number P-Asserted-Identity has where a step shows the contact's in From: account, contact or none (the field is left out); see [SIP and audio](sip.md#which-number-a-phone-shows)"`
	Exits        map[int]string `yaml:"exits" doc:"SIP code to exit, where this carrier means another thing by a code; blocked where it means that the network let no call through"`
}

// overridable are the exits that a trunk may map a SIP code to.
var overridable = []string{"busy", "invalid_number", "no_answer", "error", "blocked"}

// validateTrunk reports what the tags of a trunk do not say.
func (c *Config) validateTrunk(t Trunk, at string) {
	if len(t.Targets) == 0 {
		c.file.Add(at+".targets", "there is none: write [sip.example.com:5060]")
	}
	if t.Password != "" && t.PasswordFile != "" {
		c.file.Add(at+".password", "give one of password and password_file")
	}
	for i, codec := range t.Codecs {
		if slices.Contains(t.Codecs[:i], codec) {
			c.file.Add(fmt.Sprintf("%s.codecs[%d]", at, i), "%q stands in the list twice: remove one", codec)
		}
	}
	for code, exit := range t.Exits {
		if code < 300 || code > 699 {
			c.file.Add(at+".exits", "%d is not a SIP code from 300 to 699", code)
		}
		if !slices.Contains(overridable, exit) {
			c.file.Add(at+".exits", "%d: %q is not one of %s", code, exit, strings.Join(overridable, ", "))
		}
	}
}

// CallAccounts reads the accounts as calls need them, with the trunks' passwords.
func (c *Config) CallAccounts() ([]*call.Account, error) {
	var out []*call.Account
	var errs []error
	for i, a := range c.Accounts {
		account := &call.Account{Name: a.Name, Country: a.Country, Plan: a.Destinations.plan(), QueueWait: time.Duration(a.QueueWait)}
		for _, n := range a.Numbers {
			account.Numbers = append(account.Numbers, numbers.E164(n))
		}
		for j, t := range a.Trunks {
			password, err := c.secret(t.Password, t.PasswordFile)
			if err != nil {
				errs = append(errs, c.ErrorAt(fmt.Sprintf("$.accounts[%d].trunks[%d].password_file", i, j), err))
			}
			codecs, err := media.Formats(t.Codecs)
			if err != nil {
				errs = append(errs, c.ErrorAt(fmt.Sprintf("$.accounts[%d].trunks[%d].codecs", i, j), err))
			}
			trunk := &call.Trunk{Channels: t.Channels, Codecs: codecs, Sources: media.SourcePolicy(t.RTPFrom), Identity: call.Identity(t.Asserted), MaxDuration: time.Duration(t.MaxDuration), Exits: map[int]flowfile.Exit{}, Trunk: sip.Trunk{
				Name: t.Name, Targets: t.Targets, Domain: t.Domain,
				Username: t.Username, AuthUser: t.AuthUser, Password: secret.Secret(password), Ping: time.Duration(t.Ping), SessionTimer: time.Duration(t.SessionTimer), Transport: sip.Transport(t.Transport),
			}}
			for code, exit := range t.Exits {
				trunk.Exits[code] = flowfile.Exit(exit)
			}
			account.Trunks = append(account.Trunks, trunk)
		}
		out = append(out, account)
	}
	return out, errors.Join(errs...)
}
