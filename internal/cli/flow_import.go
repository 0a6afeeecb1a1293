package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"ringflow/flowengine/importer"
	"ringflow/internal/server"
)

// errIncomplete ends the program with status 3: the flow was imported, and a
// person has to look at what the findings list.
var errIncomplete = errors.New("the import needs a person to look at it")

// importedSpeech is the engine that the voices of imported flows are looked for in.
type importedSpeech struct{ server.Speech }

// Voice implements importer.Speech.
func (s importedSpeech) Voice(language, voice string) (name, near string, err error) {
	found, err := s.Engine.Voice(context.Background(), language, voice)
	return found.Name, found.Substitute, err
}

// flowImport is `ringflow flow import [--flow NAME] FILE`: the flow file on out,
// and what became of each part of the original on complaints.
func flowImport(ctx context.Context, args []string, out, complaints io.Writer) error {
	flags := newFlags()
	flow := flags.String("flow", "", "which flow, if the file holds several: its `NAME`, its id or its place in the file")
	files, err := parseArguments(flags, args, 1, 1)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	var engine importer.Speech // nil if there is none on this machine
	if found := server.FindSpeech(ctx, 1); found.Engine != nil {
		engine = importedSpeech{found}
	}
	r, err := importer.ImportOne(files[0], data, *flow, engine)
	if err != nil {
		return err
	}
	if _, err := out.Write(r.Flow); err != nil {
		return fmt.Errorf("write flow: %w", err)
	}
	count := map[importer.Kind]int{}
	for _, f := range r.Findings {
		count[f.Kind]++
		fmt.Fprintln(complaints, f)
	}
	fmt.Fprintf(complaints, "%d mapped, %d approximated, %d settings dropped, %d placeholders\n", count[importer.Mapped],
		count[importer.Approximated], count[importer.DroppedSetting], count[importer.Placeholder])
	if !r.Complete() {
		return errIncomplete
	}
	return nil
}
