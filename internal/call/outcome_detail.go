package call

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/sip"
)

// The hints of a step's detail. docs/sip.md has the same at length.
const (
	// noReplyHint has the usual causes of an INVITE without a response.
	noReplyHint = "check host and port, the firewalls and any SIP ALG on the way (both directions), that the carrier " +
		"has this machine's public address on its list, and that it takes the trunk's transport, udp, tcp or tls"
	// forbiddenHint has the causes of a 403 that are about the call.
	forbiddenHint = "the calling number is not the account's, not verified, or not in the format they want; the trunk's domain is " +
		"not what they want in Request-URI and From; the destination or its country is not enabled; a limit or the balance is used up"
)

// failureDetail is why a leg was not answered, in one sentence, where exit and SIP response
// do not say it; else it is empty.
func failureDetail(o sip.Outcome, exit flowfile.Exit) string {
	at := "trunk " + o.Trunk
	if o.Target != "" {
		at += " at " + o.Target
	}
	answered := at + " answered " + statusText(o.Code, o.Reason)
	forbidden := o.By == sip.EndedRemote && o.Code == 403 && exit == flowfile.ExitError
	why, discarded := fmt.Sprint(o.Err), discardedDetail(o, o.Target)
	colonDiscarded := strings.TrimSuffix(": "+discarded, ": ")
	for _, row := range []struct {
		applies bool
		detail  string
	}{
		{o.By == sip.EndedTransport && o.Err == nil, at + " cannot be reached"},
		{o.By == sip.EndedTransport && !errors.Is(o.Err, sip.ErrConnectionLost), at + " cannot be reached: " + why},
		{o.By == sip.EndedTransport && discarded == "", at + " took the connection and sent no response: " + why},
		{o.By == sip.EndedTransport, at + " sent no reply that could be taken: " + discarded},
		{o.By == sip.EndedOutOfService, at + " is out of service: " + why},
		{o.By == sip.EndedNoReply && discarded != "", at + " sent no reply that could be taken: " + discarded},
		{o.By == sip.EndedNoReply && o.Credentials, at + " asked for credentials and sent no reply to the INVITE with credentials: " +
			"a carrier may drop credentials that it does not accept, and a firewall the fragments of a longer message"},
		{o.By == sip.EndedNoReply, at + " sent no reply at all" + attemptsDetail(o) + ": " + noReplyHint},
		{o.By == sip.EndedCredentialsRefused && o.Err != nil, at + " " + why},
		{o.By == sip.EndedCredentialsRefused, at + " refused the credentials: check the trunk's username and password"},
		{o.By == sip.EndedStaleNonce, at + " called the nonce stale each time (stale=true), which is no refusal: the credentials are right, and its nonces do not last"},
		{o.By == sip.EndedRingLimit, "nobody answered within the ring limit" + colonDiscarded},
		{o.By == sip.EndedSetupLimit, at + " took the call and no phone rang in time" + colonDiscarded},
		{o.By == sip.EndedRemote && o.Code >= 300 && o.Code < 400, answered + ": " + redirectionDetail(o)},
		{forbidden && o.Credentials, answered + " to the INVITE with credentials. Carriers mean by it: " + forbiddenHint +
			"; or the credentials are wrong. The carrier's own log tells which"},
		{forbidden, answered + " and asked for no credentials. Carriers mean by it: this machine's public address is not on their list, " +
			"or they want a registration (the trunk's register: true); " + forbiddenHint + ". The carrier's own log tells which"},
		{o.By == sip.EndedRemote, ""},
	} {
		if row.applies {
			return row.detail
		}
	}
	return string(o.By)
}

// accountDetail says of credentials that were refused how a far end may look for their account.
func accountDetail(o sip.Outcome, t *Trunk) string {
	if o.By != sip.EndedCredentialsRefused || o.Err != nil || t.Username == "" || t.Identity.From == SourceUsername {
		return ""
	}
	return "if they are right, the far end may look for the account by the user of From, as Asterisk does, which has the calling number: then write from: username"
}

const maxDiscarded = 3 // of one target

// discardedDetail lists the messages of a target that were discarded during the call.
func discardedDetail(o sip.Outcome, target string) string {
	var says []string
	for _, d := range o.Discarded {
		if d.Target != target {
			continue
		}
		if len(says) == maxDiscarded {
			says = append(says, "and more")
			break
		}
		times := ""
		if d.Count > 1 {
			times = fmt.Sprintf(" %d times", d.Count)
		}
		says = append(says, fmt.Sprintf("%s from %s was discarded%s (%s)", d.FirstLine, d.From, times, d.Reason))
	}
	return strings.Join(says, ", ")
}

// withExplanation prefixes details with a block by the network and, of a call that failed,
// the explanation of the response.
func withExplanation(out flowengine.Outcome, details ...string) string {
	var sentences []string
	if out.SIP.EndedBy == record.EndedByNetwork {
		sentences = append(sentences, "the network blocked the call")
	}
	if why := out.SIP.Explanation(); why != "" && out.Exit == flowfile.ExitError {
		sentences = append(sentences, why)
	}
	for _, detail := range details {
		if detail != "" {
			sentences = append(sentences, detail)
		}
	}
	return strings.Join(sentences, "; ")
}

// attemptsDetail is what came of the attempts at other targets before one without a
// response, or how long the only attempt took.
func attemptsDetail(o sip.Outcome) string {
	var before []string
	for _, t := range o.Attempts[:max(len(o.Attempts)-1, 0)] { // the last is at the target of the outcome
		before = append(before, attemptDetail(o, t))
	}
	if before != nil {
		return "; before it " + strings.Join(before, ", ")
	}
	if took := o.EndedAt.Sub(o.InviteSentAt).Round(time.Second); took > 0 {
		return fmt.Sprintf(" in %d s", took/time.Second)
	}
	return ""
}

// attemptDetail is the result of an attempt before the last.
func attemptDetail(o sip.Outcome, t sip.Attempt) string {
	if came := discardedDetail(o, t.Target); t.Code == 0 && came != "" {
		return t.Target + ": " + came
	}
	if t.Err != nil {
		return t.Target + ": " + t.Err.Error()
	}
	return t.Target + ": " + statusText(t.Code, t.Reason)
}

// redirectionDetail is the detail of a 3xx that was not followed.
func redirectionDetail(o sip.Outcome) string {
	var contacts []string
	says, points, alternative := "redirections are not followed", "; this one points to ", o.Redirection.Alternative
	for _, c := range o.Redirection.Contacts {
		var more []string
		if c.Q != "" {
			more = append(more, "q="+c.Q)
		}
		if c.Refused != "" {
			says, points, more = "the redirection was not followed", "; it points to ", append(more, c.Refused)
		}
		if more != nil {
			c.URI += " (" + strings.Join(more, ", ") + ")"
		}
		contacts = append(contacts, c.URI)
	}
	if contacts != nil {
		says += points + strings.Join(contacts, ", ")
	}
	switch {
	case contacts != nil && o.Code == 305:
		says += ", a proxy for calls to go through: if the carrier confirms it, make it the trunk's target"
	case contacts == nil && alternative == "":
		says += ", and this one names no address"
	}
	if alternative != "" {
		says += "; what it offers is described in a body of type " + alternative + ", which is not read"
	}
	return says
}

// statusText is code and reason phrase as on the wire.
func statusText(code int, reason string) string {
	return strings.TrimSpace(fmt.Sprint(code, " ", reason))
}
