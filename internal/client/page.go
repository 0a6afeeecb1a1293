package client

import (
	"encoding/json"
	"fmt"
)

// PageParams select a page of a list.
type PageParams struct {
	Limit  int    `query:"limit"`  // items at most; 0 leaves it to the server
	Cursor string `query:"cursor"` // Next of the page before; "": from the beginning
}

// Page is a page of a list.
type Page[T any] struct {
	Items []T
	Next  *string // the cursor of the next page; nil at the end
}

// UnmarshalJSON implements json.Unmarshaler. The items stand under a name of their own,
// such as flows; what a later server adds besides is ignored.
func (p *Page[T]) UnmarshalJSON(text []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	for name, value := range members {
		var into any
		switch {
		case name == "next":
			into = &p.Next
		case value[0] == '[':
			into = &p.Items
		default:
			continue
		}
		if err := json.Unmarshal(value, into); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
