package api

import (
	"encoding/json"
	"slices"
	"strings"

	"ringflow/flowengine/record"
)

// list is the body of an answer that is one page of a list: the items under their
// name, and the cursor of the next page. Its schema is named after the items.
type list struct {
	name  string
	items any // a slice that is not nil
	next  *string
	doc   string // of next; "": nextDoc
}

const nextDoc = "The cursor of the next page; null at the end."

// listOf returns a page whose items are shown by show; next is "" for the last one.
func listOf[S, T any](name string, items []S, next string, show func(S) T) list {
	shown := make([]T, 0, len(items))
	for _, i := range items {
		shown = append(shown, show(i))
	}
	return list{name: name, items: shown, next: orNull(next)}
}

// MarshalJSON implements json.Marshaler.
func (l list) MarshalJSON() ([]byte, error) {
	items, err := json.Marshal(l.items)
	if err != nil {
		return nil, err
	}
	next, err := json.Marshal(l.next)
	return slices.Concat([]byte(`{"`+l.name+`":`), items, []byte(`,"next":`), next, []byte("}")), err
}

// named returns a page of what has a name and is sorted by it. The cursor is the
// last name shown, which need not be there any more.
func named[T any](req *request, all []T, name func(T) string) (page []T, next string) {
	at, found := slices.BinarySearchFunc(all, req.query.Get("cursor"), func(one T, cursor string) int { return strings.Compare(name(one), cursor) })
	if found {
		at++
	}
	return pageOf(req, all[at:], name)
}

// ordered returns a page of what stands in an order that means something. The
// cursor is the last name shown: if the configuration no longer has it,
// the error is record.ErrBadCursor.
func ordered[T any](req *request, all []T, name func(T) string) (page []T, next string, err error) {
	from := 0
	if cursor := req.query.Get("cursor"); cursor != "" {
		if from = slices.IndexFunc(all, func(one T) bool { return name(one) == cursor }) + 1; from == 0 {
			return nil, "", record.ErrBadCursor
		}
	}
	page, next = pageOf(req, all[from:], name)
	return page, next, nil
}

// pageOf returns at most as many as the request wants, and the name of the last if more
// follow.
func pageOf[T any](req *request, rest []T, name func(T) string) (page []T, next string) {
	limit := req.number("limit")
	if len(rest) <= limit {
		return rest, ""
	}
	return rest[:limit], name(rest[limit-1])
}
