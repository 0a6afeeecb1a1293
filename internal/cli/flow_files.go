package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ringflow/flowengine/components"
	"ringflow/flowengine/drawing"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/importer"
	"ringflow/internal/server"
)

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

// flowTest is `ringflow flow test FILE…`; docs/flows.md describes the files. It ends
// the process itself, with status 1 if a case failed.
func flowTest(_ context.Context, files []string, out, _ io.Writer) error {
	flowtest.Main(files, components.All(), out)
	return nil
}

func flowSchema(_ context.Context, _ []string, out, _ io.Writer) error {
	_, err := out.Write(flowfile.Schema(components.All()))
	return err
}

// flowDiff is `ringflow flow diff A B`: the changes from one flow file to the other.
// Like diff, it ends with status 1 if there are any.
func flowDiff(_ context.Context, files []string, out, _ io.Writer) error {
	a, err := readFlow(files[0])
	if err != nil {
		return err
	}
	b, err := readFlow(files[1])
	if err != nil {
		return err
	}
	changes := drawing.Diff(a, b)
	if changes == "" {
		return nil
	}
	if _, err := io.WriteString(out, changes); err != nil {
		return fmt.Errorf("write difference: %w", err)
	}
	return errReported
}

// flowGraph is `ringflow flow graph [--svg] FILE`: the flow as a Mermaid chart, or as
// an SVG picture.
func flowGraph(f *flag.FlagSet) runFunc {
	svg := f.Bool("svg", false, "draw an SVG picture instead of a Mermaid chart")
	return func(_ context.Context, files []string, out, _ io.Writer) error {
		flow, err := readFlow(files[0])
		if err != nil {
			return err
		}
		picture := []byte(drawing.Mermaid(flow, components.All()...))
		if *svg {
			picture = drawing.SVG(flow, components.All()...)
		}
		if _, err = out.Write(picture); err != nil {
			return fmt.Errorf("write drawing: %w", err)
		}
		return nil
	}
}

// errIncomplete ends the program with status 3: the flow was imported, and a
// person has to look at what the findings list.
var errIncomplete = errors.New("the import needs a person to look at it")

// importedSpeech is the engine in which the voices of imported flows are looked up.
type importedSpeech struct{ server.Speech }

// Voice implements importer.Speech.
func (s importedSpeech) Voice(language, voice string) (name, near string, err error) {
	found, err := s.Engine.Voice(context.Background(), language, voice)
	return found.Name, found.Substitute, err
}

// flowImport is `ringflow flow import [--flow NAME] FILE`: the flow file on out, and
// a finding for each part of the imported flow on errOut.
func flowImport(f *flag.FlagSet) runFunc {
	flow := f.String("flow", "", "which flow, if the file holds several: its `NAME`, its id or its place in the file")
	return func(ctx context.Context, files []string, out, errOut io.Writer) error {
		data, err := os.ReadFile(files[0])
		if err != nil {
			return err
		}
		var engine importer.Speech // nil if there is none on this machine
		if found := server.FindSpeech(ctx, 1); found.Engine != nil {
			engine = importedSpeech{found}
		}
		r, err := importer.Import(files[0], data, *flow, engine)
		if err != nil {
			return err
		}
		if _, err := out.Write(r.Flow); err != nil {
			return fmt.Errorf("write flow: %w", err)
		}
		count := map[importer.Kind]int{}
		for _, f := range r.Findings {
			count[f.Kind]++
			fmt.Fprintln(errOut, f)
		}
		fmt.Fprintf(errOut, "%d mapped, %d approximated, %d settings dropped, %d placeholders\n", count[importer.Mapped],
			count[importer.Approximated], count[importer.DroppedSetting], count[importer.Placeholder])
		if count[importer.Mapped] < len(r.Findings) {
			return errIncomplete
		}
		return nil
	}
}
