package script

import (
	"errors"
	"fmt"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
)

// bodyAlone is what to write in place of a whole function.
const bodyAlone = "write the body alone, what stands in its braces, with its inputs in args and with return {…} at its end"

// reporter collects what is wrong at a place of a source.
type reporter func(at file.Idx, format string, args ...any)

// reportShape says where a source is no body that returns an object: one that returns
// nothing and does not throw either, or returns what can only be something else.
func reportShape(program *ast.Program, report reporter) {
	whole := wrapped(program)
	if whole == nil {
		return
	}
	returns, throws := 0, false
	ownNodes(whole.Body, func(node any) {
		switch n := node.(type) {
		case *ast.ThrowStatement:
			throws = true
		case *ast.ReturnStatement:
			returns++
			switch value := n.Argument.(type) {
			case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral:
				report(n.Return, "it returns a function and does not call it: %s", bodyAlone)
			case *ast.ArrayLiteral, *ast.StringLiteral, *ast.NumberLiteral, *ast.BooleanLiteral:
				report(n.Return, "it returns no object: write return {name: …}, with the name of each output")
			case *ast.TemplateLiteral:
				if value.Tag == nil {
					report(n.Return, "it returns no object: write return {name: …}, with the name of each output")
				}
			}
		}
	})
	if returns == 0 && !throws {
		reportNoReturn(whole, report)
	}
}

// reportNoReturn says what to write in place of a body that returns nothing.
func reportNoReturn(whole *ast.FunctionLiteral, report reporter) {
	declared, at := "", file.Idx(0)
	for _, statement := range whole.Body.List {
		for name, function := range functionsOf(statement) {
			if name == "exports" || name == "module" { // refused as what is not there
				return
			}
			declared, at = name, function.Idx0()
		}
	}
	for _, statement := range whole.Body.List {
		expression, is := statement.(*ast.ExpressionStatement)
		if !is {
			continue
		}
		if call, is := expression.Expression.(*ast.CallExpression); is {
			if isFunction(call.Callee) || declared != "" && declared == nameOf(call.Callee) {
				report(call.Idx0(), "what this call returns is dropped: write return before it")
				return
			}
		}
	}
	switch {
	case declared != "":
		report(at, "it declares the function %s and returns nothing: %s, or add return %s(args)", declared, bodyAlone, declared)
	case at != 0:
		report(at, "nothing calls this function, and nothing is returned: %s", bodyAlone)
	default:
		last := whole.Body.LeftBrace
		if n := len(whole.Body.List); n > 1 { // the first is "use strict"
			last = whole.Body.List[n-1].Idx0()
		}
		report(last, "nothing is returned: end it with return {…}, an object that holds the outputs")
	}
}

// functionsOf are the functions that a statement consists of, by the names that it
// gives them, "" for none; one that stands in a member has the name of its object.
func functionsOf(statement ast.Statement) map[string]ast.Expression {
	out := map[string]ast.Expression{}
	bind := func(list []*ast.Binding) {
		for _, b := range list {
			if name, is := b.Target.(*ast.Identifier); is && isFunction(b.Initializer) {
				out[name.Name.String()] = b.Initializer
			}
		}
	}
	switch s := statement.(type) {
	case *ast.FunctionDeclaration:
		out[s.Function.Name.Name.String()] = s.Function
	case *ast.VariableStatement:
		bind(s.List)
	case *ast.LexicalDeclaration:
		bind(s.List)
	case *ast.ExpressionStatement:
		expression := s.Expression
		name := ""
		if assign, is := expression.(*ast.AssignExpression); is {
			if expression, name = assign.Right, root(assign.Left); name == "exports" || name == "module" {
				out[name] = expression
			}
		}
		if isFunction(expression) {
			out[name] = expression
		}
	}
	return out
}

// root is the name that a chain of members begins with, "" if none.
func root(e ast.Expression) string {
	for {
		switch n := e.(type) {
		case *ast.Identifier:
			return n.Name.String()
		case *ast.DotExpression:
			e = n.Left
		case *ast.BracketExpression:
			e = n.Left
		default:
			return ""
		}
	}
}

func isFunction(e ast.Expression) bool {
	switch e.(type) {
	case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral:
		return true
	}
	return false
}

// wrapped is the function that a wrapper makes of its body.
func wrapped(program *ast.Program) *ast.FunctionLiteral {
	if len(program.Body) != 1 {
		return nil
	}
	statement, is := program.Body[0].(*ast.ExpressionStatement)
	if !is {
		return nil
	}
	function, _ := statement.Expression.(*ast.FunctionLiteral)
	return function
}

// ownNodes calls see with what stands in a body and in no function of it.
func ownNodes(body *ast.BlockStatement, see func(node any)) {
	visit(body, func(node any) bool {
		switch node.(type) {
		case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.ClassLiteral:
			return false
		}
		see(node)
		return true
	})
}

// awaited reports an await of the body itself, which is not async, nil if there is
// none or if it is not all that keeps the source from being read.
func awaited(source string) error {
	program, err := parseProgram(asyncOpening + source + closing)
	if err != nil {
		return nil
	}
	whole := wrapped(program)
	if whole == nil {
		return nil
	}
	var at *ast.AwaitExpression
	ownNodes(whole.Body, func(node any) {
		if n, is := node.(*ast.AwaitExpression); is && at == nil {
			at = n
		}
	})
	if at == nil {
		return nil
	}
	position := program.File.Position(int(at.Await) - program.File.Base())
	if position.Line == 1 {
		position.Column -= len(asyncOpening)
	}
	message := fmt.Sprintf("line %d:%d: await cannot stand here, as the body is not async: write return (async () => {…})() around it", position.Line, position.Column)
	if wrong := check(program); wrong != nil {
		message += "; " + wrong.Error()
	}
	return errors.New(message)
}
