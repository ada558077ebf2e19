package supervisor_test

import (
	"crypto/tls"
	"log/slog"
	"maps"
	"net"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/testdata/carddata"
)

// fault makes foreign code fail, until it is switched off.
type fault struct {
	goexit bool // instead of a panic
	calls  atomic.Int64
	off    atomic.Bool
}

// strike is called by foreign code.
func (f *fault) strike() {
	if f.off.Load() {
		return
	}
	f.calls.Add(1)
	if f.goexit {
		goexit()
	}
	panic(cardError("cannot handle " + carddata.PAN + carddata.Track2 + carddata.CVV + carddata.PINBlock))
}

// cardError is a panic's value that says too much.
type cardError string

func (e cardError) Error() string { return string(e) }

// foreign is a place of the configuration that holds foreign code, or an interface
// which that returns.
type foreign struct {
	// where is what Panicked says, or a group's log line. Empty: a panic is not told,
	// and why says what is promised instead.
	where, why string
	change     func(*ends, *fault)
	// do is what calls the code, besides what every case does; nil: nothing.
	do func(*ends)
}

// foreignCode is all foreign code there is, by the type and the name of the field; what
// stands behind a colon tells cases of one field apart.
func foreignCode() map[string]foreign {
	all := make(map[string]foreign)
	for _, part := range []map[string]foreign{foreignHooks(), foreignMessages(), foreignConnections(), foreignTLS(), foreignGroups()} {
		maps.Copy(all, part)
	}
	return all
}

// notTried is foreign code that no test lets panic.
var notTried = map[string]string{
	"tls.Config.EncryptedClientHelloRejectionVerify": "is called only when a server refuses an encrypted client hello, which crypto/tls does not as a server of ours",
	"tls.Config.GetEncryptedClientHelloKeys":         "is called for encrypted client hellos only",
	"supervisor.Config.MeterProvider":                "is OpenTelemetry's, whose API promises not to panic, and whose errors go to its own handler",
	"supervisor.Config.TracerProvider":               "likewise",
	"messages.STANConfig.Now":                        "is called by NewSTANs alone, in its caller's goroutine, before there is a link",
}

// TestForeignCode: each function and interface of the configuration fails, with card
// data in the panic's value, or by runtime.Goexit; that is told, without the value;
// other requests settle; and when it fails no more, all works.
func TestForeignCode(t *testing.T) {
	ways := []string{"panic", "goexit"}
	if raceDetector {
		ways = ways[:1] // both go through the same code; without the detector both are tried
	}
	for name, c := range foreignCode() {
		for _, way := range ways {
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				tryForeign(t, name, c, way == "goexit")
			})
		}
	}
}

// TestForeignCodeIsKnown: the cases above are all that there is to fail.
func TestForeignCodeIsKnown(t *testing.T) {
	found := make(map[string]bool)
	for _, config := range []any{
		supervisor.Config{}, supervisor.LinkConfig{}, supervisor.AcceptorConfig{}, supervisor.GroupConfig{}, messages.STANConfig{}, tls.Config{},
	} {
		foreignIn(reflect.TypeOf(config), found)
	}
	known := make(map[string]bool)
	for name := range foreignCode() {
		known[fieldOf(name)] = true
	}
	for name := range notTried {
		assert.False(t, known[name], "%s is tried", name)
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		assert.True(t, known[name] || notTried[name] != "", "%s has no case", name)
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		assert.True(t, found[name], "%s is not there", name)
	}
	assert.GreaterOrEqual(t, len(found), 35)
}

// fieldOf is the name of a case without what is behind its colon.
func fieldOf(name string) string {
	for i := range name {
		if name[i] == ':' {
			return name[:i]
		}
	}
	return name
}

// foreignIn notes the exported fields of a type, and of the types of its fields, that
// hold functions or interfaces, and the connections that these return.
func foreignIn(t reflect.Type, found map[string]bool) {
	seen := make(map[reflect.Type]bool)
	var walk func(name string, t reflect.Type)
	walk = func(name string, t reflect.Type) {
		switch t {
		case reflect.TypeFor[*slog.Logger]():
			found[name] = true // its handler
			return
		case reflect.TypeFor[*messages.STANs]():
			return // made by a STANConfig
		}
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			walk(name, t.Elem())
		case reflect.Func, reflect.Interface:
			found[name] = true
			if returnsConn(t) {
				found["net.Conn"] = true
			}
		case reflect.Struct:
			// Of the standard library, the configuration of TLS alone holds code.
			if seen[t] || (t.PkgPath() != "" && t.PkgPath() != "crypto/tls" && !slices.Contains(ourPackages, t.PkgPath())) {
				return
			}
			seen[t] = true
			for i := range t.NumField() {
				if f := t.Field(i); f.IsExported() {
					walk(t.String()+"."+f.Name, f.Type)
				}
			}
		default: // it holds no code
		}
	}
	walk("", t)
}

// ourPackages are those whose structures are looked into.
var ourPackages = []string{
	reflect.TypeFor[supervisor.LinkConfig]().PkgPath(), reflect.TypeFor[supervisor.Config]().PkgPath(),
	reflect.TypeFor[messages.STANConfig]().PkgPath(), reflect.TypeFor[iso8583.MessageSpec]().PkgPath(),
}

// returnsConn reports whether a function, or a method of an interface, returns a
// connection.
func returnsConn(t reflect.Type) bool {
	conn := reflect.TypeFor[net.Conn]()
	if t.Kind() == reflect.Func {
		return t.NumOut() > 0 && t.Out(0) == conn
	}
	for i := range t.NumMethod() {
		if returnsConn(t.Method(i).Type) {
			return true
		}
	}
	return false
}
