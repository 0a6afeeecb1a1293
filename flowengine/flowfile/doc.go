// Package flowfile is the flow file: how it is read, what it means, and what is wrong
// with it. A Component here is a spec and the fields of its steps; manual and JSON
// Schema are made of it. The package does not know how a flow runs, or what a version
// or an execution is.
package flowfile
