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
	"ringflow/media/sdp"
	"ringflow/numbers"
	"ringflow/sip"
)

// Trunk is a carrier or PBX that calls leave through.
type Trunk struct {
	Name         string         `yaml:"name" form:"name" need:"true" doc:"shown in the journal and in metrics"`
	Preset       string         `yaml:"preset" form:"preset" doc:"provider or PBX whose settings the trunk takes where it has none of its own, such as sipgate or telnyx; see [carriers](carriers.md)"`
	Targets      []string       `yaml:"targets" form:"target" need:"true" doc:"host:port, tried in this order; a host name without a port is looked up by SRV, an address without one has port 5060, over TLS 5061; IPv6 as [2001:db8::1]:5060. With sips: before it or ;transport=tls behind it, one target has another transport than the trunk; see [SIP and audio](sip.md#transports)"`
	Transport    string         `yaml:"transport" default:"auto" form:"SIP transport" doc:"udp, tcp, tls, or auto: what DNS says for a host name without a port, else udp; see [SIP and audio](sip.md#transports)"`
	Large        string         `yaml:"large_requests" default:"auto" form:"large requests" doc:"where a request of more than 1,300 bytes, an INVITE or one inside a call, goes to a target over UDP: auto (over TCP if DNS names a server for that), tcp or udp; see [SIP and audio](sip.md#large-requests)"`
	TLS          TrunkTLS       `yaml:"tls" doc:"how the trunk and its targets are authenticated to one another over TLS"`
	Domain       string         `yaml:"domain" form:"domain" doc:"host of the Request-URI, of From and of the address-of-record, if it is not that of the target; see [SIP and audio](sip.md#names-of-a-trunk)"`
	FromDomain   string         `yaml:"from_domain" form:"domain" doc:"host of From and of the address-of-record, if it is not domain"`
	Proxies      []string       `yaml:"outbound_proxies" also:"outbound_proxy" form:"target" doc:"where requests go in place of targets, written as those, tried in this order; each stands in Route with ;lr"`
	Username     string         `yaml:"username" also:"user" form:"header text" doc:"digest user, and the user of the address-of-record that registers"`
	AuthUser     string         `yaml:"auth_user" also:"auth_username" form:"header text" doc:"digest user, when it is not the From user"`
	Password     string         `yaml:"password" doc:"digest password, in plain text"`
	PasswordFile string         `yaml:"password_file" doc:"file that holds it, relative to this file"`
	Realm        string         `yaml:"realm" form:"header text" doc:"the only realm whose challenges are answered; any if none is given"`
	Register     bool           `yaml:"register" default:"false" doc:"the trunk registers, as most accounts without a fixed address want it; needs username; see [SIP and audio](sip.md#registration)"`
	Registrars   []string       `yaml:"registrars" also:"registrar" form:"target" doc:"where it registers, written as targets, tried in this order; by default the targets"`
	RegExpires   Duration       `yaml:"register_expires" default:"1h" form:"binding lifetime" doc:"how long a registration is asked for, 1m to 24h, 0s is 1h; the registrar's answer says how long it lasts"`
	RegContact   string         `yaml:"register_contact" default:"auto" form:"Contact address" doc:"which address Contact has: advertise (sip.advertise, or sip.listen), received (the one that the registrar sees) or auto (received, unless sip.advertise is given)"`
	Extensions   []string       `yaml:"register_extensions" form:"option tag" doc:"option tags that the registrar wants: outbound (RFC 5626), gin (RFC 6140), mediasec"`
	Channels     int            `yaml:"channels" min:"0" doc:"legs at once; 0 is no limit"`
	Codecs       []string       `yaml:"codecs" form:"codec" doc:"which codecs are offered, the preferred first, of pcmu, pcma, g722 and opus; pcmu, pcma if none is given; see [SIP and audio](sip.md)"`
	RTPFrom      string         `yaml:"rtp_from" default:"auto" form:"RTP source policy" doc:"where the far end's audio may come from beside the address of its SDP: auto, sdp (nowhere else) or any; see [SIP and audio](sip.md)"`
	AudioIP      string         `yaml:"rtp_ip" default:"auto" form:"IP version" doc:"the IP version of the audio: auto (that of the address that the INVITE goes to), ipv4 or ipv6; see [SIP and audio](sip.md#ipv6)"`
	SRTP         string         `yaml:"srtp" default:"off" form:"SRTP policy" doc:"whether the audio is encrypted by SRTP: off, optional (where the far end takes it, else plain RTP) or required (no call without it); its keys are in the SIP messages, so that they want a transport that is encrypted too; see [SIP and audio](sip.md#srtp)"`
	SRTPSuites   []string       `yaml:"srtp_suites" form:"SRTP suite" doc:"which crypto suites of SRTP are offered and accepted, the preferred first, of AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32, AES_256_CM_HMAC_SHA1_80, AEAD_AES_128_GCM and AEAD_AES_256_GCM; AES_CM_128_HMAC_SHA1_80, AEAD_AES_256_GCM, AEAD_AES_128_GCM if none is given"`
	Ping         Duration       `yaml:"ping" default:"0s" form:"ping interval" doc:"how often each target is asked by OPTIONS whether it is there, 1s to 1h; 0s is never; see [SIP and audio](sip.md#pings)"`
	SessionTimer Duration       `yaml:"session_timer" default:"0s" form:"session timer" doc:"session interval that calls request (RFC 4028), 90s to 24h; 0s requests none, and keeps one that the carrier requests; see [SIP and audio](sip.md#session-timers)"`
	MaxDuration  Duration       `yaml:"max_duration" default:"4h" form:"call duration" doc:"how long a leg over the trunk may last from its answer on, 1s to 4h; then it is ended"`
	Redirects    string         `yaml:"redirects" default:"refuse" form:"redirect policy" doc:"what becomes of a redirection (300, 301, 302): refuse ends the call, follow goes on to a Contact on one of the trunk's own hosts, and never to another host; see [SIP and audio](sip.md#redirections)"`
	From         string         `yaml:"from" default:"shown" form:"From source" doc:"who is in From: shown (the number that the phone is to show), network (the account's number, though the step shows the contact's), username, anonymous or a number in E.164; see [SIP and audio](sip.md#who-calls)"`
	Display      string         `yaml:"display_name" form:"header text" doc:"text beside the number in From, and in the fields below"`
	Asserted     string         `yaml:"p_asserted_identity" default:"account" form:"asserted source" doc:"whose number P-Asserted-Identity has: account (the account's, where From has none or another), contact (the contact's, where a step shows it), shown, network, username, a number in E.164, or none (the field is left out); see [SIP and audio](sip.md#who-calls)"`
	Preferred    string         `yaml:"p_preferred_identity" default:"none" form:"asserted source" doc:"the same of P-Preferred-Identity"`
	RemoteParty  string         `yaml:"remote_party_id" default:"none" form:"asserted source" doc:"the same of Remote-Party-ID"`
	Diversion    string         `yaml:"diversion" default:"none" form:"diverting source" doc:"who diverted a call that shows the contact's number, in Diversion: none (the field is left out), account, username or a number in E.164"`
	History      string         `yaml:"history_info" default:"none" form:"diverting source" doc:"the same of History-Info"`
	Privacy      string         `yaml:"privacy" form:"privacy" doc:"Privacy of each call, such as id or user;id; without it, id where From is anonymous"`
	Called       string         `yaml:"called_number" default:"plus" form:"number format" doc:"how the number called is written: plus (+4930901820), digits (4930901820), 00 (004930901820) or national (030901820 in Germany)"`
	Calling      string         `yaml:"calling_number" default:"plus" form:"number format" doc:"how numbers in From, P-Asserted-Identity, P-Preferred-Identity and Remote-Party-ID are written"`
	Diverting    string         `yaml:"diverting_number" default:"plus" form:"number format" doc:"how numbers in Diversion and History-Info are written"`
	Country      string         `yaml:"country" form:"country" doc:"two capital letters: where national numbers are dialled; without it, the account's"`
	TechPrefix   string         `yaml:"tech_prefix" form:"tech prefix" doc:"digits, * and # before the number called, such as 12345678*"`
	UserPhone    bool           `yaml:"user_phone" default:"false" doc:"SIP URIs of telephone numbers have user=phone"`
	IdentityURI  string         `yaml:"identity_uri" oneof:"tel,sip" doc:"the URI in P-Asserted-Identity and P-Preferred-Identity: tel or sip; without it, tel where calling_number is plus, else sip"`
	Headers      headerFields   `yaml:"headers" form:"header fields" doc:"further header fields of each INVITE, such as {P-Charge-Info: '<sip:{account}@{domain}>'}: {account}, {shown}, {called}, {username} and {domain} stand for what they name"`
	Callers      []string       `yaml:"callers" doc:"the account's numbers from which calls go over the trunk; without it, from all"`
	Destinations []string       `yaml:"destinations" doc:"countries and prefixes, such as DE and +4930, to which calls go over it; without it, to all that the account may call; see [trunks](trunks.md#which-trunk-a-call-takes)"`
	Priority     int            `yaml:"priority" default:"0" min:"0" doc:"of the trunks that may take a call those of the lowest priority are tried first, and of the same priority in the order of the list"`
	Weight       int            `yaml:"weight" default:"0" min:"0" doc:"trunks of the same priority that have a weight share calls in the proportion of their weights; those without come after them"`
	PerSecond    float64        `yaml:"calls_per_second" default:"0" form:"rate" doc:"how many legs may begin a second, evenly spaced; more wait as for a channel, see line_wait; 0 is no limit"`
	Weights      []int          `yaml:"target_weights" doc:"one for each of targets, in their order: those with a weight share calls in the proportion of their weights, those with 0 come after them in order"`
	Failover     string         `yaml:"failover" default:"before_progress" form:"failover" doc:"until when a call that a target cannot take goes on to the next target, or to another trunk: before_progress (until any provisional response but 100), before_ringing (until a 180: behind a 183 too) or never; see [trunks](trunks.md#failover)"`
	Responses    []ResponseRule `yaml:"responses" doc:"what this carrier means by a response, before exits; the first that matches decides: see [trunks](trunks.md#what-a-carrier-means-by-a-response)"`
	Exits        map[int]string `yaml:"exits" doc:"SIP code to exit, where this carrier means another thing by a code; blocked where it means that the network let no call through"`
}

// ResponseRule is what a carrier means by a response.
type ResponseRule struct {
	Code  int    `yaml:"code" need:"true" doc:"SIP code, 300 to 699"`
	Text  string `yaml:"text" form:"header text" doc:"words of the reason phrase, or of the text of Reason, Warning or X-Twilio-Error; without it, any"`
	Then  string `yaml:"then" need:"true" form:"response rule" doc:"next (target, then trunk), wait (a limit is reached: the trunk rests for 1 s, 2, 4, up to 32, the call goes over another trunk or waits), or an exit as in exits"`
	Means string `yaml:"means" form:"header text" doc:"what the step's detail says of it"`
}

// TrunkTLS is a trunk's part in TLS.
type TrunkTLS struct {
	ServerName  string `yaml:"server_name" form:"server name" doc:"name that is asked for (SNI) and that the target's certificate must have; else the host of the target"`
	CA          string `yaml:"ca" doc:"PEM file of the authorities of which one must have signed the target's certificate; else the system's. A renewed file is used at once"`
	Certificate string `yaml:"certificate" doc:"PEM file with the certificate chain that is presented where the target asks for one; else sip.tls.certificate"`
	Key         string `yaml:"key" doc:"PEM file with its private key"`
	Fingerprint string `yaml:"fingerprint" form:"fingerprint" doc:"SHA-256 fingerprint of the one certificate that the target may have, as openssl x509 -fingerprint -sha256 prints it; names, authorities and dates are then not checked"`
	MinVersion  string `yaml:"min_version" default:"1.2" form:"TLS version" doc:"oldest version that is spoken, 1.2 or 1.3"`
}

// settings are those of the user agent, with paths relative to the configuration.
func (t TrunkTLS) settings(c *Config) sip.TLSSettings {
	path := func(file string) string {
		if file == "" {
			return ""
		}
		return c.Relative(file)
	}
	fingerprint, _ := sip.NormalFingerprint(t.Fingerprint)
	return sip.TLSSettings{ServerName: t.ServerName, CA: path(t.CA), Certificate: path(t.Certificate), Key: path(t.Key),
		Fingerprint: fingerprint, MinVersion: sip.TLSVersion(t.MinVersion)}
}

// overridable are the exits that a trunk may map a SIP code to.
func overridable() (exits []string) {
	for _, exit := range call.Overridable() {
		exits = append(exits, string(exit))
	}
	return exits
}

// responseRules are what may follow a response.
func responseRules() []string {
	return append([]string{call.RuleNext, call.RuleWait}, overridable()...)
}

// validateTrunk reports what the tags of a trunk do not say.
func (c *Config) validateTrunk(t Trunk, a Account, at string) {
	c.validatePreset(t, at)
	c.validateIdentity(t, a, at)
	if len(t.Targets) == 0 && !t.presetNeeds("targets") {
		c.file.Add(at+".targets", "there is none: write [sip.example.com:5060]")
	}
	if t.Password != "" && t.PasswordFile != "" {
		c.file.Add(at+".password", "give one of password and password_file")
	}
	if (t.TLS.Certificate == "") != (t.TLS.Key == "") {
		c.file.Add(at+".tls", "certificate and key go together: give both or neither")
	}
	if t.TLS.Fingerprint != "" && t.TLS.CA != "" {
		c.file.Add(at+".tls.fingerprint", "give one of fingerprint and ca: a fingerprint is of one certificate, whoever signed it")
	}
	if t.Register && t.Username == "" {
		c.file.Add(at+".register", "there is no username, whose address-of-record could register: write username: alice")
	}
	if !t.Register && len(t.Registrars) > 0 {
		c.file.Add(at+".registrars", "the trunk does not register: write register: true, or remove registrars")
	}
	for _, v := range []struct {
		version  call.IPVersion
		ipv6     bool
		any, key string
	}{{call.IPv4Alone, false, "0.0.0.0", "IPv4"}, {call.IPv6Alone, true, "::", "IPv6"}} {
		if bind, _ := c.RTP.Addrs(v.ipv6); t.AudioIP == string(v.version) && !bind.IsValid() {
			c.file.Add(at+".rtp_ip", "rtp.bind, %s, has no %s address: add one, such as %q", strings.Join(c.RTP.Bind, ", "), v.key, v.any)
		}
	}
	for i, codec := range t.Codecs {
		if slices.Contains(t.Codecs[:i], codec) {
			c.file.Add(fmt.Sprintf("%s.codecs[%d]", at, i), "%q stands in the list twice: remove one", codec)
		}
	}
	for i, suite := range t.SRTPSuites {
		if slices.Contains(t.SRTPSuites[:i], suite) {
			c.file.Add(fmt.Sprintf("%s.srtp_suites[%d]", at, i), "%q stands in the list twice: remove one", suite)
		}
	}
	if n := len(t.Weights); n != 0 && n != len(t.Targets) {
		c.file.Add(at+".target_weights", "there are %d for %d targets: write one for each", n, len(t.Targets))
	}
	for i, w := range t.Weights {
		if w < 0 {
			c.file.Add(fmt.Sprintf("%s.target_weights[%d]", at, i), "%d is less than 0", w)
		}
	}
	for i := range t.Destinations {
		if err := (numbers.Plan{Allow: t.Destinations[i : i+1]}).Check(); err != nil {
			c.file.Add(fmt.Sprintf("%s.destinations[%d]", at, i), "%w", errors.Unwrap(err)) // without the name of the list
		}
	}
	for i, r := range t.Responses {
		here := fmt.Sprintf("%s.responses[%d]", at, i)
		switch {
		case r.Code < 300 || r.Code > 699:
			c.file.Add(here+".code", "%d is not a SIP code from 300 to 699", r.Code)
		case sip.IsFinal(r.Code) && (r.Then == call.RuleNext || r.Then == call.RuleWait):
			c.file.Add(here+".then", "%d refuses the person or the number and is final: another try would ring the same phone; write one of %s", r.Code, strings.Join(overridable(), ", "))
		}
		for j, before := range t.Responses[:i] {
			if before.Code == r.Code && (before.Text == "" || strings.EqualFold(before.Text, r.Text)) {
				c.file.Add(here, "it never decides, since responses[%d] matches all that it does", j)
				break
			}
		}
	}
	for code, exit := range t.Exits {
		if code < 300 || code > 699 {
			c.file.Add(at+".exits", "%d is not a SIP code from 300 to 699", code)
		}
		if !slices.Contains(overridable(), exit) {
			c.file.Add(at+".exits", "%d: %q is not one of %s", code, exit, strings.Join(overridable(), ", "))
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
			trunk := &call.Trunk{Channels: t.Channels, Codecs: codecs, Sources: media.SourcePolicy(t.RTPFrom), AudioIP: call.IPVersion(t.AudioIP), SRTP: sdp.SRTPPolicy(t.SRTP), Identity: t.identity(a), MaxDuration: time.Duration(t.MaxDuration), Exits: map[int]flowfile.Exit{}, Trunk: sip.Trunk{
				Name: t.Name, Targets: t.Targets, Weights: t.Weights, Domain: t.Domain,
				Username: t.Username, AuthUser: t.AuthUser, Password: secret.Secret(password), Ping: time.Duration(t.Ping), SessionTimer: time.Duration(t.SessionTimer), Redirects: sip.RedirectPolicy(t.Redirects), Transport: sip.Transport(t.Transport), TLS: t.TLS.settings(c), LargeRequests: sip.LargeRequests(t.Large), Failover: sip.Failover(t.Failover),
				FromDomain: t.FromDomain, OutboundProxies: t.Proxies, Realm: t.Realm, Register: c.registration(t),
			}}
			for _, suite := range t.SRTPSuites {
				trunk.Suites = append(trunk.Suites, sdp.Suite(suite))
			}
			trunk.Share = sip.Share{Priority: t.Priority, Weight: t.Weight}
			trunk.CallsPerSecond, trunk.Destinations = t.PerSecond, t.Destinations
			for _, n := range t.Callers {
				trunk.Callers = append(trunk.Callers, numbers.E164(n))
			}
			for _, r := range t.Responses {
				trunk.Responses = append(trunk.Responses, call.ResponseRule(r))
			}
			for code, exit := range t.Exits {
				trunk.Exits[code] = flowfile.Exit(exit)
			}
			account.Trunks = append(account.Trunks, trunk)
		}
		out = append(out, account)
	}
	return out, errors.Join(errs...)
}

// registration is how a trunk registers, nil if it does not.
func (c *Config) registration(t Trunk) *sip.Registration {
	if !t.Register {
		return nil
	}
	r := &sip.Registration{Registrars: t.Registrars, Expires: time.Duration(t.RegExpires), Contact: sip.ContactAddress(t.RegContact)}
	if t.RegContact == contactAuto {
		r.Contact = sip.ContactReceived
		if len(c.SIP.Advertise) > 0 {
			r.Contact = sip.ContactAdvertised
		}
	}
	for _, e := range t.Extensions {
		r.Extensions = append(r.Extensions, sip.RegistrationExtension(e))
	}
	return r
}

// contactAuto leaves it to sip.advertise which address Contact has.
const contactAuto = "auto"
