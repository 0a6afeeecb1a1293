package api_test

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/api"
	"ringflow/internal/prompt"
	"ringflow/media"
)

// prompted returns a world whose prompts are on a disk, with the published flow
// play, which uses the prompt hello.
func prompted(t *testing.T) *world {
	t.Helper()
	library := prompt.NewLibrary(nil, errors.New("no speech"))
	if err := library.LoadUploads(t.TempDir(), []string{"acme", "other"}); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, func(c *api.Config) {
		c.Prompts = library
		c.Versions = usesHello{c.Versions}
	})
}

type usesHello struct{ api.Versions }

func (u usesHello) Flows(ctx context.Context, account string) ([]record.Version, error) {
	found, err := u.Versions.Flows(ctx, account)
	for i := range found {
		found[i].Definition = []byte("name: Play it\ntrigger: {component: api_request}\nstart: a\nsteps:\n" +
			"  a: {component: play_audio, with: {file: hello}, exits: {ok: b}}\n  b: {component: play_audio, with: {file: hello}}\n")
	}
	return found, err
}

func TestPrompts(t *testing.T) {
	w := prompted(t)
	short, long := string(media.EncodeWAV(media.Tone(-10, time.Second, 440))), string(media.EncodeWAV(media.Tone(-10, 2*time.Second, 440)))
	for _, c := range []struct {
		method, path, client, body string
		code                       int
		want                       string
	}{
		{"GET", "/v1/prompts", "reader", "", 200, `{"prompts":[],"next":null}`},
		{"POST", "/v1/prompts?name=hello", "reader", short, 403, ""},
		{"POST", "/v1/prompts?name=hello", "acceptance", short, 201, `{"name":"hello","duration_ms":1000,"bytes":16044,`},
		{"POST", "/v1/prompts?name=hello", "acceptance", short, 409, "there is a prompt of this name"},
		{"POST", "/v1/prompts?name=", "acceptance", short, 400, `"fields":[{"name":"name"`},
		{"POST", "/v1/prompts?name=..%2Fhello", "acceptance", short, 400, `"fields":[{"name":"name"`},
		{"POST", "/v1/prompts", "acceptance", short, 400, `"name","description":"is missing: add the prompt's name to the address, such as ?name=hello.wav"`},
		{"POST", "/v1/prompts?name=hi.ogg", "acceptance", short, 400, `\"hi.ogg\" ends in .ogg, and the file is WAV: call it hi.wav`},
		{"POST", "/v1/prompts?name=bye", "acceptance", "no sound", 400, "invalid sound"},
		{"POST", "/v1/prompts?name=bye", "acceptance", short[:44], 400, "there is no audio in it: the WAV has 0 bytes of data"},
		{"POST", "/v1/prompts?name=bye", "acceptance", short[:45], 400, "there is no audio in it: the WAV has 1 bytes of data, and a sample takes 2"},
		{"PUT", "/v1/prompts/hello", "acceptance", "ID3\x03\x00\x00\x00\x00\x00\x00", 400, "there is no audio in it: no frame of the MP3 is whole"},
		{"POST", "/v1/prompts?name=bye", "acceptance", strings.Repeat("x", prompt.MaxBytes+1), 413, "10485760"},
		{"POST", "/v1/prompts?name=bye", "acceptance", short, 201, `"used_by":[]`},
		{"GET", "/v1/prompts", "reader", "", 200, `"read_only":false,"used_by":["play"]`},
		{"PUT", "/v1/prompts/hello", "acceptance", long, 200, `"duration_ms":2000`},
		{"PUT", "/v1/prompts/hello", "acceptance", "no sound", 400, "invalid sound"},
		{"PUT", "/v1/prompts/none", "acceptance", long, 404, "prompt not found"},
		{"GET", "/v1/prompts/hello", "reader", "", 200, `"duration_ms":2000`},
		{"DELETE", "/v1/prompts/hello", "acceptance", "", 409, `"fields":[{"name":"play"`},
		{"DELETE", "/v1/prompts/bye", "acceptance", "", 204, ""},
		{"DELETE", "/v1/prompts/bye", "acceptance", "", 404, "prompt not found"},
		{"GET", "/v1/prompts/bye", "reader", "", 404, "prompt not found"},
		{"GET", "/v1/prompts", "stranger", "", 200, `{"prompts":[],"next":null}`},
		{"GET", "/v1/prompts/hello", "stranger", "", 404, "prompt not found"},
	} {
		if answer := w.do(c.method, c.path, c.client, c.body); answer.Code != c.code || !strings.Contains(answer.Body.String(), c.want) {
			t.Errorf("%s %s by %s: %d %.300s, want %d %s", c.method, c.path, c.client, answer.Code, answer.Body, c.code, c.want)
		}
	}
}

// Two who change a prompt at the same time do not overwrite each other.
func TestPromptTags(t *testing.T) {
	w := prompted(t)
	audio := func(seconds int) string {
		return string(media.EncodeWAV(media.Tone(-10, time.Duration(seconds)*time.Second, 440)))
	}
	step := func(method, path, body string, code int, match ...string) string {
		t.Helper()
		answer := w.do(method, path, "acceptance", body, match...)
		if answer.Code != code {
			t.Errorf("%s %s %q: %d %s, want %d", method, path, match, answer.Code, answer.Body, code)
		}
		return answer.Header().Get("ETag")
	}
	step("PUT", "/v1/prompts/new", audio(1), 404, "If-Match", "*")
	first := step("POST", "/v1/prompts?name=new", audio(1), 201)
	if read := step("GET", "/v1/prompts/new", "", 200); read != first || first == "" {
		t.Errorf("the tag read is %q, given was %q", read, first)
	}
	second := step("PUT", "/v1/prompts/new", audio(2), 200, "If-Match", `"other", `+first)
	step("PUT", "/v1/prompts/new", audio(3), 412, "If-Match", first)
	step("PUT", "/v1/prompts/new", audio(3), 412, "If-Match", "W/"+second)
	step("PUT", "/v1/prompts/new", audio(3), 400, "If-Match", strings.Trim(second, `"`))
	step("DELETE", "/v1/prompts/new", "", 412, "If-Match", first)
	step("DELETE", "/v1/prompts/new", "", 204, "If-Match", second)
	step("DELETE", "/v1/prompts/new", "", 404, "If-Match", second)
}

// A prompt of the configuration is shown and not changed; without a place for
// prompts there are none.
func TestFixedPrompts(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.Prompts = fixed{} })
	for method, path := range map[string]string{"POST": "/v1/prompts?name=intro.wav", "PUT": "/v1/prompts/intro.wav", "DELETE": "/v1/prompts/intro.wav"} {
		if answer := w.do(method, path, "acceptance", "RIFF"); answer.Code != 409 {
			t.Errorf("%s: %d %s", method, answer.Code, answer.Body)
		}
	}
	if answer := w.do("GET", "/v1/prompts/intro.wav", "reader", ""); !strings.Contains(answer.Body.String(), `"read_only":true`) {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	bare := newWorld(t, nil)
	for request, code := range map[[2]string]int{{"GET", "/v1/prompts"}: 200, {"POST", "/v1/prompts?name=x"}: 503, {"PUT", "/v1/prompts/x"}: 404, {"DELETE", "/v1/prompts/x"}: 404} {
		if answer := bare.do(request[0], request[1], "acceptance", "x"); answer.Code != code {
			t.Errorf("%s: %d, want %d", request, answer.Code, code)
		}
	}
}

// fixed has one prompt, which comes from the configuration.
type fixed struct{}

func (fixed) List(string) []prompt.Info {
	return []prompt.Info{{Name: "intro.wav", ReadOnly: true}}
}
func (fixed) Create(string, string, []byte) (prompt.Info, error) {
	return prompt.Info{}, prompt.ErrExists
}
func (fixed) Replace(string, string, []byte) (prompt.Info, error) {
	return prompt.Info{}, prompt.ErrReadOnly
}
func (fixed) Delete(string, string) error { return prompt.ErrReadOnly }

// Prompts on their way lie in memory: an account may have some, and no more.
func TestUploadsAreLimited(t *testing.T) {
	w := newWorld(t, nil)
	token := w.token("acceptance")
	var bodies []*io.PipeWriter
	codes := make(chan int, 5)
	for range cap(codes) {
		body, send := io.Pipe()
		bodies = append(bodies, send)
		go func() {
			r := httptest.NewRequest("POST", "/v1/prompts?name=hello", body)
			r.Header.Set("Authorization", "Bearer "+token)
			answer := httptest.NewRecorder()
			w.handler.ServeHTTP(answer, r)
			codes <- answer.Code
		}()
	}
	if code := <-codes; code != 429 {
		t.Errorf("the fifth upload at once: %d", code)
	}
	for _, b := range bodies {
		_ = b.CloseWithError(io.ErrUnexpectedEOF)
	}
	for range 4 {
		if code := <-codes; code != 400 {
			t.Errorf("an upload that was broken off: %d", code)
		}
	}
	if answer := w.do("POST", "/v1/prompts?name=hello", "acceptance", "no sound"); answer.Code == 429 {
		t.Error("uploads that ended still count")
	}
}

func TestPromptInAFormIsExplained(t *testing.T) {
	w := prompted(t)
	got := w.do("POST", "/v1/prompts?name=hello.wav", "acceptance", "--x\r\n", "Content-Type", "multipart/form-data; boundary=x")
	const want = "this is a form (multipart/form-data): send the file alone as the body, as curl does with --data-binary @hello.wav"
	if got.Code != 400 || !strings.Contains(got.Body.String(), want) {
		t.Errorf("%d %s, want 400 with %q", got.Code, got.Body, want)
	}
}

// The original's scopes of prompts open the routes of prompts, each its own and no
// other.
func TestScopesOfPromptsOpenPrompts(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct {
		client, method, path string
		forbidden            bool
	}{
		{"prompts-reader", "GET", "/v1/prompts", false},
		{"prompts-reader", "POST", "/v1/prompts?name=a.wav", true},
		{"prompts-reader", "DELETE", "/v1/prompts/a.wav", true},
		{"prompts-reader", "GET", "/v1/flows", true},
		{"prompts-writer", "POST", "/v1/prompts?name=a.wav", false},
		{"prompts-writer", "PUT", "/v1/prompts/a.wav", false},
		{"prompts-writer", "DELETE", "/v1/prompts/a.wav", true},
		{"prompts-writer", "GET", "/v1/prompts", true},
		{"prompts-writer", "PUT", "/v1/flows/f/draft", true},
		{"prompts-remover", "DELETE", "/v1/prompts/a.wav", false},
		{"prompts-remover", "PUT", "/v1/prompts/a.wav", true},
	} {
		if answer := w.do(c.method, c.path, c.client, "x"); (answer.Code == 403) != c.forbidden || answer.Code == 401 {
			t.Errorf("%+v: %d %s", c, answer.Code, answer.Body)
		}
	}
}
