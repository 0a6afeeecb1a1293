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
	// noReplyTaken begins the list of the replies that were discarded.
	noReplyTaken = " sent no reply that could be taken: "
	// noReplyHint has the usual causes of an INVITE without a response.
	noReplyHint = "check host and port, the firewalls and any SIP ALG on the way (both directions), that the carrier " +
		"has this machine's public address on its list, and that it takes the trunk's transport, udp or tcp: Ringflow speaks no TLS"
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
	switch o.By {
	case sip.EndedRemote:
		return answerDetail(at, o, exit)
	case sip.EndedNoReply:
		return noReplyDetail(at, o)
	case sip.EndedTransport:
		came := discardedDetail(o, o.Target)
		switch {
		case o.Err == nil:
			return at + " cannot be reached"
		case !errors.Is(o.Err, sip.ErrConnectionLost):
			return at + " cannot be reached: " + o.Err.Error()
		case came == "":
			return at + " took the connection and sent no response: " + o.Err.Error()
		}
		return at + noReplyTaken + came
	case sip.EndedCredentialsRefused:
		if o.Err != nil {
			return at + " " + o.Err.Error()
		}
		return at + " refused the credentials: check the trunk's username and password"
	case sip.EndedStaleNonce:
		return at + " called the nonce stale each time (stale=true), which is no refusal: the credentials are right, and its nonces do not last"
	case sip.EndedRingLimit:
		return "nobody answered within the ring limit"
	case sip.EndedSetupLimit:
		if came := discardedDetail(o, o.Target); came != "" {
			return at + " took the call and no phone rang in time: " + came
		}
		return at + " took the call and no phone rang in time"
	}
	return string(o.By)
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

// withExplanation prefixes a detail with a block by the network and, of a call that failed,
// the explanation of the response.
func withExplanation(out flowengine.Outcome, detail string) string {
	var sentences []string
	if out.SIP.EndedBy == record.EndedByNetwork {
		sentences = append(sentences, "the network blocked the call")
	}
	if why := out.SIP.Explanation(); why != "" && out.Exit == flowfile.ExitError {
		sentences = append(sentences, why)
	}
	if detail != "" {
		sentences = append(sentences, detail)
	}
	return strings.Join(sentences, "; ")
}

// noReplyDetail is the detail of a trunk that sends no response.
func noReplyDetail(at string, o sip.Outcome) string {
	if came := discardedDetail(o, o.Target); came != "" {
		return at + noReplyTaken + came
	}
	if o.Credentials {
		return at + " asked for credentials and sent no reply to the INVITE with credentials: " +
			"a carrier may drop credentials that it does not accept, and a firewall the fragments of a longer message"
	}
	says := at + " sent no reply at all"
	if before := o.Attempts[:max(len(o.Attempts)-1, 0)]; len(before) > 0 { // the last is at the target of the outcome
		for i, t := range before {
			says += []string{"; before it ", ", "}[min(i, 1)] + attemptDetail(o, t)
		}
	} else if took := o.EndedAt.Sub(o.InviteSentAt).Round(time.Second); took > 0 {
		says += fmt.Sprintf(" in %d s", took/time.Second)
	}
	return says + ": " + noReplyHint
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

// answerDetail is the detail of a final response.
func answerDetail(at string, o sip.Outcome, exit flowfile.Exit) string {
	switch {
	case o.Code >= 300 && o.Code < 400:
		return at + " answered " + statusText(o.Code, o.Reason) + ": " + redirectionDetail(o)
	case o.Code == 403 && exit == flowfile.ExitError && o.Credentials:
		return at + " answered " + statusText(o.Code, o.Reason) + " to the INVITE with credentials. Carriers mean by it: " + forbiddenHint +
			"; or the credentials are wrong. The carrier's own log tells which"
	case o.Code == 403 && exit == flowfile.ExitError:
		return at + " answered " + statusText(o.Code, o.Reason) + " and asked for no credentials. Carriers mean by it: this machine's public " +
			"address is not on their list, or they want a registration, which Ringflow does not send; " + forbiddenHint +
			". The carrier's own log tells which"
	}
	return ""
}

// redirectionDetail is the detail of a 3xx, which is not followed.
func redirectionDetail(o sip.Outcome) string {
	to := o.Redirection
	says := "redirections are not followed"
	for i, c := range to.Contacts {
		if i == 0 {
			says += "; this one points to "
		} else {
			says += ", "
		}
		says += c.URI
		if c.Q != "" {
			says += " (q=" + c.Q + ")"
		}
	}
	switch {
	case len(to.Contacts) > 0 && o.Code == 305:
		says += ", a proxy for calls to go through: if the carrier confirms it, make it the trunk's target"
	case len(to.Contacts) == 0 && to.Alternative == "":
		says += ", and this one names no address"
	}
	if to.Alternative != "" {
		says += "; what it offers is described in a body of type " + to.Alternative + ", which is not read"
	}
	return says
}

// statusText is code and reason phrase as on the wire.
func statusText(code int, reason string) string {
	return strings.TrimSpace(fmt.Sprint(code, " ", reason))
}
