package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/importer"
	"ringflow/numbers"
)

// publishFlows checks and publishes the flow files of each account. One that
// does not check stops the start, with every problem of every file.
func (s *server) publishFlows(ctx context.Context, _ string, _ hooks) error {
	var errs []error
	for i, a := range s.cfg.Accounts {
		if a.Flows == "" {
			continue
		}
		files, err := flowFiles(s.cfg.relative(a.Flows))
		if err != nil {
			return s.cfg.mistake(fmt.Sprintf("$.accounts[%d].flows", i), err)
		}
		if len(files) == 0 {
			s.log.Warn("the folder holds no flow file", "account", a.Name, "folder", a.Flows)
		}
		for _, file := range files {
			if err := s.publish(ctx, a, file); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

func (s *server) publish(ctx context.Context, a AccountConfig, file string) error {
	definition, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read flow: %w", err)
	}
	f, err := flowengine.Parse(file, definition)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range flowengine.Check(f, components.All(), s.environment(a)) {
		if p.Severity == flowengine.SeverityError {
			errs = append(errs, errors.New(p.String()))
		} else {
			s.log.Warn("flow: " + p.String())
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	v, err := s.store.Publish(ctx, a.Name, flowID(file), definition)
	if err == nil {
		s.log.Info("flow published", "account", a.Name, "flow", v.FlowID, "version", v.Number)
	}
	return err
}

// checkFlow finds what is wrong with a flow file, as the account could run it.
func (s *server) checkFlow(account string, definition []byte) []flowengine.Problem {
	f, err := flowengine.Parse("flow", definition)
	if err != nil {
		return flowengine.Problems(err)
	}
	for _, a := range s.cfg.Accounts {
		if a.Name == account {
			return flowengine.Check(f, components.All(), s.environment(a))
		}
	}
	return nil // not reached: whoever asks holds a token of an account
}

// environment is what a flow of the account may rely on.
func (s *server) environment(a AccountConfig) flowengine.Environment {
	return flowengine.Environment{
		OwnsNumber: func(raw string) bool {
			n, err := numbers.Parse(raw, a.Country)
			return err == nil && slices.Contains(a.Numbers, string(n))
		},
		HasPrompt:            func(name string) bool { return s.library.Has(a.Name, name) },
		HasConnection:        func(name string) bool { return slices.Contains(s.web.Names(a.Name), name) },
		Connections:          func() []string { return s.web.Names(a.Name) },
		UnderstandsFunctions: s.reader.Understand,
		Replacement:          importer.Replacement,
		SpeaksLanguage:       s.library.Speaks,
	}
}

// flowFiles lists the flow files of a folder by name.
func flowFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var files []string
	for _, e := range entries {
		if !e.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(e.Name())) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, err
}

// flowID is the id of the flow that a file holds.
func flowID(file string) string {
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}
