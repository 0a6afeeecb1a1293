package flowtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ringflow/flowengine"
)

// Stub is a Web whose answers are scripted. It is good for one case.
type Stub struct {
	Answers []Answer

	mu sync.Mutex // guards Answers while the case runs
}

// Answer is what comes of a request with this method and path. Answers of the
// same method and path are given in turn, the last one for ever.
type Answer struct {
	Method, Path string
	Status       int // 0: no answer, the connection breaks
	Body         string
	After        time.Duration
}

// Do implements flowengine.Connections for any connection.
func (s *Stub) Do(ctx context.Context, _, connection string, r flowengine.HTTPRequest) (flowengine.HTTPResponse, error) {
	a, ok := s.next(r)
	if !ok {
		return flowengine.HTTPResponse{}, fmt.Errorf("connection %s: the case has no answer to %s %s", connection, r.Method, r.Path)
	}
	if err := sleep(ctx, a.After); err != nil {
		return flowengine.HTTPResponse{}, err
	}
	if a.Status == 0 {
		return flowengine.HTTPResponse{}, fmt.Errorf("connection %s: %w", connection, errors.New("it broke"))
	}
	return flowengine.HTTPResponse{Status: a.Status, ReasonPhrase: http.StatusText(a.Status), Body: []byte(a.Body)}, nil
}

// next finds the answer to a request, and drops it if another one follows.
func (s *Stub) next(r flowengine.HTTPRequest) (Answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answers := func(a Answer) bool { return a.Method == r.Method && a.Path == r.Path }
	at := slices.IndexFunc(s.Answers, answers)
	if at < 0 {
		return Answer{}, false
	}
	a := s.Answers[at]
	if slices.ContainsFunc(s.Answers[at+1:], answers) {
		s.Answers = slices.Delete(s.Answers, at, at+1)
	}
	return a, true
}

// add reads an answer such as "GET /path 200 {…}", with "after 2s" before the status, or
// "breaks" in its place.
func (s *Stub) add(text string) (err error) {
	word := func() string {
		w, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
		text = rest
		return w
	}
	a := Answer{Method: word(), Path: word()}
	status := word()
	if status == "after" {
		if a.After, err = time.ParseDuration(word()); err != nil {
			return err
		}
		status = word()
	}
	if status != "breaks" {
		if a.Status, err = strconv.Atoi(status); err != nil {
			return errors.New("write web GET /path 200 {}, with after 2s before the status, or breaks in its place")
		}
	}
	a.Body = strings.TrimSpace(text)
	s.Answers = append(s.Answers, a)
	return nil
}
