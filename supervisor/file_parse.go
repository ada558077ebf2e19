package supervisor

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxNodes bounds what a file may become by its aliases.
const maxNodes = 100_000

// parse makes nodes of the file; nil when it is not even YAML.
func (l *loader) parse(data []byte) *node {
	file, fault := parseYAML(data)
	if fault != nil {
		l.fault(&node{line: fault.Line, column: fault.Column}, "", "%s", fault.Problem)
		return nil
	}
	b := &builder{loader: l, anchors: make(map[string]ast.Node)}
	var root *node
	for _, doc := range file.Docs {
		switch {
		case doc == nil || doc.Body == nil:
		case root != nil:
			l.fault(placeOf(doc.Body), "", "a second document: give one")
		default:
			root = b.node(doc.Body, "")
		}
	}
	if b.count > maxNodes {
		l.fault(&node{}, "", "its aliases make more than %d values of it", maxNodes)
		return nil
	}
	if root == nil {
		root = &node{kind: mappingNode}
	}
	return root
}

// parseYAML parses a file. Errors of the parser quote it: only what they say, and
// where, is taken.
func parseYAML(data []byte) (file *ast.File, fault *FileError) {
	defer func() {
		if recover() != nil {
			file, fault = nil, &FileError{Problem: "it cannot be read as YAML"}
		}
	}()
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err == nil {
		return file, nil
	}
	fault = &FileError{Problem: "it cannot be read as YAML"}
	var syntax interface {
		error
		GetMessage() string
		GetToken() *token.Token
	}
	if errors.As(err, &syntax) {
		said, _, _ := strings.Cut(syntax.GetMessage(), `"`)
		fault.Problem += ": " + strings.TrimSpace(said)
		if t := syntax.GetToken(); t != nil && t.Position != nil {
			fault.Line, fault.Column = t.Position.Line, t.Position.Column
		}
	}
	return nil, fault
}

// builder makes nodes of what was parsed.
type builder struct {
	*loader
	anchors map[string]ast.Node
	count   int
	quiet   bool // below a key that is for anchors alone
}

func (b *builder) fault(n *node, path, format string, args ...any) {
	if !b.quiet {
		b.loader.fault(n, path, format, args...)
	}
}

func placeOf(a ast.Node) *node {
	n := new(node)
	if t := a.GetToken(); t != nil && t.Position != nil {
		n.line, n.column = t.Position.Line, t.Position.Column
	}
	return n
}

func (b *builder) node(a ast.Node, path string) *node {
	if a == nil {
		return new(node)
	}
	n := placeOf(a)
	if b.count++; b.count > maxNodes {
		return n
	}
	switch a := a.(type) {
	case *ast.NullNode, *ast.CommentGroupNode:
	case *ast.StringNode:
		b.scalar(n, path, a.Value, a.Token != nil && a.Token.Type == token.StringType)
	case *ast.LiteralNode:
		if a.Value != nil {
			b.scalar(n, path, a.Value.Value, false)
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		b.scalar(n, path, a.GetToken().Value, true) // as it is written: 001 may be a code
	case *ast.MappingNode:
		b.mapping(n, path, a.Values)
	case *ast.MappingValueNode:
		b.mapping(n, path, []*ast.MappingValueNode{a})
	case *ast.SequenceNode:
		n.kind = sequenceNode
		for i, v := range a.Values {
			n.items = append(n.items, b.node(v, fmt.Sprintf("%s[%d]", path, i)))
		}
	case *ast.AnchorNode:
		made := b.node(a.Value, path)
		if a.Name != nil && a.Value != nil {
			b.anchors[a.Name.GetToken().Value] = a.Value
		}
		return made
	case *ast.AliasNode:
		if a.Value != nil {
			if target := b.anchors[a.Value.GetToken().Value]; target != nil {
				return b.node(target, path)
			}
		}
		b.fault(n, path, "an alias without an anchor before it")
	default:
		b.fault(n, path, "give a value, a list or a mapping: tags and the like are not used")
	}
	return n
}

func (b *builder) scalar(n *node, path, text string, plain bool) {
	n.kind, n.text, n.plain = scalarNode, text, plain
	if b.quiet {
		return
	}
	text, replaced, problem := expand(text, b.options.Env)
	if problem != "" {
		b.fault(n, path, "%s", problem)
		n.kind = nullNode
		return
	}
	n.text, n.hidden = text, replaced
}

func (b *builder) mapping(n *node, path string, values []*ast.MappingValueNode) {
	n.kind = mappingNode
	var merged []*node
	for i, v := range values {
		at := placeOf(v.Key)
		if i == 0 {
			n.line, n.column = at.line, at.column
		}
		if _, ok := v.Key.(*ast.MergeKeyNode); ok {
			merged = append(merged, b.merged(v.Value, at, path)...)
			continue
		}
		key, ok := keyOf(v.Key)
		if !ok {
			b.fault(at, path, "give a plain word as a key")
			continue
		}
		below := join(path, key)
		if path == "" && isExtra(key) && !b.quiet {
			b.quiet = true
			b.node(v.Value, below)
			b.quiet = false
			continue
		}
		value := b.node(v.Value, below)
		if value.kind == mappingNode || value.kind == sequenceNode {
			value.line, value.column = at.line, at.column
		}
		if n.get(key) != nil {
			b.fault(at, below, "it is there twice")
			continue
		}
		n.entries = append(n.entries, entry{key, at, value})
	}
	for _, m := range merged {
		for _, e := range m.entries {
			if n.get(e.key) == nil {
				n.entries = append(n.entries, e)
			}
		}
	}
}

// merged are the mappings of a merge key.
func (b *builder) merged(a ast.Node, at *node, path string) []*node {
	value := b.node(a, path)
	all := []*node{value}
	if value.kind == sequenceNode {
		all = value.items
	}
	if slices.ContainsFunc(all, func(n *node) bool { return n.kind != mappingNode }) {
		b.fault(at, path, "<<: give an alias of a mapping, or a list of such")
	}
	return all
}

// keyOf is the text of a key.
func keyOf(a ast.Node) (string, bool) {
	switch a := a.(type) {
	case *ast.StringNode:
		return a.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return a.GetToken().Value, true
	}
	return "", false
}

// join is the path of a key below another.
func join(path, key string) string {
	if !word.MatchString(key) {
		key = "…"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// isExtra reports whether a key of the document is for anchors alone.
func isExtra(key string) bool { return strings.HasPrefix(key, "x-") }
