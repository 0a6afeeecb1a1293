package sim

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Invite is one INVITE that came to the carrier outside any dialog.
type Invite struct {
	At             time.Time
	Number         string // user part of the Request-URI
	From           string // user part of From
	CallID         string
	CSeq           uint32
	HasCredentials bool // it brought credentials
	Lost           bool // the carrier lost it, as its phone was told to
}

// inviteFilter is the carrier's socket with a watchman: it books every INVITE before the
// user agent sees it, and loses those that are to be lost.
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

// ReadFrom returns the next datagram that gets through.
func (g *inviteFilter) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := g.UDPConn.ReadFrom(b)
		if err != nil || !bytes.HasPrefix(b[:n], []byte("INVITE ")) || g.record(b[:n]) {
			return n, from, err
		}
	}
}

// record books an INVITE and says whether it gets through. What does not parse
// does: to refuse it is the user agent's business.
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
	login := readCredentials(r)
	i.HasCredentials = login != nil
	g.mu.Lock()
	defer g.mu.Unlock()
	if key := (inviteKey{i.CallID, i.CSeq}); !g.known[key] {
		g.known[key] = true
		g.invites = append(g.invites, i)
		g.latest[i.CallID] = login
	}
	return !i.Lost
}

// credentials are those of the latest INVITE of a call, nil if it brought none.
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

// plain is a number as it is looked up: a leading + makes no difference.
func plain(number string) string { return strings.TrimPrefix(number, "+") }
