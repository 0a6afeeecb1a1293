package api

import (
	"cmp"
	"context"
	"errors"
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
			handle:  func(a *api, r *request) (any, error) { return a.resources(r, k) },
			summary: "List the account's " + k.Doc + ". By name.",
			answers: []content{{status: 200, sample: list{name: k.Plural, items: reflect.Zero(reflect.SliceOf(reflect.TypeOf(k.Shown))).Interface()}}}, errors: []int{400},
		}, route{
			method: http.MethodGet, path: one, scopes: readResources,
			handle:  func(a *api, r *request) (any, error) { return a.resource(r, k) },
			summary: "Show a " + k.Name + ".",
			answers: []content{{status: 200, sample: k.Shown, headers: tagged}}, errors: []int{404},
		}, route{
			method: http.MethodPut, path: one, scopes: writeResources, matching: true, parameters: []parameter{noneMatchParameter},
			handle:  func(a *api, r *request) (any, error) { return a.putResource(r, k) },
			summary: "Create a " + k.Name + " or replace the whole of it. From the answer on it is in use; steps that have begun go on with the one before.",
			body:    &content{sample: k.Settings},
			answers: []content{{status: 200, sample: k.Shown, headers: tagged}, {status: 201, sample: k.Shown, headers: tagged}},
			errors:  []int{400, 409, 413},
		}, route{
			method: http.MethodDelete, path: one, scopes: writeResources, matching: true,
			handle:  func(a *api, r *request) (any, error) { return a.deleteResource(r, k) },
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
func (a *api) resources(req *request, k *resource.Kind) (any, error) {
	after := req.query.Get("cursor")
	if after != "" && !resource.IsName(after) {
		return nil, record.ErrBadCursor
	}
	use, err := a.flowReferences(req.Context(), req.Account, k)
	if err != nil {
		return nil, err
	}
	items, more := a.config.Resources.List(req.Account, k.Name, after, req.number("limit"))
	next := ""
	if more {
		next = items[len(items)-1].Name
	}
	return listOf(k.Plural, items, next, func(i resource.Item) any { return i.Show(use[i.Name]) }), nil
}

// resource shows one: GET /v1/connections/{connection} and others.
func (a *api) resource(req *request, k *resource.Kind) (any, error) {
	item, err := a.config.Resources.Get(req.keyOf(k))
	return a.showResource(req, k, item, err)
}

// showResource returns the body of a resource, and sets its ETag, unless err says that it
// could not be read or changed.
func (a *api) showResource(req *request, k *resource.Kind, item resource.Item, err error) (any, error) {
	if err != nil {
		return nil, resourceError(k, err)
	}
	use, err := a.flowReferences(req.Context(), req.Account, k)
	if err != nil {
		return nil, err
	}
	req.answer.Header().Set("ETag", resourceTag(item.Tag))
	return item.Show(use[item.Name]), nil
}

// resourceTag is the ETag of a resource; what stands in the configuration has
// one that no change ever needs.
func resourceTag(tag string) string {
	return `"` + cmp.Or(tag, "configuration") + `"`
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
func (a *api) putResource(req *request, k *resource.Kind) (any, error) {
	settings, err := readSettings(req.Body, k.Settings)
	if err != nil {
		return nil, err
	}
	item, created, err := a.config.Resources.Put(req.Context(), req.keyOf(k), settings, req.matchResource)
	if created {
		req.status = http.StatusCreated
	}
	return a.showResource(req, k, item, err)
}

// deleteResource removes one: DELETE /v1/connections/{connection} and others.
func (a *api) deleteResource(req *request, k *resource.Kind) (any, error) {
	a.config.Publishing.Of(req.Account).Lock()
	defer a.config.Publishing.Of(req.Account).Unlock()
	key := req.keyOf(k)
	item, err := a.config.Resources.Get(key)
	if err != nil {
		return nil, resourceError(k, err)
	}
	if !item.Fixed {
		if err := req.matchResource(item.Tag); err != nil {
			return nil, err
		}
		use, err := a.flowReferences(req.Context(), req.Account, k)
		if err != nil {
			return nil, err
		}
		if flows := use[key.Name]; len(flows) > 0 {
			return nil, resourceError(k, &resource.InUseError{By: append(flows, item.UsedBy...)})
		}
	}
	return nil, resourceError(k, a.config.Resources.Delete(req.Context(), key, req.matchResource))
}

// resourceError is the response of errors that name the kind.
func resourceError(k *resource.Kind, err error) error {
	var wrong resource.FieldErrors
	var used *resource.InUseError
	switch {
	case errors.As(err, &wrong):
		return &httpError{status: http.StatusBadRequest, code: codeArgument, message: "bad " + k.Name, description: wrong.Error(), fields: wrong}
	case errors.As(err, &used):
		return inUse("the "+k.Name+" is in use", k.Name, used.By)
	case errors.Is(err, resource.ErrNotFound):
		return notFound(k.Name)
	}
	return err
}

// flowReferences returns what of the account's published flows and drafts names
// resources of a kind: paths under /v1, by name.
func (a *api) flowReferences(ctx context.Context, account string, k *resource.Kind) (map[string][]string, error) {
	if k.References == nil {
		return nil, nil
	}
	published, err := a.config.Versions.Flows(ctx, account)
	if err != nil {
		return nil, err
	}
	drafts, err := a.config.Versions.Drafts(ctx, account)
	return a.references(append(published, drafts...), func(v record.Version) string {
		if v.Status == record.Draft {
			return "flows/" + v.FlowID + "/draft"
		}
		return "flows/" + v.FlowID
	}, k.References), err
}

// promptReferences returns the ids of the account's published flows by the prompts that
// they name.
func (a *api) promptReferences(req *request) (map[string][]string, error) {
	published, err := a.config.Versions.Flows(req.Context(), req.Account)
	return a.references(published, func(v record.Version) string { return v.FlowID }, func(env *flowfile.Environment, use func(name string)) {
		env.HasPrompt = func(name string) bool { use(name); return true }
	}), err
}

// references returns the versions, as shown, by the names that they use. A check of a
// version asks the environment that collect has made for every name that the flow has,
// wherever the component of a step has it.
func (a *api) references(versions []record.Version, shown func(record.Version) string, collect func(env *flowfile.Environment, use func(name string))) map[string][]string {
	users := make(map[string][]string)
	for _, v := range versions {
		flow, err := flowfile.Parse(v.FlowID, v.Definition)
		if err != nil {
			continue // a draft that is no flow yet, or a version of an older program
		}
		var env flowfile.Environment
		seen := make(map[string]bool)
		collect(&env, func(name string) {
			if !seen[name] {
				seen[name] = true
				users[name] = append(users[name], shown(v))
			}
		})
		flowfile.Check(flow, a.config.Components, env)
	}
	return users
}
