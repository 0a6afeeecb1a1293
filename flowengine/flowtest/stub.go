package flowtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"ringflow/flowengine"
)

// Stub is a Web whose answers are scripted. It is good for one case.
type Stub struct {
	Answers []Answer

	mu   sync.Mutex     // guards what follows
	made map[string]int // how many requests there were of a method and path
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

// next notes a request and finds its answer.
func (s *Stub) next(r flowengine.HTTPRequest) (Answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var answers []Answer
	for _, a := range s.Answers {
		if a.Method == r.Method && a.Path == r.Path {
			answers = append(answers, a)
		}
	}
	if len(answers) == 0 {
		return Answer{}, false
	}
	request := r.Method + " " + r.Path
	earlier := s.made[request]
	if s.made == nil {
		s.made = map[string]int{}
	}
	s.made[request]++
	return answers[min(earlier, len(answers)-1)], true
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
