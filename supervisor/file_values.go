package supervisor

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// programOnly are the fields that only a program can give, and the function of
// LoadOptions that is for it; those of Config it sets in what Load returns.
var programOnly = map[string]string{
	"Config.Logger": "-", "Config.MeterProvider": "-", "Config.TracerProvider": "-",

	"LinkConfig.TLS": "Link", "LinkConfig.Dial": "Link", "LinkConfig.Handler": "Link", "LinkConfig.Overload": "Link",
	"LinkConfig.KeyFunc": "Link", "LinkConfig.OnEvent": "Link", "LinkConfig.OnState": "Link", "LinkConfig.OnSession": "Link",
	"LinkConfig.OnLate": "Link", "LinkConfig.OnUnmatched": "Link", "LinkConfig.OnError": "Link", "LinkConfig.Logger": "Link",

	"GroupConfig.OnChange": "Group", "GroupConfig.Logger": "Group", "SuspectConfig.Judge": "Group",

	"AcceptorConfig.Listener": "Acceptor", "AcceptorConfig.TLS": "Acceptor",
}

// enums are the names of the values of types that are numbers.
var enums = map[reflect.Type]map[string]uint64{
	reflect.TypeFor[OnDisconnect](): {"settle": uint64(Settle), "wait": uint64(Wait)},
	reflect.TypeFor[OnSecond]():     {"replace": uint64(Replace), "refuse": uint64(Refuse)},
	reflect.TypeFor[SignOnScope]():  {"perSession": uint64(PerSession), "perScope": uint64(PerScope)},
	reflect.TypeFor[DrainOrder]():   {"drainFirst": uint64(DrainFirst), "signOffFirst": uint64(SignOffFirst)},
}

// valueKinds decode the types that a file writes in a way of its own.
var valueKinds map[reflect.Type]func(l *loader, n *node, v reflect.Value, path string)

func init() {
	valueKinds = map[reflect.Type]func(l *loader, n *node, v reflect.Value, path string){
		reflect.TypeFor[time.Duration]():     (*loader).duration,
		reflect.TypeFor[framing.Framer]():    (*loader).framing,
		reflect.TypeFor[Strategy]():          (*loader).strategy,
		reflect.TypeFor[messages.Rejecter](): (*loader).reject,
		reflect.TypeFor[NetworkManagement](): (*loader).network,
		reflect.TypeFor[TLSFiles]():          (*loader).tlsFiles,
		specType:                             (*loader).spec,
		reflect.TypeFor[*messages.STANs]():   (*loader).stansOf,
		reflect.TypeFor[peerName]():          (*loader).peerName,
		reflect.TypeFor[specRef]():           (*loader).specRef,
	}
}

type peerName = func(*Peer) (string, error)

// oneOf is the value that a name stands for.
func oneOf[T any](l *loader, n *node, path string, names map[string]T) (value T, ok bool) {
	text, ok := l.scalar(n, path, "a name")
	if !ok {
		return value, false
	}
	if value, ok = names[text]; !ok {
		l.fault(n, path, "there is no such name: %s", meant(text, n.hidden, slices.Collect(maps.Keys(names))))
	}
	return value, ok
}

func (l *loader) framing(n *node, v reflect.Value, path string) {
	text, ok := l.scalar(n, path, "a framing, such as binary2")
	if !ok {
		return
	}
	f, err := framing.Parse(text)
	switch {
	case err == nil:
		v.Set(reflect.ValueOf(f))
	case n.hidden:
		l.fault(n, path, "give a framing, such as binary2")
	default:
		l.wrap(n, path, err, err.Error())
	}
}

// tlsFiles decodes names of files, which are relative to the file's folder.
func (l *loader) tlsFiles(n *node, v reflect.Value, path string) {
	before := len(l.faulty)
	l.structure(n, v, path)
	files := v.Addr().Interface().(*TLSFiles)
	for _, name := range []*string{&files.CA, &files.Cert, &files.Key} {
		*name = l.file(*name)
	}
	if *files == (TLSFiles{}) && len(n.entries) > 0 && len(l.faulty) == before { // a variable without a value, in most cases
		l.fault(n, path, "is empty, which would be plain TCP: give one of its fields a value, or leave it out")
	}
}

// peerNames are the functions that name a peer.
var peerNames = map[string]peerName{
	"commonName": func(p *Peer) (string, error) { return p.CommonName(), nil },
}

func (l *loader) peerName(n *node, v reflect.Value, path string) {
	if f, ok := oneOf(l, n, path, peerNames); ok {
		v.Set(reflect.ValueOf(f))
	}
}

// strategies are those without parameters.
var strategies = map[string]func() Strategy{
	"roundRobin": RoundRobin, "leastInFlight": LeastInFlight, "primaryBackup": PrimaryBackup,
}

func (l *loader) strategy(n *node, v reflect.Value, path string) {
	if n.kind != mappingNode {
		if s, ok := oneOf(l, n, path, strategies); ok {
			v.Set(reflect.ValueOf(s()))
		}
		return
	}
	var said struct {
		HashByFields []int
		Spec         *specRef
	}
	if !l.all(n, &said, path) {
		return
	}
	l.later = append(l.later, func() {
		spec := said.Spec.or(l.groupSpec())
		if spec == nil {
			l.fault(n, path, "give spec: that of the group's links")
			return
		}
		l.refer(l.specNames[spec])
		s, err := HashByFields(spec, said.HashByFields...)
		if err != nil {
			l.wrap(n, path, err, err.Error())
			return
		}
		v.Set(reflect.ValueOf(s))
	})
}

// all decodes a mapping, and reports whether it had no fault.
func (l *loader) all(n *node, into any, path string) bool {
	before := len(l.faulty)
	l.structure(n, reflect.ValueOf(into).Elem(), path)
	return len(l.faulty) == before
}

// simpleRejects are the recognisers without parameters.
var simpleRejects = map[string]messages.Rejecter{"baseI": messages.RejectBaseI}

func (l *loader) reject(n *node, v reflect.Value, path string) {
	if n.kind != mappingNode {
		if r, ok := oneOf(l, n, path, simpleRejects); ok {
			v.Set(reflect.ValueOf(r))
		}
		return
	}
	var said struct {
		Version9       string
		Administrative *messages.Administrative
	}
	if !l.all(n, &said, path) {
		return
	}
	switch {
	case (said.Version9 == "") == (said.Administrative == nil):
		l.fault(n, path, "give version9 or administrative, or the name baseI")
	case said.Administrative == nil:
		if len(said.Version9) != 1 || said.Version9[0] < '0' || said.Version9[0] > '8' {
			l.fault(n.get("version9"), path+".version9", "give the version of the link's requests, the first digit of their MTI: 0 to 8")
			return
		}
		v.Set(reflect.ValueOf(messages.RejectVersion9(said.Version9[0])))
	default:
		l.later = append(l.later, func() {
			if !l.needsSpec(n, path) {
				return
			}
			r, err := messages.RejectAdministrative(l.link.Spec, *said.Administrative)
			if err != nil {
				l.wrap(n, path, err, err.Error())
				return
			}
			v.Set(reflect.ValueOf(r))
		})
	}
}
