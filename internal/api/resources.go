package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/auth"
	"ringflow/internal/resource"
)

// Resources stores what accounts manage under names. It is satisfied by
// resource.Registry, which documents the errors.
type Resources interface {
	List(account, kind, after string, limit int) (items []resource.Item, more bool)
	Get(k resource.Key) (resource.Item, error)
	Put(ctx context.Context, k resource.Key, settings any, match resource.Precondition) (_ resource.Item, created bool, err error)
	Delete(ctx context.Context, k resource.Key, match resource.Precondition) error
	RotateSecret(ctx context.Context, account, webhook string, match resource.Precondition) (resource.Item, error)
	RetireSecret(ctx context.Context, account, webhook string, match resource.Precondition) (resource.Item, error)
}

// readResources and writeResources are the scopes of resources. A connection
// or webhook determines where secrets and calls' data go: the scope to write flows does
// not suffice.
var (
	readResources  = []string{auth.ScopeFlowsRead, auth.ScopeResourcesRead}
	writeResources = []string{auth.ScopeResources}
)

// resourceRoutes are the same four for each kind of resource.
func resourceRoutes() []route {
	var all []route
	for _, k := range resource.Kinds() {
		many := "/v1/" + k.Plural
		one := many + "/{" + k.Name + "}"
		tagged := []header{etagHeader}
		all = append(all, route{
			method: http.MethodGet, path: many, scopes: readResources, parameters: pageParameters(),
			handle:  func(a *api, w http.ResponseWriter, r *request) error { return a.resources(w, r, k) },
			summary: "List the account's " + k.Doc + ". By name.",
			answers: []content{{status: 200, sample: list{name: k.Plural, items: reflect.Zero(reflect.SliceOf(reflect.TypeOf(k.Shown))).Interface()}}}, errors: []int{400},
		}, route{
			method: http.MethodGet, path: one, scopes: readResources,
			handle:  func(a *api, w http.ResponseWriter, r *request) error { return a.resource(w, r, k) },
			summary: "Show a " + k.Name + ".",
			answers: []content{{status: 200, sample: k.Shown, headers: tagged}}, errors: []int{404},
		}, route{
			method: http.MethodPut, path: one, scopes: writeResources, matching: true, parameters: []parameter{noneMatchParameter},
			handle:  func(a *api, w http.ResponseWriter, r *request) error { return a.putResource(w, r, k) },
			summary: "Create a " + k.Name + " or replace the whole of it. From the answer on it is in use; steps that have begun go on with the one before.",
			body:    &content{sample: k.Settings},
			answers: []content{{status: 200, sample: k.Shown, headers: tagged}, {status: 201, sample: k.Shown, headers: tagged}},
			errors:  []int{400, 409, 413},
		}, route{
			method: http.MethodDelete, path: one, scopes: writeResources, matching: true,
			handle:  func(a *api, w http.ResponseWriter, r *request) error { return a.deleteResource(w, r, k) },
			summary: "Delete a " + k.Name + " that nothing uses.",
			answers: []content{{status: 204}}, errors: []int{404, 409},
		})
	}
	return all
}

// keyOf is what the path names, of the sender's own account.
func (r *request) keyOf(k *resource.Kind) resource.Key {
	return resource.Key{Account: r.Account, Kind: k.Name, Name: r.PathValue(k.Name)}
}

// resources lists the resources of a kind: GET /v1/connections and others. The
// cursor is the last name shown.
func (a *api) resources(w http.ResponseWriter, req *request, k *resource.Kind) error {
	query := req.URL.Query()
	limit, err := limitOf(query)
	if err != nil {
		return err
	}
	after := query.Get("cursor")
	if after != "" && !resource.IsName(after) {
		return record.ErrBadCursor
	}
	use, err := a.flowReferences(req.Context(), req.Account, k)
	if err != nil {
		return err
	}
	items, more := a.config.Resources.List(req.Account, k.Name, after, limit)
	var next *string
	if more {
		next = &items[len(items)-1].Name
	}
	return writeJSON(w, http.StatusOK, listOf(k.Plural, items, next, func(i resource.Item) any { return i.Show(use[i.Name]) }))
}

// resource shows one: GET /v1/connections/{connection} and others.
func (a *api) resource(w http.ResponseWriter, req *request, k *resource.Kind) error {
	item, err := a.config.Resources.Get(req.keyOf(k))
	if err != nil {
		return resourceError(k, err)
	}
	return a.showResource(w, req, http.StatusOK, k, item)
}

// showResource answers with a resource and its ETag.
func (a *api) showResource(w http.ResponseWriter, req *request, status int, k *resource.Kind, item resource.Item) error {
	use, err := a.flowReferences(req.Context(), req.Account, k)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", resourceTag(item.Tag))
	return writeJSON(w, status, item.Show(use[item.Name]))
}

// resourceTag is the ETag of a resource; what stands in the configuration has
// one that no change ever needs.
func resourceTag(tag string) string {
	if tag == "" {
		tag = "configuration"
	}
	return `"` + tag + `"`
}

// matchResource is request.match for a tag of the registry.
func (r *request) matchResource(tag string) error {
	if tag != "" {
		tag = resourceTag(tag)
	}
	return r.match(tag)
}

// putResource creates or replaces one: PUT /v1/connections/{connection} and
// others.
func (a *api) putResource(w http.ResponseWriter, req *request, k *resource.Kind) error {
	settings, err := readSettings(req.Body, k.Settings)
	if err != nil {
		return err
	}
	item, created, err := a.config.Resources.Put(req.Context(), req.keyOf(k), settings, req.matchResource)
	if err != nil {
		return resourceError(k, err)
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return a.showResource(w, req, status, k, item)
}

// deleteResource removes one: DELETE /v1/connections/{connection} and others.
func (a *api) deleteResource(w http.ResponseWriter, req *request, k *resource.Kind) error {
	a.config.Publishing.Of(req.Account).Lock()
	defer a.config.Publishing.Of(req.Account).Unlock()
	key := req.keyOf(k)
	item, err := a.config.Resources.Get(key)
	if err != nil {
		return resourceError(k, err)
	}
	if !item.Fixed {
		if err := req.matchResource(item.Tag); err != nil {
			return err
		}
		use, err := a.flowReferences(req.Context(), req.Account, k)
		if err != nil {
			return err
		}
		if flows := use[key.Name]; len(flows) > 0 {
			return resourceError(k, &resource.InUseError{By: append(flows, item.UsedBy...)})
		}
	}
	if err := a.config.Resources.Delete(req.Context(), key, req.matchResource); err != nil {
		return resourceError(k, err)
	}
	return noContent(w)
}

// resourceError is the response of errors about resources.
func resourceError(k *resource.Kind, err error) error {
	var wrong resource.FieldErrors
	var used *resource.InUseError
	conflict := conflict(err.Error())
	switch {
	case errors.As(err, &wrong):
		return &httpError{status: http.StatusBadRequest, code: codeArgument, message: "bad " + k.Name, description: wrong.Error(), fields: wrong}
	case errors.As(err, &used):
		for _, by := range used.By {
			conflict.fields = append(conflict.fields, flowfile.FieldError{Name: by, Description: "uses the " + k.Name})
		}
		conflict.description = fmt.Sprintf("the %s is in use", k.Name)
		return conflict
	case errors.Is(err, resource.ErrNotFound):
		return &httpError{status: http.StatusNotFound, code: codeNotFound, message: k.Name + " not found"}
	case errors.Is(err, resource.ErrChanged):
		return preconditionFailed()
	case errors.Is(err, resource.ErrFixed), errors.Is(err, resource.ErrTooMany), errors.Is(err, resource.ErrNamedSecret):
		return conflict
	}
	return err
}
