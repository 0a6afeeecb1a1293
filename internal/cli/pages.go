package cli

import "math"

const (
	// mostPerPage is how many items of a list the API shows at once.
	mostPerPage = 100
	// unlimited has everyPage read a list to its end.
	unlimited = math.MaxInt
)

// everyPage follows a list of the API from page to page, until there are as many
// items as asked for or no more. page returns the items behind the cursor, a
// limited number of them, and the next cursor, nil after the last page.
func everyPage[T any](most int, page func(limit int, cursor string) (items []T, next *string, err error)) ([]T, error) {
	all := []T{}
	for cursor := ""; ; {
		items, next, err := page(min(most-len(all), mostPerPage), cursor)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if next == nil || len(all) >= most {
			return all, nil
		}
		cursor = *next
	}
}
