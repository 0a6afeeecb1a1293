package api

import (
	"encoding/json"
	"net/url"
	"slices"

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

// listOf returns a page whose items are shown by show.
func listOf[S, T any](name string, items []S, next *string, show func(S) T) list {
	shown := make([]T, 0, len(items))
	for _, i := range items {
		shown = append(shown, show(i))
	}
	return list{name: name, items: shown, next: next}
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
func named[T any](query url.Values, all []T, name func(T) string) (page []T, next *string, err error) {
	limit, err := limitOf(query)
	if err != nil {
		return nil, nil, err
	}
	from := 0
	if cursor := query.Get("cursor"); cursor != "" {
		if from = slices.IndexFunc(all, func(one T) bool { return name(one) > cursor }); from < 0 {
			from = len(all)
		}
	}
	page, next = pageOf(all[from:], limit, name)
	return page, next, nil
}

// ordered returns a page of what stands in an order that means something. The
// cursor is the last name shown: if the configuration no longer has it,
// the error is record.ErrBadCursor.
func ordered[T any](query url.Values, all []T, name func(T) string) (page []T, next *string, err error) {
	limit, err := limitOf(query)
	if err != nil {
		return nil, nil, err
	}
	from := 0
	if cursor := query.Get("cursor"); cursor != "" {
		from = slices.IndexFunc(all, func(one T) bool { return name(one) == cursor }) + 1
		if from == 0 {
			return nil, nil, record.ErrBadCursor
		}
	}
	page, next = pageOf(all[from:], limit, name)
	return page, next, nil
}

// pageOf returns at most limit items, and the name of the last if more follow.
func pageOf[T any](rest []T, limit int, name func(T) string) ([]T, *string) {
	if len(rest) <= limit {
		return rest, nil
	}
	last := name(rest[limit-1])
	return rest[:limit], &last
}
