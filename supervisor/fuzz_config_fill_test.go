package supervisor_test

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"math"
	"net"
	"reflect"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// filler changes a configuration: each field, in order, takes a byte of data that says
// how, and perhaps more; 0 leaves it as it is, and so does the end of data. Fields that
// are added to a configuration are filled, too.
type filler struct {
	data []byte
	text string // for strings
}

func (f *filler) next() byte {
	if len(f.data) == 0 {
		return 0
	}
	b := f.data[0]
	f.data = f.data[1:]
	return b
}

// fill changes v, which can be set, and what is in it.
func (f *filler) fill(v reflect.Value) {
	if choices, ok := fuzzChoices[v.Type()]; ok {
		if b := int(f.next()); b > 0 {
			v.Set(choices[b%len(choices)])
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i))
			}
		}
	case reflect.Bool:
		v.SetBool(v.Bool() != (f.next()%2 == 1))
	case reflect.Int, reflect.Int64:
		f.number(v)
	case reflect.Uint8:
		if b := f.next(); b > 0 {
			v.SetUint(uint64(b - 1))
		}
	case reflect.String:
		f.word(v)
	case reflect.Slice:
		f.slice(v)
	case reflect.Map:
		f.classes(v)
	case reflect.Func:
		f.function(v)
	case reflect.Interface, reflect.Pointer:
		if f.next()%2 == 1 {
			v.SetZero()
		}
	default:
		panic(fmt.Sprintf("no way to fill a %s", v.Type()))
	}
}

// number sets whole numbers and durations.
func (f *filler) number(v reflect.Value) {
	special := []int64{
		1: -1, 2: 1, 3: math.MinInt64, 4: math.MaxInt64, 5: int64(actors.MaxDuration), 6: int64(actors.MaxDuration) + 1,
		7: math.MaxInt32 + 1, 8: 256, 9: 0,
	}
	switch b := int(f.next()); {
	case b == 0:
	case b < len(special):
		v.SetInt(special[b])
	default:
		v.SetInt(int64(b) << (f.next() % 64))
	}
}

// word sets strings; names and addresses that are right are among them.
func (f *filler) word(v reflect.Value) {
	if b := int(f.next()); b > 0 {
		words := []string{
			f.text, "", "a", "b", "acceptor", "127.0.0.1:5001", "[::1]:5001", ":0", "127.0.0.1:0", "10.0.0.0/8", "::1",
			certs + "ca.pem", certs + "server.pem", certs + "server-key.pem", certs + "none.pem",
		}
		v.SetString(words[b%len(words)])
	}
}

func (f *filler) slice(v reflect.Value) {
	b := f.next()
	if b == 0 {
		return
	}
	made := reflect.MakeSlice(v.Type(), int(b%4), int(b%4))
	for i := range made.Len() {
		f.fill(made.Index(i))
	}
	v.Set(made)
}

// classes sets the key fields of classes.
func (f *filler) classes(v reflect.Value) {
	made := reflect.MakeMap(v.Type())
	for range f.next() % 3 {
		fields := reflect.New(v.Type().Elem()).Elem()
		f.slice(fields)
		made.SetMapIndex(reflect.ValueOf('/'+f.next()%12), fields)
	}
	if made.Len() > 0 {
		v.Set(made)
	}
}

// function sets none, or one that returns zero values.
func (f *filler) function(v reflect.Value) {
	switch b := f.next(); {
	case b == 0:
	case b%2 == 1:
		v.SetZero()
	default:
		kind := v.Type()
		v.Set(reflect.MakeFunc(kind, func([]reflect.Value) []reflect.Value {
			out := make([]reflect.Value, kind.NumOut())
			for i := range out {
				out[i] = reflect.Zero(kind.Out(i))
			}
			return out
		}))
	}
}

// fuzzChoices are the values of what is not made of numbers and strings.
var fuzzChoices = map[reflect.Type][]reflect.Value{
	reflect.TypeFor[*iso8583.MessageSpec](): valuesOf[*iso8583.MessageSpec](nil, spec, fuzzSpec, &iso8583.MessageSpec{}),
	reflect.TypeFor[framing.Framer](): valuesOf[framing.Framer](
		nil, framing.Binary2{HeaderLen: -1}, framing.Trailer{}, framing.TPDU{}, framing.ASCII{Digits: 99}, framing.Funcs{},
		framing.VisaBaseI{}, &messages.MessageFramer{}),
	reflect.TypeFor[*tls.Config](): valuesOf[*tls.Config](
		nil, &tls.Config{}, &tls.Config{MaxVersion: tls.VersionTLS11}, &tls.Config{Certificates: []tls.Certificate{{}}}), //nolint:gosec // that is refused
	reflect.TypeFor[*messages.STANs](): valuesOf[*messages.STANs](nil, fuzzSTANs),
	reflect.TypeFor[*slog.Logger]():    valuesOf[*slog.Logger](quiet),
	reflect.TypeFor[net.Listener]():    valuesOf[net.Listener](nil, listenerFunc{}),
	reflect.TypeFor[supervisor.Strategy](): valuesOf[supervisor.Strategy](
		nil, supervisor.RoundRobin(), supervisor.LeastInFlight(), supervisor.PrimaryBackup()),
	reflect.TypeFor[supervisor.NetworkManagement](): valuesOf[supervisor.NetworkManagement](
		supervisor.NetworkManagement{},
		supervisor.NetworkManagement{Build: fuzzBuild, Timeout: time.Hour},
		supervisor.NetworkManagement{Build: fuzzBuild, Timeout: -1},
		supervisor.NetworkManagement{Build: fuzzBuild, Then: []supervisor.NetworkManagement{{Build: fuzzBuild}, {}}},
		supervisor.NetworkManagement{Build: fuzzBuild, Then: []supervisor.NetworkManagement{{Build: fuzzBuild}}},
		supervisor.NetworkManagement{Build: func() (*iso8583.Message, error) { return nil, nil }}, //nolint:nilnil // that is the point
		supervisor.NetworkManagement{Then: []supervisor.NetworkManagement{{Build: fuzzBuild}}},
	),
}

func valuesOf[T any](all ...T) []reflect.Value {
	values := make([]reflect.Value, len(all))
	for i := range all {
		values[i] = reflect.ValueOf(&all[i]).Elem()
	}
	return values
}

var fuzzSTANs = func() *messages.STANs {
	s, err := messages.NewSTANs(messages.STANConfig{})
	if err != nil {
		panic(err)
	}
	return s
}()

func fuzzBuild() (*iso8583.Message, error) {
	msg := iso8583.NewMessage(spec)
	msg.MTI("0800")
	return msg, msg.Field(11, nextID()[6:])
}
