package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ringflow/flowengine/components"
	"ringflow/flowengine/drawing"
	"ringflow/flowengine/flowfile"
)

// flowGraph is `ringflow flow graph [--svg] FILE`: the flow as a Mermaid chart,
// or as an SVG picture.
func flowGraph(_ context.Context, args []string, out, _ io.Writer) error {
	flags := newFlags()
	picture := flags.Bool("svg", false, "draw an SVG picture instead of a Mermaid chart")
	files, err := parseArguments(flags, args, 1, 1)
	if err != nil {
		return err
	}
	f, err := readFlow(files[0])
	if err != nil {
		return err
	}
	if *picture {
		_, err = out.Write(drawing.SVG(f, components.All()...))
	} else {
		_, err = io.WriteString(out, drawing.Mermaid(f, components.All()...))
	}
	if err != nil {
		return fmt.Errorf("write drawing: %w", err)
	}
	return nil
}

// readFlow reads a flow file.
func readFlow(file string) (*flowfile.Flow, error) {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: this is a folder; name the flow files in it, such as %s", file, filepath.Join(file, "*.yaml"))
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return flowfile.Parse(file, data)
}
