package script

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"
)

// withoutSourceMaps keeps goja from reading the file that a comment names, which
// may be any, or one without an end.
var withoutSourceMaps = parser.WithDisableSourceMaps

// parseProgram reads a program.
func parseProgram(source string) (*ast.Program, error) {
	return goja.Parse("function", source, withoutSourceMaps)
}

// compile reads a program and makes right what goja would read as something else.
func compile(source string) (*goja.Program, error) {
	program, err := parseProgram(source)
	if err != nil {
		return nil, err
	}
	var wrong error
	visit(program, func(node any) bool {
		literal, is := node.(*ast.RegExpLiteral)
		if !is || !strings.Contains(literal.Flags, "u") {
			return true
		}
		pattern, err := expandProperties(literal.Pattern)
		if err != nil && wrong == nil {
			at := program.File.Position(int(literal.Idx) - program.File.Base())
			wrong = fmt.Errorf("SyntaxError: function: Line %d:%d %w", at.Line, at.Column, err)
		}
		literal.Pattern = pattern
		return true
	})
	if wrong != nil {
		return nil, wrong
	}
	return goja.CompileAST(program, true)
}

// visit calls see with each node of a tree, a pointer to a struct of package ast,
// from the outside in; false leaves out what stands in it.
func visit(tree any, see func(node any) bool) {
	nodes := reflect.TypeFor[ast.Program]().PkgPath()
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Interface:
			walk(v.Elem())
		case reflect.Pointer:
			if !v.IsNil() && v.Elem().Kind() == reflect.Struct && v.Type().Elem().PkgPath() == nodes && see(v.Interface()) {
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			if v.Type().PkgPath() != nodes {
				return
			}
			for i := range v.NumField() {
				if f := v.Type().Field(i); f.IsExported() && f.Name != "DeclarationList" { // of what stands in the body too
					walk(v.Field(i))
				}
			}
		}
	}
	walk(reflect.ValueOf(tree))
}
