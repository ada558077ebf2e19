package supervisor

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"
)

// node is a value of a file: aliases are followed, merge keys merged, variables
// replaced.
type node struct {
	kind         nodeKind
	line, column int
	text         string  // of a scalar
	plain        bool    // a scalar without quotes
	hidden       bool    // some of it came from a variable: it is never shown
	entries      []entry // of a mapping
	items        []*node // of a sequence
}

type nodeKind uint8

const (
	nullNode nodeKind = iota
	scalarNode
	mappingNode
	sequenceNode
)

// entry is a key of a mapping, and its value.
type entry struct {
	key   string
	at    *node // the key's place
	value *node
}

// get is the value of a key; nil: there is none.
func (n *node) get(key string) *node {
	i := slices.IndexFunc(n.entries, func(e entry) bool { return e.key == key })
	if i < 0 {
		return nil
	}
	return n.entries[i].value
}

// over is n, with what it does not say itself from below; null in n stands for
// nothing.
func (n *node) over(below *node) *node {
	if below == nil || n.kind != mappingNode || below.kind != mappingNode {
		return n
	}
	made := *n
	made.entries = slices.Clone(n.entries)
	for _, e := range below.entries {
		i := slices.IndexFunc(made.entries, func(o entry) bool { return o.key == e.key })
		if i < 0 {
			made.entries = append(made.entries, e)
		} else {
			made.entries[i].value = made.entries[i].value.over(e.value)
		}
	}
	return &made
}

// without is n without some keys.
func (n *node) without(keys ...string) *node {
	made := *n
	made.entries = slices.DeleteFunc(slices.Clone(n.entries), func(e entry) bool { return slices.Contains(keys, e.key) })
	return &made
}

// print is a digest of what the node says, and of what else it refers to.
func (n *node) print(more string) string {
	h := sha256.New()
	n.digest(h)
	h.Write([]byte(more))
	return hex.EncodeToString(h.Sum(nil))
}

func (n *node) digest(h hash.Hash) {
	fmt.Fprintf(h, "%d %q %d %d\n", n.kind, n.text, len(n.entries), len(n.items))
	entries := slices.Clone(n.entries)
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	for _, e := range entries {
		fmt.Fprintf(h, "%q\n", e.key)
		e.value.digest(h)
	}
	for _, item := range n.items {
		item.digest(h)
	}
}
