package server

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/importer"
	"ringflow/flowengine/record"
	"ringflow/internal/config"
)

// publishFiles checks and publishes the flow files of each account. The error has every
// problem of every file.
func (s *Server) publishFiles(ctx context.Context, _ string, _ Hooks) error {
	read, err := s.readFlows(&s.cfg, s.environment)
	if err != nil {
		return err
	}
	return s.publishChanged(ctx, read)
}

// readFlows reads and checks the flow files that a configuration names for the accounts
// that are served, as an account could run them in its environment. The error holds
// every problem of every file.
func (s *Server) readFlows(c *config.Config, environment func(config.Account) flowfile.Environment) ([]record.Version, error) {
	rendering, cancel := context.WithTimeout(context.Background(), RenderLimit)
	defer cancel()
	var read []record.Version
	var errs []error
	for i, a := range c.Accounts {
		if a.Flows == "" || !s.hasAccount(a.Name) {
			continue
		}
		files, err := FlowFiles(c.Relative(a.Flows))
		if err != nil {
			errs = append(errs, c.ErrorAt(fmt.Sprintf("$.accounts[%d].flows", i), err))
			continue
		}
		if len(files) == 0 {
			s.log.Warn("the folder holds no flow file", "account", a.Name, "folder", a.Flows)
		}
		has := environment(a)
		has.Render = s.renderer(rendering, a.Name)
		for _, file := range files {
			definition, err := s.readFlow(file, has)
			if err != nil {
				errs = append(errs, err)
			}
			read = append(read, record.Version{Account: a.Name, FlowID: flowID(file), Definition: definition})
		}
	}
	return read, errors.Join(errs...)
}

func (s *Server) readFlow(file string, environment flowfile.Environment) ([]byte, error) {
	definition, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read flow: %w", err)
	}
	f, err := flowfile.Parse(file, definition)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, p := range flowfile.Check(f, components.All(), environment) {
		if p.Severity == flowfile.SeverityError {
			errs = append(errs, errors.New(p.String()))
		} else {
			s.log.Warn("flow: " + p.String())
		}
	}
	return definition, errors.Join(errs...)
}

// publishChanged publishes the flows whose file has changed since it was last
// published: a version that was published over the API meanwhile stays until then.
func (s *Server) publishChanged(ctx context.Context, read []record.Version) error {
	var changed []record.Version
	sums := map[flowFile][sha256.Size]byte{}
	for _, v := range read {
		file := flowFile{v.Account, v.FlowID}
		if sums[file] = sha256.Sum256(v.Definition); s.publishedFiles[file] != sums[file] {
			changed = append(changed, v)
		}
	}
	if len(changed) > 0 {
		began := time.Now().Truncate(time.Microsecond) // as the record keeps times
		published, err := s.store.PublishAll(ctx, changed)
		if err != nil {
			return err
		}
		for _, v := range published {
			message := "flow published"
			if v.PublishedAt.Before(began) {
				message = "flow unchanged"
			}
			s.log.Info(message, "account", v.Account, "flow", v.FlowID, "version", v.Number)
		}
	}
	s.publishedFiles = sums
	return nil
}

// flowFile names the file of a flow.
type flowFile struct{ account, flow string }

// checkFlow returns the problems of a flow file for an account.
func (s *Server) checkFlow(account string, definition []byte) []flowfile.Problem {
	return checkFlowIn(s.environment(s.account(account)), definition)
}

// checkRendered is checkFlow that also renders the texts.
func (s *Server) checkRendered(account string, definition []byte) []flowfile.Problem {
	rendering, cancel := context.WithTimeout(context.Background(), RenderLimit)
	defer cancel()
	has := s.environment(s.account(account))
	has.Render = s.renderer(rendering, account)
	return checkFlowIn(has, definition)
}

func checkFlowIn(has flowfile.Environment, definition []byte) []flowfile.Problem {
	f, err := flowfile.Parse("flow", definition)
	if err != nil {
		return flowfile.Problems(err)
	}
	return flowfile.Check(f, components.All(), has)
}

// environment is the checks' view of what the account has.
func (s *Server) environment(a config.Account) flowfile.Environment {
	return flowfile.Environment{
		OwnsNumber:     a.Owns,
		MayCall:        a.MayCall,
		HasPrompt:      func(name string) bool { _, ok := s.library.Find(a.Name, name); return ok },
		PromptFault:    func(name string) error { p, _ := s.library.Find(a.Name, name); return p.Fault },
		HasConnection:  func(name string) bool { return slices.Contains(s.connections.Names(a.Name), name) },
		Connections:    func() []string { return s.connections.Names(a.Name) },
		Function:       func(name string) (flowfile.Function, bool) { return s.resources.Function(a.Name, name) },
		Functions:      func() []string { return s.resources.Names(a.Name, "function") },
		FunctionFaults: func(sources []string) []error { return s.functionReader.Validate(a.Name, sources) },
		Replacement:    importer.Replacement,
		Voice:          s.speech.Voice,
		International:  a.International,
	}
}

// renderer renders texts of an account for checks, until ctx ends.
func (s *Server) renderer(ctx context.Context, account string) func(texts []flowfile.Speech) []error {
	return func(texts []flowfile.Speech) []error {
		return renderAll(ctx, texts, func(ctx context.Context, text flowfile.Speech) error {
			_, err := s.library.Resolve(ctx, account, flowfile.Audio{Speech: &text})
			return err
		})
	}
}

// IsFlowFile reports whether a file name is that of a flow.
func IsFlowFile(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name))
}

// FlowFiles lists the flow files of a folder by name.
func FlowFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var files []string
	for _, e := range entries {
		if !e.IsDir() && IsFlowFile(e.Name()) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, err
}

// flowFile is the file of the configuration that a flow comes from, "" if there is
// none, and the folder if that cannot be read.
func (s *Server) flowFile(account, id string) string {
	c := s.current.Load()
	folder := s.account(account).Flows
	if folder == "" {
		return ""
	}
	files, err := FlowFiles(c.Relative(folder))
	if err != nil {
		return folder
	}
	for _, file := range files {
		if flowfile.CanonicalFlowID(flowID(file)) == id {
			return filepath.Join(folder, filepath.Base(file))
		}
	}
	return ""
}

// flowID is the id of the flow in a file.
func flowID(file string) string {
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

// publishedProblem names a published version and one of its problems.
type publishedProblem struct {
	account, version string
	problem          flowfile.Problem
}

// publishedProblems finds what published flows need and their accounts have no more,
// such as a number, a prompt or a destination.
func (s *Server) publishedProblems(ctx context.Context) ([]publishedProblem, error) {
	var all []publishedProblem
	for _, name := range s.cfg.AccountNames() {
		versions, err := s.store.Flows(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("check the published flows of %s: %w", name, err)
		}
		has := s.environment(s.account(name))
		has.FunctionFaults, has.Render = nil, nil // a version does not change
		for _, v := range versions {
			f, err := flowfile.Parse(v.FlowID, v.Definition)
			if err != nil {
				continue // no version that cannot be read is published
			}
			for _, p := range flowfile.Failing(flowfile.Check(f, components.All(), has)) {
				all = append(all, publishedProblem{name, v.ID, p})
			}
		}
	}
	return all, nil
}

// warnOfNewProblems logs the problems of published flows that were not there before.
func (s *Server) warnOfNewProblems(ctx context.Context, before []publishedProblem) error {
	now, err := s.publishedProblems(ctx)
	if err != nil {
		return err
	}
	for _, u := range now {
		if !slices.Contains(before, u) {
			s.log.Warn("a published flow relies on what its account does not have", "account", u.account, "problem", u.problem.String())
		}
	}
	return nil
}

// warnOfPublished logs the problems of published flows at the start.
func (s *Server) warnOfPublished(ctx context.Context, _ string, _ Hooks) error {
	return s.warnOfNewProblems(ctx, nil)
}
