package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"ringflow/internal/auth"
	"ringflow/internal/prompt"
)

// Prompts are the sounds that an account has stored. It is satisfied by
// prompt.Library, which documents the errors.
type Prompts interface {
	List(account string) []prompt.Info
	Create(account, name string, file []byte) (prompt.Info, error)
	Replace(account, name string, file []byte) (prompt.Info, error)
	Delete(account, name string) error
}

// uploadTimeout is how long a prompt may take to arrive.
const uploadTimeout = 2 * time.Minute

// Uploads at once: each lies in memory whole, and is unpacked there.
const (
	maxUploads        = 16
	maxAccountUploads = 4
)

func promptRoutes() []route {
	read, write, remove := []string{auth.ScopeFlowsRead, "prompts:read"}, []string{auth.ScopeFlows, "prompts:write"}, []string{auth.ScopeFlows, "prompts:delete"}
	file := &content{media: "application/octet-stream", doc: "A WAV or MP3 file of at most 10 MB, with one sample of sound at least; silence is sound."}
	tagged := []header{etagHeader}
	const one = "/v1/prompts/{prompt}"
	return []route{{
		method: http.MethodGet, path: "/v1/prompts", scopes: read, handle: (*api).prompts,
		summary:    "List the account's stored prompts by name, with the published flows that use them.",
		parameters: pageParameters(),
		answers:    []content{{status: 200, sample: list{name: "prompts", items: []promptBody{}}}}, errors: []int{400},
	}, {
		method: http.MethodPost, path: "/v1/prompts", scopes: write, handle: (*api).createPrompt, body: file, maxBody: prompt.MaxBytes,
		summary:    "Store a prompt under a name that no other has.",
		parameters: []parameter{{name: "name", in: "query", required: true, doc: "What flows call it: 1 to 128 letters, digits, spaces, underscores, dots and hyphens.", sample: ""}},
		answers:    []content{{status: 201, sample: promptBody{}, headers: tagged}}, errors: []int{400, 409, 413},
	}, {
		method: http.MethodGet, path: one, scopes: read, handle: (*api).prompt,
		summary: "Show a stored prompt.",
		answers: []content{{status: 200, sample: promptBody{}, headers: tagged}}, errors: []int{404},
	}, {
		method: http.MethodPut, path: one, scopes: write, handle: (*api).replacePrompt, body: file, maxBody: prompt.MaxBytes, matching: true,
		summary: "Replace a stored prompt for all flows at once: whoever hears the old one now hears it to its end.",
		answers: []content{{status: 200, sample: promptBody{}, headers: tagged}}, errors: []int{400, 404, 409, 413},
	}, {
		method: http.MethodDelete, path: one, scopes: remove, handle: (*api).deletePrompt, matching: true,
		summary: "Delete a stored prompt that no published flow uses.",
		answers: []content{{status: 204}}, errors: []int{404, 409},
	}}
}

type promptBody struct {
	Name       string    `json:"name"`
	DurationMS int64     `json:"duration_ms"`
	Bytes      int       `json:"bytes" doc:"Of the file as it was given."`
	ChangedAt  time.Time `json:"changed_at"`
	ReadOnly   bool      `json:"read_only" doc:"It comes from a folder of the configuration."`
	Fault      string    `json:"fault,omitempty" doc:"Why it cannot be played, and flows that play it are refused; not there if it can."`
	UsedBy     []string  `json:"used_by" doc:"The ids of the published flows that name it. A name that a flow makes up from variables is not known before it runs."`
}

func showPrompt(p prompt.Info, usedBy []string) promptBody {
	body := promptBody{Name: p.Name, DurationMS: p.Duration.Milliseconds(), Bytes: p.Bytes, ChangedAt: shownTime(p.ChangedAt), ReadOnly: p.ReadOnly,
		UsedBy: append([]string{}, usedBy...)}
	if p.Fault != nil {
		body.Fault = p.Fault.Error()
	}
	return body
}

// prompts lists stored prompts: GET /v1/prompts.
func (a *api) prompts(req *request) (any, error) {
	page, next := named(req, a.config.Prompts.List(req.Account), func(p prompt.Info) string { return p.Name })
	use, err := a.promptReferences(req)
	return listOf("prompts", page, next, func(p prompt.Info) promptBody { return showPrompt(p, use[p.Name]) }), err
}

// prompt shows one: GET /v1/prompts/{prompt}.
func (a *api) prompt(req *request) (any, error) {
	p, err := a.promptNamed(req)
	if err != nil {
		return nil, err
	}
	return a.onePrompt(req, p)
}

// promptNamed finds the prompt that the path names.
func (a *api) promptNamed(req *request) (prompt.Info, error) {
	all := a.config.Prompts.List(req.Account)
	at := slices.IndexFunc(all, func(p prompt.Info) bool { return p.Name == req.PathValue("prompt") })
	if at < 0 {
		return prompt.Info{}, prompt.ErrNotFound
	}
	return all[at], nil
}

// checkPromptChange refuses a change of another prompt than If-Match names; what
// could not be changed anyway is refused for that alone (RFC 9110 §13.2.1).
// The caller holds a.promptLocks until the change is done.
func (a *api) checkPromptChange(req *request) error {
	switch p, err := a.promptNamed(req); {
	case err != nil:
		return err
	case p.ReadOnly:
		return prompt.ErrReadOnly
	default:
		return req.ifMatch(promptTag(p))
	}
}

// promptTag is the ETag of a prompt: that of its file.
func promptTag(p prompt.Info) string { return etagOf(p.Digest[:]) }

// createPrompt stores one: POST /v1/prompts.
func (a *api) createPrompt(req *request) (any, error) {
	file, release, err := a.upload(req)
	if err != nil {
		return nil, err
	}
	defer release()
	name := req.query.Get("name")
	if name == "" {
		return nil, badParameter("name", "is missing: add the prompt's name to the address, such as ?name=hello.wav")
	}
	p, err := a.config.Prompts.Create(req.Account, name, file)
	switch {
	case errors.Is(err, prompt.ErrName):
		return nil, badParameter("name", err.Error())
	case err != nil:
		return nil, err
	}
	return a.onePrompt(req, p)
}

// replacePrompt puts another file in its place: PUT /v1/prompts/{prompt}.
func (a *api) replacePrompt(req *request) (any, error) {
	file, release, err := a.upload(req)
	if err != nil {
		return nil, err
	}
	defer release()
	a.promptLocks.Of(req.Account).Lock()
	defer a.promptLocks.Of(req.Account).Unlock()
	if err := a.checkPromptChange(req); err != nil {
		return nil, err
	}
	p, err := a.config.Prompts.Replace(req.Account, req.PathValue("prompt"), file)
	if err != nil {
		return nil, err
	}
	return a.onePrompt(req, p)
}

// deletePrompt removes one: DELETE /v1/prompts/{prompt}.
func (a *api) deletePrompt(req *request) (any, error) {
	a.config.Publishing.Of(req.Account).Lock()
	defer a.config.Publishing.Of(req.Account).Unlock()
	a.promptLocks.Of(req.Account).Lock()
	defer a.promptLocks.Of(req.Account).Unlock()
	name := req.PathValue("prompt")
	use, err := a.promptReferences(req)
	if err != nil {
		return nil, err
	}
	if flows := use[name]; len(flows) > 0 {
		return nil, inUse("published flows use the prompt", "prompt", flows)
	}
	if err := a.checkPromptChange(req); err != nil {
		return nil, err
	}
	return nil, a.config.Prompts.Delete(req.Account, name)
}

// onePrompt returns the body of a prompt, and sets its ETag.
func (a *api) onePrompt(req *request, p prompt.Info) (any, error) {
	use, err := a.promptReferences(req)
	if err != nil {
		return nil, err
	}
	req.answer.Header().Set("ETag", promptTag(p))
	return showPrompt(p, use[p.Name]), nil
}

// upload reads an audio file, which may take longer than other bodies. The file counts
// as an upload of the account until release is called.
func (a *api) upload(req *request) (file []byte, release func(), err error) {
	done, err := a.uploads.acquire(req.Account, maxAccountUploads, maxUploads, "the account uploads several prompts already", "too many prompts are being uploaded")
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			done()
		}
	}()
	if media, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type")); strings.HasPrefix(media, "multipart/") {
		return nil, nil, invalidAudio("this is a form (" + media + "): send the file alone as the body, as curl does with --data-binary @hello.wav")
	}
	control := http.NewResponseController(req.answer)
	_ = control.SetReadDeadline(time.Now().Add(uploadTimeout)) // a writer that knows no limits needs none
	_ = control.SetWriteDeadline(time.Now().Add(uploadTimeout + writeTimeout))
	if file, err = io.ReadAll(req.Body); err != nil {
		return nil, nil, bodyError(err)
	}
	return file, done, nil
}

func invalidAudio(description string) *httpError {
	return &httpError{status: http.StatusBadRequest, code: codeBody, message: "invalid sound", description: description}
}
