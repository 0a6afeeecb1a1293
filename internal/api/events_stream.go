package api

import (
	"cmp"
	"context"
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

// events streams an execution's journal as server-sent events (HTML Living
// Standard §9.2): GET /v1/executions/{flow_execution_id}/events. The id of an
// event is its number in the journal, so that a client that was cut off goes
// on where it was; one that names an unknown event gets all of the journal,
// after last_event_id_unknown. The stream ends with the journal; a client that connects
// again is answered 204, which ends its retries. With Accept: application/json the
// response is a page.
func (a *api) events(req *request) (any, error) {
	if prefersJSON(req.Request) {
		return a.journalPage(req)
	}
	if err := ofPages(req); err != nil {
		return nil, err
	}
	id := req.execution()
	release, err := a.acquireStream(req.Account)
	if err != nil {
		return nil, err
	}
	defer release()
	changed, stop := a.config.Executions.Watch(id)
	defer stop()
	h, last, known, err := a.journalFrom(req, id, req.Header.Get("Last-Event-ID"))
	if err != nil {
		return nil, err
	}
	if !h.FinishedAt.IsZero() && len(h.Events) == 0 {
		req.answer.WriteHeader(http.StatusNoContent)
		return nil, nil
	}
	s := a.newStream(req)
	defer s.close()
	if req.Method == http.MethodHead {
		return nil, nil
	}
	if !known && s.sendLastEventUnknown(req.Header.Get("Last-Event-ID")) != nil {
		return nil, nil
	}
	return nil, a.follow(s, h, last, changed)
}

// journalFrom reads the journal from the event on that a client had last. known is
// false if it has no such event: then it is read from its beginning.
func (a *api) journalFrom(req *request, id record.ExecutionID, text string) (h record.History, last int, known bool, err error) {
	after := func(seq int) (record.History, error) {
		return a.config.Executions.HistoryAfter(req.Context(), req.Account, id, seq)
	}
	if last, err = strconv.Atoi(cmp.Or(text, "0")); err == nil && last > 0 {
		if h, err = after(last - 1); err != nil {
			return h, 0, false, err
		}
		if len(h.Events) > 0 && h.Events[0].Seq == last {
			h.Events = h.Events[1:]
			return h, last, true, nil
		}
	}
	known = err == nil && last == 0
	h, err = after(0)
	return h, 0, known, err
}

// follow writes what is new until the execution or the stream ends. It reads
// each part of the journal once.
func (a *api) follow(s *stream, h record.History, last int, changed <-chan struct{}) error {
	for {
		for _, e := range h.Events {
			if err := s.event(strconv.Itoa(e.Seq), streamEvent{h.ID, h.FlowID, e}); err != nil {
				return nil //nolint:nilerr // the client has gone
			}
			last = e.Seq
		}
		if err := s.control.Flush(); err != nil || !h.FinishedAt.IsZero() || !s.await(changed) {
			return nil //nolint:nilerr // the client has gone
		}
		var err error
		if h, err = a.config.Executions.HistoryAfter(s.req.Context(), s.req.Account, h.ID, last); err != nil {
			return err
		}
	}
}

// closingKey is where a request's context holds the channel that is closed when
// the server shuts down.
type closingKey struct{}

// closingOf returns that channel, nil outside of NewServer's servers.
func closingOf(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(closingKey{}).(<-chan struct{})
	return c
}
