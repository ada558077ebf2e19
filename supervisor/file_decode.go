package supervisor

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// fieldNames are the fields of a struct by their name in a file.
func fieldNames(t reflect.Type) map[string]int {
	names := make(map[string]int)
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() {
			names[lowerCamel(f.Name)] = i
		}
	}
	return names
}

// lowerCamel is a field's name in a file: SendTimeout is sendTimeout, TLSFiles is
// tlsFiles, CA is ca.
func lowerCamel(name string) string {
	upper := 0
	for upper < len(name) && unicode.IsUpper(rune(name[upper])) {
		upper++
	}
	if upper > 1 && upper < len(name) && name[upper:] != "s" { // STANs is stans
		upper-- // the last one begins the next word
	}
	return strings.ToLower(name[:upper]) + name[upper:]
}

// structure decodes a mapping.
func (l *loader) structure(n *node, v reflect.Value, path string) {
	if n.kind != mappingNode {
		l.fault(n, path, "give a mapping: fields and their values")
		return
	}
	fields := fieldNames(v.Type())
	for _, e := range n.entries {
		i, known := fields[e.key]
		if !known {
			l.unknown(e, path, v.Type(), fields)
			continue
		}
		field := v.Type().Field(i)
		if who := programOnly[v.Type().Name()+"."+field.Name]; who != "" {
			l.fault(e.at, join(path, e.key), "only a program can give it: see LoadOptions.%s", who)
			continue
		}
		l.value(e.value, v.Field(i), join(path, e.key))
	}
}

// unknown notes a field that there is not.
func (l *loader) unknown(e entry, path string, t reflect.Type, fields map[string]int) {
	names := slices.DeleteFunc(slices.Collect(maps.Keys(fields)), func(name string) bool {
		return programOnly[t.Name()+"."+t.Field(fields[name]).Name] != ""
	})
	l.fault(e.at, join(path, e.key), "there is no such field: %s", meant(e.key, false, names))
}

// value decodes what stands for a field. Null leaves it as it is.
func (l *loader) value(n *node, v reflect.Value, path string) {
	l.places[path] = n
	if n.kind == nullNode {
		return
	}
	if decode := valueKinds[v.Type()]; decode != nil {
		decode(l, n, v, path)
		return
	}
	if names := enums[v.Type()]; names != nil {
		if i, ok := oneOf(l, n, path, names); ok {
			v.SetUint(i)
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		made := reflect.New(v.Type().Elem())
		l.value(n, made.Elem(), path)
		v.Set(made)
	case reflect.Struct:
		l.structure(n, v, path)
	case reflect.String:
		if text, ok := l.scalar(n, path, "a text"); ok {
			v.SetString(text)
		}
	case reflect.Bool:
		if text, ok := l.scalar(n, path, "true or false"); ok {
			if text != "true" && text != "false" || !n.bare() {
				l.fault(n, path, "give true or false")
			}
			v.SetBool(text == "true")
		}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		l.number(n, v, path)
	case reflect.Slice:
		if n.kind != sequenceNode {
			l.fault(n, path, "give a list")
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
		for i, item := range n.items {
			l.value(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Map:
		l.table(n, v, path)
	default:
		l.fault(n, path, "no file can give it")
	}
}

// bare reports whether a scalar may be a number or a truth: what came from a variable
// may have needed its quotes.
func (n *node) bare() bool { return n.plain || n.hidden }

// scalar is the text of a scalar.
func (l *loader) scalar(n *node, path, want string) (string, bool) {
	if n.kind != scalarNode {
		l.fault(n, path, "give %s", want)
		return "", false
	}
	return n.text, true
}

var numberRule = regexp.MustCompile(`^-?[0-9]+(_[0-9]+)*$`)

func (l *loader) number(n *node, v reflect.Value, path string) {
	text, ok := l.scalar(n, path, "a number")
	if !ok {
		return
	}
	if !numberRule.MatchString(text) || !n.bare() {
		l.fault(n, path, "give a number, such as 1000")
		return
	}
	var err error
	text = strings.ReplaceAll(text, "_", "")
	if v.CanUint() {
		var u uint64
		u, err = strconv.ParseUint(text, 10, 64)
		v.SetUint(u)
	} else {
		var i int64
		i, err = strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(i)
	}
	if err != nil {
		l.fault(n, path, "the number is out of range")
	}
}

// duration decodes a time.Duration.
func (l *loader) duration(n *node, v reflect.Value, path string) {
	text, ok := l.scalar(n, path, "a duration, such as 5s")
	if !ok {
		return
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		l.fault(n, path, "give a duration, with its unit: 5s, 100ms, 1m30s")
	}
	v.SetInt(int64(d))
}

// table decodes a map. Its keys are names, numbers of fields, or, as bytes, classes of
// messages.
func (l *loader) table(n *node, v reflect.Value, path string) {
	if n.kind != mappingNode {
		l.fault(n, path, "give a mapping")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range n.entries {
		key := reflect.New(v.Type().Key()).Elem()
		switch key.Kind() {
		case reflect.String:
			key.SetString(e.key)
		case reflect.Uint8:
			if len(e.key) != 1 {
				l.fault(e.at, join(path, e.key), "give a class, the second digit of its MTIs, as the key: 0 to 9")
				continue
			}
			key.SetUint(uint64(e.key[0]))
		default:
			i, err := strconv.Atoi(e.key)
			if err != nil {
				l.fault(e.at, join(path, e.key), "give the number of a field as the key")
				continue
			}
			key.SetInt(int64(i))
		}
		value := reflect.New(v.Type().Elem()).Elem()
		l.value(e.value, value, join(path, e.key))
		v.SetMapIndex(key, value)
	}
}
