package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"ringflow/internal/client"
)

const (
	pageSize  = 100         // items of a list that the API returns at once
	unlimited = math.MaxInt // has everyPage read a list to its end
)

// fetch returns a page of a list, as the client's methods do.
type fetch[T any] = func(c *client.Client, ctx context.Context, p client.PageParams) (client.Page[T], error)

// everyPage reads a list page by page until there are most items or no more.
func everyPage[T any](ctx context.Context, c *client.Client, most int, page fetch[T]) ([]T, error) {
	all := []T{}
	for cursor := ""; ; {
		found, err := page(c, ctx, client.PageParams{Limit: min(most-len(all), pageSize), Cursor: cursor})
		if err != nil {
			return nil, err
		}
		all = append(all, found.Items...)
		if found.Next == nil || len(all) >= most {
			return all, nil
		}
		cursor = *found.Next
	}
}

// list is the verb that prints a list of the API as a table or in JSON.
type list[T any] struct {
	columns string // separated by blanks of two or more
	rows    func(T) [][]string
	limit   int // the default of --limit; 0: the verb has no limit
	build   func(f *flag.FlagSet) fetch[T]
}

// flags is the build of the verb.
func (l list[T]) flags(f *flag.FlagSet) runFunc {
	limit := unlimited
	page := l.build(f)
	if l.limit > 0 {
		f.IntVar(&limit, "limit", l.limit, "show `N` at most")
	}
	asJSON := f.Bool("json", false, "print JSON")
	check := func([]string) error {
		if limit < 1 {
			return fmt.Errorf("--limit %d is not a number from 1 on: %w", limit, errUsage)
		}
		return nil
	}
	return remoteChecked(func(*flag.FlagSet) (func([]string) error, request) {
		return check, func(ctx context.Context, c *client.Client, _ []string, out, _ io.Writer) error {
			found, err := everyPage(ctx, c, limit, page)
			if err != nil {
				return err
			}
			if *asJSON {
				return printJSON(out, found)
			}
			var rows [][]string
			for _, one := range found {
				rows = append(rows, l.rows(one)...)
			}
			return printTable(out, l.columns, rows)
		}
	})(f)
}

// row is the only row of an item.
func row(cells ...string) [][]string { return [][]string{cells} }

// printTable prints rows below the names of their columns.
func printTable(out io.Writer, columns string, rows [][]string) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.ReplaceAll(columns, "  ", "\t"))
	for _, cells := range rows {
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}
