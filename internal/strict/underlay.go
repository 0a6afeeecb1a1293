package strict

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Underlay gives the mappings at a path such as $.accounts[].trunks[] further keys, which
// those of the mapping itself replace: the keys of the mapping in YAML that texts returns
// for the value under key; nil if it has none. It panics if such a text is no mapping.
func (d *Document) Underlay(path, key string, texts func(value string) []byte) {
	nodes := []*yaml.Node{&d.root}
	if d.root.Kind == yaml.DocumentNode {
		nodes = d.root.Content
	}
	for word := range strings.SplitSeq(strings.TrimPrefix(path, "$."), ".") {
		name, isList := strings.CutSuffix(word, "[]")
		var inner []*yaml.Node
		for _, n := range nodes {
			value := lookUp(n, name, maxMerges)
			if value != nil && isList && value.Kind == yaml.SequenceNode {
				inner = append(inner, value.Content...)
			} else if value != nil && !isList {
				inner = append(inner, value)
			}
		}
		nodes = inner
	}
	done := map[*yaml.Node]bool{} // an anchor may stand in several places
	for _, n := range nodes {
		if n = resolve(n); n.Kind != yaml.MappingNode || done[n] {
			continue
		}
		done[n] = true
		if value := lookUp(n, key, maxMerges); value != nil && value.Kind == yaml.ScalarNode {
			if text := texts(value.Value); text != nil {
				n.Content = append([]*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!merge", Value: "<<", Line: n.Line}, mustMapping(text)}, n.Content...)
			}
		}
	}
}

// maxMerges is how deep merges are followed: one may contain itself.
const maxMerges = 8

// lookUp is the value of a key of a mapping, its own or one that is merged; nil if it has
// none.
func lookUp(n *yaml.Node, key string, depth int) *yaml.Node {
	n = resolve(n)
	if n.Kind != yaml.MappingNode || depth == 0 {
		return nil
	}
	if value := Value(n, key); value != nil {
		return resolve(value)
	}
	for k, merged := range Entries(n) {
		if k.ShortTag() != "!!merge" {
			continue
		}
		list := []*yaml.Node{merged}
		if m := resolve(merged); m.Kind == yaml.SequenceNode {
			list = m.Content
		}
		for _, one := range list {
			if value := lookUp(one, key, depth-1); value != nil {
				return value
			}
		}
	}
	return nil
}

func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func mustMapping(text []byte) *yaml.Node {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil || len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		panic(fmt.Sprintf("no mapping in YAML: %v", err))
	}
	return root.Content[0]
}
