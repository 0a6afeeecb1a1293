package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
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
func (a *api) prompts(w http.ResponseWriter, req *request) error {
	page, next, err := named(req.URL.Query(), a.config.Prompts.List(req.Account), func(p prompt.Info) string { return p.Name })
	if err != nil {
		return err
	}
	use, err := a.promptReferences(req.Context(), req.Account)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, listOf("prompts", page, next, func(p prompt.Info) promptBody { return showPrompt(p, use[p.Name]) }))
}

// prompt shows one: GET /v1/prompts/{prompt}.
func (a *api) prompt(w http.ResponseWriter, req *request) error {
	p, there := a.promptNamed(req)
	if !there {
		return promptError(prompt.ErrNotFound, "prompt")
	}
	return a.writePrompt(w, req, http.StatusOK, p)
}

// promptNamed finds the prompt that the path names.
func (a *api) promptNamed(req *request) (prompt.Info, bool) {
	all := a.config.Prompts.List(req.Account)
	at := slices.IndexFunc(all, func(p prompt.Info) bool { return p.Name == req.PathValue("prompt") })
	if at < 0 {
		return prompt.Info{}, false
	}
	return all[at], true
}

// checkPromptChange refuses a change of another prompt than If-Match names; what
// could not be changed anyway is refused for that alone (RFC 9110 §13.2.1).
// The caller holds a.promptLocks until the change is done.
func (a *api) checkPromptChange(req *request) error {
	switch p, there := a.promptNamed(req); {
	case !there:
		return promptError(prompt.ErrNotFound, "prompt")
	case p.ReadOnly:
		return promptError(prompt.ErrReadOnly, "prompt")
	default:
		return req.ifMatch(promptTag(p))
	}
}

// promptTag is the ETag of a prompt: that of its file.
func promptTag(p prompt.Info) string { return etagOf(p.Digest[:]) }

// createPrompt stores one: POST /v1/prompts.
func (a *api) createPrompt(w http.ResponseWriter, req *request) error {
	file, release, err := a.upload(w, req)
	if err != nil {
		return err
	}
	defer release()
	name := req.URL.Query().Get("name")
	if name == "" {
		return badParameter("name", "is missing: add the prompt's name to the address, such as ?name=hello.wav")
	}
	p, err := a.config.Prompts.Create(req.Account, name, file)
	if err != nil {
		return promptError(err, "name")
	}
	return a.writePrompt(w, req, http.StatusCreated, p)
}

// replacePrompt puts another file in its place: PUT /v1/prompts/{prompt}.
func (a *api) replacePrompt(w http.ResponseWriter, req *request) error {
	file, release, err := a.upload(w, req)
	if err != nil {
		return err
	}
	defer release()
	a.promptLocks.Of(req.Account).Lock()
	defer a.promptLocks.Of(req.Account).Unlock()
	if err := a.checkPromptChange(req); err != nil {
		return err
	}
	p, err := a.config.Prompts.Replace(req.Account, req.PathValue("prompt"), file)
	if err != nil {
		return promptError(err, "prompt")
	}
	return a.writePrompt(w, req, http.StatusOK, p)
}

// deletePrompt removes one: DELETE /v1/prompts/{prompt}.
func (a *api) deletePrompt(w http.ResponseWriter, req *request) error {
	a.config.Publishing.Of(req.Account).Lock()
	defer a.config.Publishing.Of(req.Account).Unlock()
	a.promptLocks.Of(req.Account).Lock()
	defer a.promptLocks.Of(req.Account).Unlock()
	name := req.PathValue("prompt")
	use, err := a.promptReferences(req.Context(), req.Account)
	if err != nil {
		return err
	}
	if flows := use[name]; len(flows) > 0 {
		r := conflict("published flows use the prompt")
		for _, f := range flows {
			r.fields = append(r.fields, flowfile.FieldError{Name: f, Description: "uses the prompt"})
		}
		return r
	}
	if err := a.checkPromptChange(req); err != nil {
		return err
	}
	if err := a.config.Prompts.Delete(req.Account, name); err != nil {
		return promptError(err, "prompt")
	}
	return noContent(w)
}

func (a *api) writePrompt(w http.ResponseWriter, req *request, status int, p prompt.Info) error {
	use, err := a.promptReferences(req.Context(), req.Account)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", promptTag(p))
	return writeJSON(w, status, showPrompt(p, use[p.Name]))
}

// promptReferences returns the ids of the account's published flows by the prompts
// that they name. A check asks for every prompt that a flow names, wherever the
// component of a step has it.
func (a *api) promptReferences(ctx context.Context, account string) (map[string][]string, error) {
	published, err := a.config.Versions.Flows(ctx, account)
	if err != nil {
		return nil, err
	}
	use := make(map[string][]string)
	for _, v := range published {
		flow, err := flowfile.Parse(v.FlowID, v.Definition)
		if err != nil {
			continue // a version of an older program, which cannot run
		}
		seen := make(map[string]bool)
		flowfile.Check(flow, a.config.Components, flowfile.Environment{HasPrompt: func(name string) bool {
			if !seen[name] {
				seen[name] = true
				use[name] = append(use[name], v.FlowID)
			}
			return true
		}})
	}
	return use, nil
}

// upload reads an audio file, which may take longer than other bodies. The file counts
// as an upload of the account until release is called.
func (a *api) upload(w http.ResponseWriter, req *request) (file []byte, release func(), err error) {
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
	control := http.NewResponseController(w)
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

// promptError is the response of errors about prompts. named is the parameter that held
// the name.
func promptError(err error, named string) error {
	var audioErr *prompt.AudioError
	conflict := conflict(err.Error())
	switch {
	case errors.Is(err, prompt.ErrNotFound):
		return notFound("prompt")
	case errors.Is(err, prompt.ErrExists), errors.Is(err, prompt.ErrReadOnly):
		return conflict
	case errors.Is(err, prompt.ErrName):
		return badParameter(named, err.Error())
	case errors.As(err, &audioErr):
		return invalidAudio(audioErr.Error())
	}
	return err
}
