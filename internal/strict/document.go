// Package strict reads YAML and JSON files into structs and says of each value that
// does not fit its file, line, key and what would be right: unknown keys with the
// nearest known one, values of another kind, values outside of a tag's limits. It
// does not know what the values are for.
package strict

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Document is a file and what is wrong with its values. It is not safe for
// concurrent use.
type Document struct {
	File     string
	Warnings []string // of keys that stand under another name, see the tag also

	root     yaml.Node
	errs     []Error
	reported map[string]bool // paths whose error implies those of what lies below them
}

// Error is what is wrong with one value.
type Error struct {
	Line int    // of the value, or of the nearest one around it that the file has
	Path string // such as $.accounts[0].name
	err  error
}

// Error has file, line, key and what would be right.
func (e Error) Error() string { return e.err.Error() }

// Unwrap returns the error without its line.
func (e Error) Unwrap() error { return e.err }

// Overlaps reports whether one of the errors is of the same value, or of one in it
// or around it.
func (e Error) Overlaps(others []Error) bool {
	return slices.ContainsFunc(others, func(o Error) bool { return Overlap(e.Path, o.Path) })
}

// Errors lists the errors that err joins. One that is of no value is of the whole
// file.
func Errors(err error) (all []Error) {
	if joined, is := err.(interface{ Unwrap() []error }); is {
		for _, one := range joined.Unwrap() {
			all = append(all, Errors(one)...)
		}
		return all
	}
	var one Error
	if errors.As(err, &one) {
		return []Error{one}
	}
	if err != nil {
		all = append(all, Error{Path: "$", err: err})
	}
	return all
}

// ErrorAt is an error of the value at a path such as $.rtp.ports.
func (d *Document) ErrorAt(path string, err error) Error { return d.at(At(&d.root, path), path, err) }

func (d *Document) at(n *yaml.Node, path string, err error) Error {
	line := max(n.Line, 1) // of a file without values
	key := ""
	if inner := strings.TrimPrefix(strings.TrimPrefix(path, "$"), "."); inner != "" {
		key = inner + ": "
	}
	return Error{line, path, fmt.Errorf("%s:%d: %s%w", d.File, line, key, err)}
}

// Add reports an error of the value at a path, unless one that is reported already
// implies it.
func (d *Document) Add(path, format string, args ...any) {
	for end := range path + "." {
		if c := (path + ".")[end]; (c == '.' || c == '[') && d.reported[path[:end]] {
			return
		}
	}
	d.errs = append(d.errs, d.ErrorAt(path, fmt.Errorf(format, args...)))
}

// AddNear is Add with the line of the value at another path.
func (d *Document) AddNear(line, path, format string, args ...any) {
	d.errs = append(d.errs, d.at(At(&d.root, line), path, fmt.Errorf(format, args...)))
}

// fail reports an error of a node, which implies those of what lies below it.
func (d *Document) fail(n *yaml.Node, path, format string, args ...any) {
	d.errs = append(d.errs, d.at(n, path, fmt.Errorf(format, args...)))
	d.reported[path] = true
}

// Failed reports whether the whole file is of another kind than what it was decoded
// into.
func (d *Document) Failed() bool { return d.reported["$"] }

// Err joins the errors in the order of the file.
func (d *Document) Err() error {
	slices.SortStableFunc(d.errs, func(a, b Error) int { return cmp.Compare(a.Line, b.Line) })
	var errs []error
	for _, e := range d.errs {
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// Has reports whether the file's top is a mapping with all of the keys.
func (d *Document) Has(keys ...string) bool {
	return len(d.root.Content) > 0 && !slices.ContainsFunc(keys, func(key string) bool { return Value(d.root.Content[0], key) == nil })
}
