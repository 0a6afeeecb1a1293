package api

import (
	"net/url"
	"slices"

	"ringflow/flowengine/record"
)

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
	page, next = cutPage(all[from:], limit, name)
	return page, next, nil
}

// ordered returns a page of what stands in an order that means something. The
// cursor is the last name shown: if the configuration has lost it since, nobody
// can say what follows, and it is record.ErrBadCursor.
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
	page, next = cutPage(all[from:], limit, name)
	return page, next, nil
}

// cutPage returns at most limit items, and the name of the last if more follow.
func cutPage[T any](rest []T, limit int, name func(T) string) ([]T, *string) {
	if len(rest) <= limit {
		return rest, nil
	}
	last := name(rest[limit-1])
	return rest[:limit], &last
}
