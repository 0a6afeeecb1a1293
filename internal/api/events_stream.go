package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ringflow/flowengine/record"
)

// Times of event streams.
const (
	pingEvery    = 15 * time.Second // keeps proxies from closing a quiet stream
	eventTimeout = 10 * time.Second // for a client to take what is written
)

// Event streams open at once, where nothing else is configured.
const DefaultStreams = 1000

// eventStream is the media type of server-sent events.
const eventStream = "text/event-stream"

// streamEvent is the data of an event of every stream: a line of a journal, and
// whose.
type streamEvent struct {
	FlowExecutionID record.ExecutionID `json:"flow_execution_id"`
	FlowID          string             `json:"flow_id"`
	record.Event
}

// streamed stands for the data of whatever a stream sends: an event, or that the last
// one is unknown.
type streamed struct{}

// stream writes server-sent events (HTML Living Standard §9.2) to one client, for
// as long as its token lets it: it ends with a comment that says why, and the
// client comes back with another token and its Last-Event-ID.
type stream struct {
	api     *api
	req     *request
	control *http.ResponseController
	ping    *time.Ticker
	expiry  *time.Timer
}

// newStream begins an answer of events. The caller closes it.
func (a *api) newStream(req *request) *stream {
	req.answer.Header().Set("Content-Type", eventStream)
	req.answer.Header().Set("Vary", "Accept")
	return &stream{
		api: a, req: req, control: http.NewResponseController(req.answer),
		ping: time.NewTicker(pingEvery), expiry: time.NewTimer(time.Until(req.Expires)),
	}
}

// acquireStream counts one more stream of the account until release is called.
func (a *api) acquireStream(account string) (release func(), err error) {
	share := a.config.AccountStreams(account)
	return a.streams.acquire(account, share, a.config.Streams,
		"the account may have "+strconv.Itoa(share)+" event streams open", "too many event streams are open")
}

func (s *stream) close() {
	s.ping.Stop()
	s.expiry.Stop()
}

// await waits until something has changed. It reports false when the stream is
// over: the client has gone, its token is worth nothing any more, or the server
// shuts down.
func (s *stream) await(changed <-chan struct{}) bool {
	for {
		select {
		case <-changed:
			return true
		case <-s.ping.C:
			switch {
			case s.expired(): // at the same moment
				_ = s.comment(tokenExpired)
				return false
			case !s.api.stillAuthorised(s.req):
				_ = s.comment("the token is worth nothing any more")
				return false
			case s.comment("still here") != nil:
				return false
			}
		case <-s.expiry.C:
			_ = s.comment(tokenExpired)
			return false
		case <-closingOf(s.req.Context()):
			_ = s.comment("the server shuts down: come back")
			return false
		case <-s.req.Context().Done():
			return false
		}
	}
}

const tokenExpired = "the token has expired: come back with another"

func (s *stream) expired() bool { return !time.Now().Before(s.req.Expires) }

// ended reports whether a stream ends although more events follow.
func (s *stream) ended() bool {
	return closed(s.req.Context().Done()) || closed(closingOf(s.req.Context())) || s.expired()
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// event sends one.
func (s *stream) event(id string, e streamEvent) error {
	e.At = shownTime(e.At)
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.write("id: %s\nevent: %s\ndata: %s\n\n", id, e.Kind, data)
}

func (s *stream) write(format string, args ...any) error {
	s.req.extend()
	_, err := fmt.Fprintf(s.req.answer, format, args...)
	return err
}

// lastEventUnknown is the event that is not of a journal: the Last-Event-ID is unknown,
// so that what follows may begin earlier, or later, than after it.
const lastEventUnknown = "last_event_id_unknown"

// unknownEvent is its data.
type unknownEvent struct {
	Kind        string `json:"kind"`
	LastEventID string `json:"last_event_id" doc:"As the client sent it, its first 200 bytes."`
	Description string `json:"description"`
}

// sendLastEventUnknown sends it, without an id: the one that the client has stays until an event
// has another.
func (s *stream) sendLastEventUnknown(last string) error {
	data, err := json.Marshal(unknownEvent{lastEventUnknown, strings.ToValidUTF8(truncated(last), "?"),
		"there is no such event, or it is older than a day: the stream begins with what there is"})
	if err != nil {
		return err
	}
	return cmp.Or(s.write("event: %s\ndata: %s\n\n", lastEventUnknown, data), s.control.Flush())
}

// comment sends a comment, which clients ignore.
func (s *stream) comment(text string) error {
	return cmp.Or(s.write(": %s\n\n", text), s.control.Flush())
}

// prefersJSON reports whether a request for events wants JSON rather
// than a stream (RFC 9110 §12.5.1). Equal weights, or no
// Accept, mean the stream.
func prefersJSON(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return quality(accept, "application/json") > quality(accept, eventStream)
}

// quality is the weight that an Accept header field gives a media type: that of the
// most specific range which has it, 0 if none has.
func quality(accept, media string) float64 {
	kind, _, _ := strings.Cut(media, "/")
	weight, exact := 0.0, 0
	for part := range strings.SplitSeq(accept, ",") {
		fields := strings.Split(part, ";")
		how := map[string]int{"*/*": 1, kind + "/*": 2, media: 3}[strings.ToLower(strings.TrimSpace(fields[0]))]
		if how <= exact {
			continue
		}
		exact, weight = how, 1
		for _, parameter := range fields[1:] {
			name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
			if q, err := strconv.ParseFloat(value, 64); strings.EqualFold(name, "q") && err == nil && q >= 0 && q <= 1 {
				weight = q
			}
		}
	}
	return weight
}
