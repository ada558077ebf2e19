package supervisor

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// presets are the networks of messages.
var presets = map[string]messages.Network{
	"iso87": messages.ISO87, "iso93": messages.ISO93, "iso2003": messages.ISO2003,
	"visa": messages.VisaNetwork, "mastercard": messages.MastercardNetwork,
}

// exchangeFields are those of a NetworkManagement, as a file gives them: Build and
// Check are made of the network.
type exchangeFields struct {
	Network  string
	Value    string
	Accepted []string
	Fields   map[int]string
	Timeout  time.Duration
	Then     []exchangeFields
}

// allNetworks decodes the section networks: networks by name, each like another one but
// for what it says.
func (l *loader) allNetworks(n *node) {
	l.networks = maps.Clone(presets)
	if n == nil {
		return
	}
	if n.kind != mappingNode {
		l.fault(n, "networks", "give a mapping: names, and what they are like")
		return
	}
	for _, e := range n.entries {
		path, made := join("networks", e.key), messages.Network{}
		if e.value.kind == mappingNode {
			if like := e.value.get("like"); like != nil {
				made, _ = oneOf(l, like, path+".like", l.networks)
			}
			l.structure(e.value.without("like"), reflect.ValueOf(&made).Elem(), path)
		} else {
			l.fault(e.value, path, "give a mapping: like, and what differs")
		}
		if len(made.MTI) != 4 || made.Function < 2 || made.Code < 2 || len(made.Accepted) == 0 || slices.Contains(made.Accepted, "") {
			l.fault(e.at, path, "give mti, function, code and accepted, or like: the name of a network that has them")
		}
		l.networks[e.key] = made
	}
}

// network decodes an exchange of network management. It is made when the link has its
// specification.
func (l *loader) network(n *node, v reflect.Value, path string) {
	var said exchangeFields
	if !l.all(n, &said, path) {
		v.Set(reflect.ValueOf(NetworkManagement{Build: noRequest}))
		return
	}
	l.later = append(l.later, func() {
		made := NetworkManagement{Timeout: said.Timeout}
		l.exchange(n, &made, &said, "", path)
		for i := range said.Then {
			then := NetworkManagement{Timeout: said.Then[i].Timeout}
			l.exchange(n.get("then").items[i], &then, &said.Then[i], said.Network, fmt.Sprintf("%s.then[%d]", path, i))
			if said.Then[i].Then != nil {
				then.Then = []NetworkManagement{{Build: noRequest}} // which is a fault
			}
			made.Then = append(made.Then, then)
		}
		v.Set(reflect.ValueOf(made))
	})
}

// noRequest stands for what is at fault already.
func noRequest() (*iso8583.Message, error) { return nil, messages.ErrNoRequest }

// exchange makes the functions of one exchange. network is the one of that before it.
func (l *loader) exchange(n *node, made *NetworkManagement, said *exchangeFields, network, path string) {
	made.Build = noRequest
	if said.Network != "" {
		network = said.Network
	}
	net, known := l.networks[network]
	if !known {
		at, hidden := n, false
		if given := n.get("network"); given != nil {
			at, hidden = given, given.hidden
		}
		l.fault(at, path+".network", "there is no such network: %s",
			meant(network, hidden, slices.Collect(maps.Keys(l.networks))))
		return
	}
	l.refer(fmt.Sprintf("%+v", net))
	value := said.Value
	if value == "" {
		switch path[strings.LastIndexByte(path, '.')+1:] {
		case "signOn":
			value = net.SignOn
		case "signOff":
			value = net.SignOff
		case "echo":
			value = net.Echo
		}
	}
	if value == "" {
		l.fault(n, path, "give value: that of field %d, which says what the request is for", net.Function)
		return
	}
	if said.Accepted != nil {
		net.Accepted = said.Accepted
	}
	if slices.Contains(net.Accepted, "") {
		l.fault(n, path+".accepted", "an empty value: give codes of field %d, or an empty list for any", net.Code)
		return
	}
	if len(net.Accepted) > 0 {
		made.Check = net.Check
	}
	if !l.needsSpec(n, path) {
		return
	}
	fill, ok := l.filling(said.Fields, path)
	if !ok {
		return
	}
	l.build(n, made, net, value, fill, path)
}

// filling returns what sets the fields of a request.
func (l *loader) filling(fields map[int]string, path string) (fill func(*iso8583.Message) error, ok bool) {
	ok = true
	for _, id := range slices.Sorted(maps.Keys(fields)) {
		at := fmt.Sprintf("%s.fields.%d", path, id)
		switch {
		case id == 11:
			l.fault(l.places[at], at, "the link gives field 11")
		case id < 2 || l.link.Spec.Fields[id] == nil:
			l.fault(l.places[at], at, "the specification has no such field")
		case fields[id] == timeNow && id != 7:
			l.fault(l.places[at], at, "%s is for field 7", timeNow)
		case fields[id] != timeNow && iso8583.NewMessage(l.link.Spec).Field(id, fields[id]) != nil:
			l.fault(l.places[at], at, "the specification does not take that value")
		default:
			continue
		}
		ok = false
	}
	return func(msg *iso8583.Message) error {
		for id, value := range fields {
			if value == timeNow {
				value = time.Now().UTC().Format("0102150405")
			}
			if err := msg.Field(id, value); err != nil {
				return &messages.CodecError{Kind: messages.ErrPack, Field: strconv.Itoa(id)}
			}
		}
		return nil
	}, ok
}

// timeNow stands for the date and time of transmission, MMDDhhmmss in UTC.
const timeNow = "now"

// build makes the function that makes requests, if the specification can express one.
func (l *loader) build(n *node, made *NetworkManagement, net messages.Network, value string, fill func(*iso8583.Message) error, path string) {
	spec, stans := l.link.Spec, l.link.STANs
	trial := net.Builder(spec, value, fill)
	msg, err := trial()
	if err == nil && spec.Fields[11] != nil {
		digits := min(max(spec.Fields[11].Spec().Length, 1), 12)
		if stans == nil {
			stans, err = l.someSTANs("", stanFields{Digits: digits})
		}
		if err == nil && msg.Field(11, strings.Repeat("0", digits-1)+"1") != nil {
			err = &messages.CodecError{Kind: messages.ErrPack, Field: "11"}
		}
	}
	if err == nil {
		_, err = messages.Pack(msg)
	}
	if err != nil {
		l.wrap(n, path, err, fmt.Sprintf("the specification cannot express its request: %v", err))
		return
	}
	made.Build = net.Builder(spec, value, func(msg *iso8583.Message) error {
		if err := fill(msg); err != nil || stans == nil {
			return err
		}
		_, err := stans.Fill(msg)
		return err
	})
}
