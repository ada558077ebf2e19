package supervisor

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"weak"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
)

var specType = reflect.TypeFor[*iso8583.MessageSpec]()

// builtinSpecs are those of moov-io/iso8583.
var builtinSpecs = map[string]*iso8583.MessageSpec{
	"Spec87": iso8583.Spec87, "Spec87ASCII": specs.Spec87ASCII, "Spec87Hex": specs.Spec87Hex, "Spec87Track2": specs.Spec87Track2,
}

// specRef is a specification in a mapping that is no configuration.
type specRef struct{ spec *iso8583.MessageSpec }

func (r *specRef) or(other *iso8583.MessageSpec) *iso8583.MessageSpec {
	if r == nil {
		return other
	}
	return r.spec
}

func (l *loader) specRef(n *node, v reflect.Value, path string) {
	l.spec(n, reflect.ValueOf(&v.Addr().Interface().(*specRef).spec).Elem(), path)
}

// spec decodes a name of a specification, or that of a JSON file, as
// specs.ExportJSON writes it.
func (l *loader) spec(n *node, v reflect.Value, path string) {
	text, ok := l.scalar(n, path, "the name of a specification, or of a JSON file")
	if !ok {
		return
	}
	spec, name := l.options.Specs[text], "given "+text
	if spec == nil {
		spec, name = builtinSpecs[text], "builtin "+text
	}
	if spec == nil && strings.EqualFold(filepath.Ext(text), ".json") {
		var err error
		if spec, name, err = importSpec(l.file(text)); err != nil {
			if n.hidden {
				err = errors.New("the file is none, or cannot be read")
			}
			l.wrap(n, path, err, err.Error())
			return
		}
	}
	if spec == nil {
		names := slices.AppendSeq(slices.Collect(maps.Keys(l.options.Specs)), maps.Keys(builtinSpecs))
		l.fault(n, path, "there is no such specification: %s, or a .json file", meant(text, n.hidden, names))
		return
	}
	l.specNames[spec] = name
	v.Set(reflect.ValueOf(spec))
}

// file is the path of a file that the file names: relative to its own folder.
func (l *loader) file(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(l.dir, name)
}

// importSpec reads a specification. Files with the same contents give the same one, so
// that links of one scope agree, and a link is unchanged when its file is.
func importSpec(file string) (spec *iso8583.MessageSpec, name string, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, "", err
	}
	name = fmt.Sprintf("%x", sha256.Sum256(text))
	spec, err = importedSpecs.get(name, func() (spec *iso8583.MessageSpec, err error) {
		defer func() {
			if recover() != nil {
				spec, err = nil, errors.New("is no message specification")
			}
		}()
		spec, err = specs.ImportJSON(text)
		if err == nil {
			err = spec.Validate()
		}
		return spec, err
	})
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", file, err)
	}
	return spec, name, nil
}

var importedSpecs pool[iso8583.MessageSpec]

// pool holds what is made once for all files, as long as somebody uses it.
type pool[T any] struct {
	mu   sync.Mutex
	held map[string]weak.Pointer[T]
}

func (p *pool[T]) get(key string, produce func() (*T, error)) (*T, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if made := p.held[key].Value(); made != nil {
		return made, nil
	}
	made, err := produce()
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(p.held, func(_ string, w weak.Pointer[T]) bool { return w.Value() == nil })
	if p.held == nil {
		p.held = make(map[string]weak.Pointer[T])
	}
	p.held[key] = weak.Make(made)
	return made, nil
}
