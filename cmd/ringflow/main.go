// Command ringflow turns an HTTP request into a phone call.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // calling hours and calendars mean the same on every machine

	"ringflow/internal/cli"
)

func main() { os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }
