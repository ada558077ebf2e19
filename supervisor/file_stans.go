package supervisor

import (
	"fmt"
	"path/filepath"
	"reflect"

	"github.com/isolink-go/isolink/messages"
)

// stanFields are those of messages.STANConfig, as a file gives them.
type stanFields struct {
	First, Last   uint64
	Digits, Block int
	File          string // of a messages.STANFile, the Store
}

var givenSTANs pool[messages.STANs]

// allSTANs makes the allocators of the section stans. One that the last load of the
// file made and somebody uses still is used again: its numbers go on.
func (l *loader) allSTANs(n *node) {
	l.stans = make(map[string]*messages.STANs)
	l.places["stans"] = n
	if n.kind != mappingNode {
		l.fault(n, "stans", "give a mapping: names, and what they are made of")
		return
	}
	for _, e := range n.entries {
		path := join("stans", e.key)
		l.stans[e.key] = nil // known, whatever is wrong with it
		l.places[path] = e.value
		var said stanFields
		if e.value.kind != nullNode && !l.all(e.value, &said, path) {
			continue
		}
		said.File = l.file(said.File)
		made, err := l.someSTANs(e.key, said)
		eachOf(err, func(err error) { l.configFault(path, err) })
		l.stans[e.key] = made
	}
}

func (l *loader) someSTANs(name string, said stanFields) (*messages.STANs, error) {
	file, err := filepath.Abs(l.name)
	if err != nil {
		file = l.name
	}
	return givenSTANs.get(fmt.Sprintf("%q %q %+v", file, name, said), func() (*messages.STANs, error) {
		c := messages.STANConfig{First: said.First, Last: said.Last, Digits: said.Digits, Block: said.Block}
		if said.File != "" {
			c.Store = messages.NewSTANFile(said.File)
		}
		return messages.NewSTANs(c)
	})
}

// stansOf decodes the name of an allocator.
func (l *loader) stansOf(n *node, v reflect.Value, path string) {
	if s, ok := oneOf(l, n, path, l.stans); ok && s != nil {
		v.Set(reflect.ValueOf(s))
	}
}
