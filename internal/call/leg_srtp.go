package call

import (
	"ringflow/media/sdp"
	"ringflow/sip"
)

// rekey makes new keys for the next description of ours.
func (l *Leg) rekey() {
	if l.trunk.SRTP == sdp.SRTPOff || l.trunk.SRTP == "" {
		return
	}
	suites := l.trunk.Suites
	if len(suites) == 0 {
		suites = sdp.DefaultSuites()
	}
	l.local.SRTP, l.local.Crypto = l.trunk.SRTP, sdp.NewCrypto(suites)
}

// rekeyFor makes new keys for the answer to an offer that has a new key or address of the far
// end: a receiver that begins anew counts the rollovers of our numbers from 0 (RFC 4568
// §7.1.4).
func (l *Leg) rekeyFor(offer []byte) {
	_, n, err := sdp.Answer(offer, l.local)
	before := l.negotiated
	if err != nil || !n.SRTP.Encrypted() || !before.SRTP.Encrypted() {
		return
	}
	moved := n.Remote != before.Remote && !n.Remote.Addr().IsUnspecified()
	if moved || n.SRTP.Receive != before.SRTP.Receive {
		l.rekey()
	}
}

// holdToSRTP refuses plain RTP from now on in an answered leg that has agreed on SRTP. Early
// dialogs may differ.
func (l *Leg) holdToSRTP(n sdp.Negotiated) {
	l.local.Encrypted = l.local.Encrypted || l.isAnswered() && n.SRTP.Encrypted()
}

// logEncryption logs that a far end has answered with plain RTP where SRTP was wanted.
func (l *Leg) logEncryption(n sdp.Negotiated) {
	if l.trunk.SRTP == sdp.SRTPOptional && !n.SRTP.Encrypted() {
		l.log.Info("a far end takes no SRTP: plain RTP is sent", "trunk", l.trunk.Name, "leg", l.id, "call_id", l.facts.CallID)
	}
}

// encryptionDetail is what the refusal of an offer may mean about its encryption, empty for
// any other outcome, and for one of plain RTP that is explained.
func encryptionDetail(o sip.Outcome, p sdp.SRTPPolicy) string {
	if o.By != sip.EndedRemote || o.Answered || o.Code != 415 && o.Code != 488 && o.Code != 606 {
		return ""
	}
	if p != sdp.SRTPRequired && o.Explanation.Text()+o.Explanation.Warning() != "" {
		return ""
	}
	switch p {
	case sdp.SRTPRequired:
		return "the offer was SRTP alone (the trunk's srtp is required): a far end that takes plain RTP alone, or other suites, answers so"
	case sdp.SRTPOptional:
		return "the offer was RTP/AVP with keys for SRTP (the trunk's srtp is optional): a far end that wants RTP/SAVP answers so: set srtp to required"
	}
	return "the offer was plain RTP (the trunk's srtp is off): a far end that wants SRTP answers so: set srtp to required"
}
