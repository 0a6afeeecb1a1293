// Package bare places whole calls with emiago/sipgo and nothing else: no HTTP,
// no record, no audio, no flow. What a call costs so is the yardstick for what
// it costs a whole server. It runs in a process of its own, so that its
// processor time is nobody else's, and shares no code with what it stands
// beside.
package bare

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	sipmsg "github.com/emiago/sipgo/sip"
)

// patience is how long one call may take from INVITE to the answer to its BYE.
const patience = 10 * time.Second

// offer has what the carrier wants of one: PCMU, PCMA and telephone-event.
const offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
	"m=audio 39990 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n" +
	"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"

// Caller is a user agent client on one UDP socket, for both roles of it, as
// sipgo's own dialogs use it.
type Caller struct {
	agent  *sipgo.UserAgent
	conn   *net.UDPConn
	done   chan struct{}
	dialog sipgo.DialogUA
	to     netip.AddrPort
}

// New opens a caller on a free port of loopback, which calls the carrier at to.
// Close it.
func New(to netip.AddrPort) (*Caller, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("open bare caller: %w", err)
	}
	_ = conn.SetReadBuffer(4 << 20)
	local := conn.LocalAddr().(*net.UDPAddr)
	c := &Caller{conn: conn, to: to, done: make(chan struct{})}
	if c.agent, err = sipgo.NewUA(sipgo.WithUserAgent("bare")); err != nil {
		return nil, fmt.Errorf("open bare caller: %w", err)
	}
	quiet := slog.New(slog.DiscardHandler)
	server, err := sipgo.NewServer(c.agent, sipgo.WithServerLogger(quiet))
	if err != nil {
		return nil, fmt.Errorf("open bare caller: %w", err)
	}
	go func() {
		defer close(c.done)
		_ = server.ServeUDP(conn) // until Close
	}()
	// A client that comes before the server has taken the socket would open another.
	for taken := false; !taken; time.Sleep(time.Millisecond) {
		_, err := c.agent.TransportLayer().GetConnection("udp", local.String())
		taken = err == nil
	}
	client, err := sipgo.NewClient(c.agent, sipgo.WithClientConnectionAddr(local.String()), sipgo.WithClientLogger(quiet))
	if err != nil {
		return nil, fmt.Errorf("open bare caller: %w", err)
	}
	c.dialog = sipgo.DialogUA{Client: client, ContactHDR: sipmsg.ContactHeader{
		Address: sipmsg.Uri{Scheme: "sip", User: "bare", Host: local.IP.String(), Port: local.Port}}}
	return c, nil
}

// Close closes the socket and waits for its reader.
func (c *Caller) Close() error {
	_ = c.agent.Close()
	err := c.conn.Close()
	<-c.done
	return err
}

// Run calls each number, so many a second whatever the calls do: INVITE, ACK of
// the 200, BYE at once. It returns how many calls were whole, and the first
// error of one that was not.
func (c *Caller) Run(ctx context.Context, numbers []string, perSecond int) (whole int, first error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	start := time.Now()
	for i, number := range numbers {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(perSecond))))
		all.Go(func() {
			err := c.call(ctx, number)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				whole++
			} else if first == nil {
				first = fmt.Errorf("call %s: %w", number, err)
			}
		})
	}
	all.Wait()
	return whole, first
}

func (c *Caller) call(ctx context.Context, number string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	to := sipmsg.Uri{Scheme: "sip", User: number, Host: c.to.Addr().String(), Port: int(c.to.Port())}
	call, err := c.dialog.Invite(ctx, to, []byte(offer),
		sipmsg.NewHeader("Content-Type", "application/sdp"), sipmsg.NewHeader("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS"))
	if err != nil {
		return err
	}
	defer call.Close()
	if err := call.WaitAnswer(ctx, sipgo.AnswerOptions{}); err != nil {
		return err
	}
	if err := call.Ack(ctx); err != nil {
		return err
	}
	return call.Bye(ctx)
}
