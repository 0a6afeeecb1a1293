package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"ringflow/internal/call"
	"ringflow/sip"
)

// checkRegistration asks each registrar of a trunk for its bindings, which proves the
// credentials and changes nothing (RFC 3261 §10.2.3). It returns where it asked, and whether
// one registrar takes the credentials.
func (d *doctor) checkRegistration(ctx context.Context, subject string, t *call.Trunk) (queried []string, taken bool) {
	for _, q := range d.agent.QueryRegistration(ctx, &t.Trunk, d.Wait) {
		queried = append(queried, q.Hop)
		if q.Err != nil && !q.Addr.IsValid() {
			d.add(Fault, subject, "%s", d.unresolved(q.Hop, q.Err))
			continue
		}
		if q.Err != nil {
			d.add(Fault, subject, "%s", d.unanswered(ctx, t, q))
			continue
		}
		if why := refusal(t, q); why != "" {
			d.add(Fault, subject, "%s answers REGISTER %s: it %s", hopName(q.Hop, q.Addr), answerText(q.Probe), why)
		} else {
			taken = true
			d.add(OK, subject, "%s %s: REGISTER is answered %s; %s", hopName(q.Hop, q.Addr), credentialsText(t, q), answerText(q.Probe), bindingsText(t, q))
		}
		d.checkDate(subject, q.Date)
		d.checkSeen(subject, t, q.Addr, q.Seen)
		d.checkIPVersion(subject, t, q.Addr)
	}
	return queried, taken
}

// registers says whether a trunk is registered for a call of the doctor's own, and why where a
// server runs: its binding stays the only one, since a registrar may keep one alone.
func (d *doctor) registers(t *call.Trunk) (register bool, why string) {
	if t.Register == nil {
		return false, ""
	}
	without := fmt.Sprintf("the call goes without a registration, from port %d, since a second one would displace the server's where a registrar keeps one alone", d.local)
	if d.server == nil {
		h := d.holder
		if d.beside && (h.process <= 0 || h.name == processName(os.Getpid())) {
			return false, "a server with the same account may have sip.listen (" + h.String() + "): " + without
		}
		return true, ""
	}
	namesakes := 0
	for _, a := range d.cfg.Accounts {
		for _, other := range a.Trunks {
			if other.Name == t.Name {
				namesakes++
			}
		}
	}
	switch registered, known := d.server.registered[t.Name]; {
	case registered:
		return false, "the running server is registered: " + without
	case known && namesakes > 1:
		return false, fmt.Sprintf("the running server may be registered, one of its trunks of this name is not: %s", without)
	case known:
		return true, "the running server is not registered now, /v1/trunks says why: the trunk is registered for the call, and unregistered behind it"
	}
	return true, "the running server does not register the trunk: it is registered for the call, and unregistered behind it"
}

// unanswered says why a registrar does not respond. One that has challenged a REGISTER, and
// not answered the one with credentials, is there.
func (d *doctor) unanswered(ctx context.Context, t *call.Trunk, q sip.RegistrationQuery) string {
	if q.Challenged && !errors.Is(q.Err, context.Canceled) {
		return fmt.Sprintf("%s asks for credentials, and does not answer the REGISTER that has them: %v. Check username and password, since some registrars drop what is wrong; and whether a firewall or SIP ALG drops the longer message",
			hopName(q.Hop, q.Addr), q.Err)
	}
	return d.unreachable(ctx, t, q.Hop, q.Probe)
}

// credentialsText says whether the credentials were asked for.
func credentialsText(t *call.Trunk, q sip.RegistrationQuery) string {
	if !q.Challenged {
		return "takes REGISTER for " + t.AddressOfRecord() + " without credentials"
	}
	return fmt.Sprintf("takes the credentials of %s (realm %q)", t.AddressOfRecord(), q.Realm)
}

// bindingsText says which bindings there are: that of a running server, and those of other
// user agents.
func bindingsText(t *call.Trunk, q sip.RegistrationQuery) string {
	if len(q.Bindings) == 0 {
		return "nothing is registered there now"
	}
	return "registered there now: " + strings.Join(q.Bindings, ", ")
}

// refusal says why a registrar would not register the trunk, and what to change; empty: it
// would.
func refusal(t *call.Trunk, q sip.RegistrationQuery) string {
	who := t.AddressOfRecord()
	switch {
	case q.Refused != nil && q.Refused.Error() == "refused the credentials":
		return fmt.Sprintf("refuses the credentials (realm %q): check username, auth_user and password", q.Realm)
	case q.Refused != nil:
		return q.Refused.Error()
	case q.Code >= 200 && q.Code < 300:
		return ""
	case q.Code >= 300 && q.Code < 400:
		return "wants the trunk to register elsewhere: write registrars with the server that the provider names"
	case q.Code == 403:
		return "refuses " + who + " whatever its password: the account may be blocked or locked after wrong passwords, may not register from this address, or is not the one that registers (username, domain)"
	case q.Code == 404:
		return "knows no " + who + ": check username and domain"
	case q.Code == 405 || q.Code == 501:
		return "takes no REGISTER: remove register: true if the carrier knows this machine by its address, or write registrars with the server that it registers at"
	case q.Code == 420 || q.Code == 421 || q.Code == 494:
		return "wants other extensions of registration: see register_extensions"
	case q.Code == 408 || q.Code == 480 || q.Code >= 500 && q.Code < 600:
		return "takes no registrations now: try again later, or write a second one into registrars"
	}
	return "does not register " + who + ": the reason phrase, or the provider, may say why"
}
