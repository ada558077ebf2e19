package supervisor

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/messages"
)

// TestEveryFieldIsInFiles: each exported field of a configuration can be given in a file,
// or only by a program, and nothing else is listed as such.
func TestEveryFieldIsInFiles(t *testing.T) {
	listed := make(map[string]bool)
	var check func(path string, typ reflect.Type)
	fields := func(path string, typ reflect.Type) {
		names := fieldNames(typ)
		for i := range typ.NumField() {
			f := typ.Field(i)
			if !f.IsExported() {
				continue
			}
			at := path + "." + f.Name
			assert.Contains(t, names, lowerCamel(f.Name), at)
			key := typ.Name() + "." + f.Name
			if programOnly[key] != "" {
				listed[key] = true
				continue
			}
			check(at, f.Type)
		}
	}
	check = func(path string, typ reflect.Type) {
		switch {
		case valueKinds[typ] != nil:
			if typ.Kind() == reflect.Struct && typ != reflect.TypeFor[NetworkManagement]() {
				fields(path, typ)
			}
		case enums[typ] != nil:
		case typ.Kind() == reflect.Struct:
			fields(path, typ)
		case typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer:
			check(path+"[]", typ.Elem())
		case typ.Kind() == reflect.Map:
			check(path+"{}", typ.Elem())
		default:
			plain := []reflect.Kind{reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint64}
			assert.Contains(t, plain, typ.Kind(), "%s is %v: let a file give it, or list it in programOnly", path, typ)
			assert.True(t, typ.PkgPath() == "", "%s is %v, whose values have names: list them in enums", path, typ)
		}
	}
	check("links", reflect.TypeFor[LinkConfig]())
	check("groups", reflect.TypeFor[GroupConfig]())
	check("acceptors", reflect.TypeFor[AcceptorConfig]())
	check("networks", reflect.TypeFor[messages.Network]())
	check("administrative", reflect.TypeFor[messages.Administrative]())
	config := reflect.TypeFor[Config]()
	for i := range config.NumField() {
		f := config.Field(i)
		key := "Config." + f.Name
		if listed[key] = programOnly[key] != ""; f.IsExported() && !listed[key] {
			assert.Contains(t, sections, lowerCamel(f.Name))
		}
	}
	for key := range programOnly {
		assert.True(t, listed[key], "%s is no field", key)
	}
}

// TestFileFieldsOfOthers: what a file says in fields of its own covers what they are for.
func TestFileFieldsOfOthers(t *testing.T) {
	for _, c := range []struct {
		of, by reflect.Type
		other  []string // given in another way, or by programs alone
	}{
		{reflect.TypeFor[NetworkManagement](), reflect.TypeFor[exchangeFields](), []string{"Build", "Check"}},
		{reflect.TypeFor[messages.STANConfig](), reflect.TypeFor[stanFields](), []string{"Store", "Now"}},
	} {
		for i := range c.of.NumField() {
			name := c.of.Field(i).Name
			_, found := c.by.FieldByName(name)
			assert.NotEqual(t, found, strings.Contains(strings.Join(c.other, " "), name), "%v.%s", c.of, name)
		}
	}
}

// TestFieldNames: a field has the same name in a file, with a small beginning.
func TestFieldNames(t *testing.T) {
	for goName, want := range map[string]string{
		"SendTimeout": "sendTimeout", "TLSFiles": "tlsFiles", "CA": "ca", "STANs": "stans", "MTI": "mti", "TLS": "tls",
		"MaxPerAddr": "maxPerAddr", "Addrs[1]": "addrs[1]", "Version9": "version9", "": "",
	} {
		assert.Equal(t, want, lowerCamel(goName))
	}
	for field, want := range map[string]string{
		"SignOn.Then[0].Build": "signOn.then[0].build", "ClassKeyFields['8']": "classKeyFields.8", "TLSFiles.CA": "tlsFiles.ca",
	} {
		assert.Equal(t, want, fieldPath(field))
	}
}
