package cli

import (
	"context"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
)

// shells are those that completion speaks to.
const shells = "bash|zsh|fish"

//go:embed completion
var completionScripts embed.FS

// completion is `ringflow completion SHELL`: the script that has a shell ask
// complete what can stand next.
func completion(_ context.Context, args []string, out, _ io.Writer) error {
	rest, err := parseArguments(newFlags(), args, 1, 1)
	if err != nil {
		return err
	}
	if !slices.Contains(strings.Split(shells, "|"), rest[0]) {
		return fmt.Errorf("there is no completion for %q: %w", rest[0], errUsage)
	}
	script, err := completionScripts.ReadFile("completion/ringflow." + rest[0])
	if err != nil {
		return err
	}
	_, err = out.Write(script)
	return err
}
