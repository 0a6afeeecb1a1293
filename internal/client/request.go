package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
)

// call is one request, as the generated operations put it.
type call struct {
	name         string // of the operation
	method, path string
	parameters   any    // a struct whose fields are tagged query or header; nil: none
	body         any    // []byte as it is, anything else as JSON; nil: none
	media        string // of the body
	private      bool   // needs a token
	basic        bool   // authenticates the client itself
}

// answer does a call whose answer is JSON.
func answer[T any](ctx context.Context, c *Client, asked call) (T, error) {
	var body T
	res, err := c.do(ctx, asked)
	if err != nil {
		return body, err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		return body, fmt.Errorf("%s: read the answer: %w", asked.name, err)
	}
	return body, nil
}

// nothing does a call whose answer has no body.
func nothing(ctx context.Context, c *Client, asked call) error {
	res, err := c.do(ctx, asked)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// do does a call and returns an answer of success, whose body the caller
// closes. A token that the server no longer takes is replaced once.
func (c *Client) do(ctx context.Context, asked call) (*http.Response, error) {
	stale := ""
	for {
		token := ""
		if asked.private {
			var err error
			if token, err = c.token(ctx, stale); err != nil {
				return nil, err
			}
		}
		r, err := c.request(ctx, asked, token)
		if err != nil {
			return nil, err
		}
		res, err := c.http.Do(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", asked.name, err)
		}
		if res.StatusCode < 300 {
			return res, nil
		}
		refused := refusalOf(asked.name, res)
		_ = res.Body.Close() // it has been read as far as it matters
		if refused.Status != http.StatusUnauthorized || token == "" || stale != "" {
			return nil, refused
		}
		stale = token
	}
}

func (c *Client) request(ctx context.Context, asked call, token string) (*http.Request, error) {
	var body io.Reader
	switch b := asked.body.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return nil, fmt.Errorf("%s: write the request: %w", asked.name, err)
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, asked.method, c.base+asked.path, body)
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	if asked.parameters != nil {
		setParameters(reflect.ValueOf(asked.parameters), query, r.Header)
	}
	r.URL.RawQuery = query.Encode()
	if c.userAgent != "" {
		r.Header.Set("User-Agent", c.userAgent)
	}
	if asked.body != nil {
		r.Header.Set("Content-Type", asked.media)
	}
	if asked.basic {
		r.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret)) // RFC 6749 §2.3.1
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r, nil
}

// setParameters adds those fields of a struct that have a value to the query or to the
// header.
func setParameters(of reflect.Value, query url.Values, header http.Header) {
	for field, value := range of.Fields() {
		switch name, inQuery := field.Tag.Lookup("query"); {
		case value.IsZero():
		case field.Anonymous:
			setParameters(value, query, header)
		case inQuery:
			query.Set(name, fmt.Sprint(value))
		default:
			header.Set(field.Tag.Get("header"), fmt.Sprint(value))
		}
	}
}
