package sim

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Invite is one INVITE received outside a dialog.
type Invite struct {
	At             time.Time
	Number         string // user part of the Request-URI
	From           string // user part of From
	CallID         string
	CSeq           uint32
	HasCredentials bool
	Lost           bool // not passed to the user agent, as its phone's Behaviour says
}

// inviteFilter is the carrier's socket: it records every INVITE before the user agent reads
// it, and drops those of phones that are Lost.
type inviteFilter struct {
	*net.UDPConn
	drops func(number string) bool

	mu      sync.Mutex // guards the fields below
	invites []Invite
	known   map[inviteKey]bool
	latest  map[string]*credentials // of the latest INVITE, by Call-ID
}

type inviteKey struct {
	callID string
	cseq   uint32
}

func newInviteFilter(conn *net.UDPConn, loses func(string) bool) *inviteFilter {
	return &inviteFilter{UDPConn: conn, drops: loses, known: map[inviteKey]bool{}, latest: map[string]*credentials{}}
}

// ReadFrom returns the next datagram that is not dropped.
func (g *inviteFilter) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := g.UDPConn.ReadFrom(b)
		if err != nil || !bytes.HasPrefix(b[:n], []byte("INVITE ")) || g.record(b[:n]) {
			return n, from, err
		}
	}
}

// record records an INVITE and reports whether it is passed on. What does not parse is
// passed on: the user agent rejects it.
func (g *inviteFilter) record(raw []byte) bool {
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
	i := Invite{
		At: time.Now(), Number: r.Recipient.User, From: r.From().Address.User,
		CallID: r.CallID().Value(), CSeq: r.CSeq().SeqNo, Lost: g.drops(r.Recipient.User),
	}
	credentials := readCredentials(r)
	i.HasCredentials = credentials != nil
	g.mu.Lock()
	defer g.mu.Unlock()
	if key := (inviteKey{i.CallID, i.CSeq}); !g.known[key] {
		g.known[key] = true
		g.invites = append(g.invites, i)
		g.latest[i.CallID] = credentials
	}
	return !i.Lost
}

// credentials are those of the latest INVITE of a call, nil if it has none.
func (g *inviteFilter) credentials(callID string) *credentials {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.latest[callID]
}

func (g *inviteFilter) list() []Invite {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]Invite(nil), g.invites...)
}

// plain is a number without a leading +.
func plain(number string) string { return strings.TrimPrefix(number, "+") }
