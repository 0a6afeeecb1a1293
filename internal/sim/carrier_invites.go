package sim

import (
	"bytes"
	"net"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Invite is one INVITE received outside a dialog.
type Invite struct {
	At     time.Time
	Number string // user part of the Request-URI
	From   string // user part of From
	CallID string
	CSeq   uint32
	Lost   bool // not passed to the user agent, as its phone's Behaviour says
}

// inviteFilter is the carrier's socket: every INVITE is recorded before the user agent reads
// it, and dropped if its phone is Lost.
type inviteFilter struct {
	*net.UDPConn
	record func(raw []byte) (passed bool)
}

// ReadFrom returns the next datagram that is not dropped.
func (f inviteFilter) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := f.UDPConn.ReadFrom(b)
		if err != nil || !bytes.HasPrefix(b[:n], []byte("INVITE ")) || f.record(b[:n]) {
			return n, from, err
		}
	}
}

// screened is the latest INVITE of a call and what it is refused with.
type screened struct {
	cseq    uint32
	refusal FinalResponse // Code 0: it is accepted
}

// record records an INVITE and reports whether it is passed on. What does not parse is
// passed on: the user agent rejects it.
func (c *Carrier) record(raw []byte) bool {
	message, err := sipmsg.ParseMessage(bytes.Clone(raw))
	if err != nil {
		return true
	}
	r, ok := message.(*sipmsg.Request)
	if !ok || r.To() == nil || r.From() == nil || r.CallID() == nil || r.CSeq() == nil {
		return true
	}
	if tag, inDialog := r.To().Params.Get("tag"); inDialog && tag != "" {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := Invite{
		At: time.Now(), Number: r.Recipient.User, From: r.From().Address.User,
		CallID: r.CallID().Value(), CSeq: r.CSeq().SeqNo, Lost: c.phones[plain(r.Recipient.User)].Lost,
	}
	if last, known := c.latest[i.CallID]; !known || i.CSeq > last.cseq {
		c.invites = append(c.invites, i)
		last = screened{cseq: i.CSeq}
		if c.config.Screen != nil {
			last.refusal = c.config.Screen(r)
		}
		c.latest[i.CallID] = last
	}
	return !i.Lost
}

// plain is a number without a leading +.
func plain(number string) string { return strings.TrimPrefix(number, "+") }
