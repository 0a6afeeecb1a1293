package config

import (
	"embed"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// presetFiles has a file for each preset, which its name says.
//
//go:embed presets/*.yaml
var presetFiles embed.FS

// Preset is what the trunks of a provider or PBX have in common: values of keys that the
// trunk itself does not have, and keys that it must have.
type Preset struct {
	Name    string `yaml:"-"` // as in the key preset
	Title   string `yaml:"title"`
	Kind    string `yaml:"kind"` // provider or PBX
	Sources string `yaml:"sources"`
	Read    string `yaml:"read"` // month in which the sources were read, such as 2026-11
	// Needs says of each key that a trunk must have what stands there.
	Needs map[string]string `yaml:"needs"`
	Trunk yaml.Node         `yaml:"trunk"` // values of keys of a trunk
	Why   map[string]string `yaml:"why"`   // by key of Trunk
	// Unknown is what the sources do not say, Weak where trunks fail.
	Unknown string `yaml:"unknown"`
	Weak    string `yaml:"weak"`
	Sample  string `yaml:"sample"` // a trunk
}

// presetNames lists the presets.
func presetNames() (names []string) {
	files, err := presetFiles.ReadDir("presets")
	if err != nil {
		panic(err) // it is embedded
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	return names
}

// presetOf reads the preset of a name; false if there is none.
func presetOf(name string) (p Preset, found bool) {
	text, err := presetFiles.ReadFile(path.Join("presets", name+".yaml"))
	if err != nil || strings.ContainsAny(name, "/.") {
		return Preset{}, false
	}
	if err := yaml.Unmarshal(text, &p); err != nil {
		panic(fmt.Sprintf("preset %s: %v", name, err)) // it is embedded, and a test reads it
	}
	p.Name = name
	return p, true
}

// presetTrunk is the mapping of the keys of a preset in YAML, nil if there is none of the
// name.
func presetTrunk(name string) []byte {
	p, found := presetOf(name)
	if !found || p.Trunk.Kind == 0 {
		return nil
	}
	text, err := yaml.Marshal(&p.Trunk)
	if err != nil {
		panic(fmt.Sprintf("preset %s: %v", name, err))
	}
	return text
}

// validatePreset reports what the preset of a trunk needs and the trunk lacks.
func (c *Config) validatePreset(t Trunk, at string) {
	p, found := presetOf(t.Preset)
	if !found {
		return
	}
	for _, key := range p.needs() {
		if t.lacks(key) {
			c.file.Add(at+"."+key, "the preset %s needs it: %s", p.Name, p.Needs[key])
		}
	}
}

// needs are the keys of p.Needs in the order of a trunk's.
func (p Preset) needs() (keys []string) {
	for f := range reflect.TypeFor[Trunk]().Fields() {
		if key := f.Tag.Get("yaml"); p.Needs[key] != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// lacks says whether a key of the trunk has no value. A password may be in a file.
func (t Trunk) lacks(key string) bool {
	if key == "password" && t.PasswordFile != "" {
		return false
	}
	v := reflect.ValueOf(t)
	i := slices.IndexFunc(reflect.VisibleFields(v.Type()), func(f reflect.StructField) bool { return f.Tag.Get("yaml") == key })
	return i >= 0 && (v.Field(i).IsZero() || v.Field(i).Kind() == reflect.Slice && v.Field(i).Len() == 0)
}

// presetNeeds says whether the trunk's preset needs a key, and says so where it is missing.
func (t Trunk) presetNeeds(key string) bool {
	p, found := presetOf(t.Preset)
	return found && p.Needs[key] != ""
}
