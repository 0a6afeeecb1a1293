// Package flowfile is the flow file: parsing, checks, specs of components and JSON Schema.
// A Component here is a spec and the fields of its steps. The package does not know how a
// flow runs, or what a version or an execution is.
package flowfile
