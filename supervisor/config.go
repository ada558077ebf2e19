package supervisor

import (
	"errors"
	"fmt"
	"log/slog"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/isolink-go/isolink/messages"
)

// Config is what a Manager is made of.
type Config struct {
	// Links are started by New, in this order. Manager.AddLink adds others.
	Links []LinkConfig

	// Groups are links that serve the same purpose, each of which may be in
	// several.
	Groups []GroupConfig

	// Acceptors listen when New returns. Manager.Listen starts others.
	Acceptors []AcceptorConfig

	// Logger gets what the manager, and the actor system that it makes, have to
	// say; nil means slog.Default. With a system of the caller's own, its logger
	// is used where this is nil.
	Logger *slog.Logger

	// MeterProvider and TracerProvider are OpenTelemetry's: what the links, groups and
	// acceptors measure (names begin with isolink.), and a span for each exchange, each
	// send through a group, and each call of a handler. Below a span of the caller's that
	// this process has begun, and neither records nor samples, none is begun, whatever the
	// sampler would say. The durations of exchanges are counted, and handed on once a
	// second, right to 6 %. Nil, the default, costs nothing.
	MeterProvider  metric.MeterProvider
	TracerProvider trace.TracerProvider

	// prints tell what came from a file from what else it might say, by kind and name:
	// digests of what the file says. Nil: nothing did.
	prints map[[2]string]string
}

func (c *Config) print(kind, name string) string { return c.prints[[2]string{kind, name}] }

// Validate reports every fault of links, groups and acceptors at once, as
// *messages.ConfigError joined by errors.Join, or nil. New, Manager.Apply and Load
// call it.
func (c Config) Validate() error {
	var all []error
	c.eachFault(func(_ string, _ int, err error) { all = append(all, err) })
	return errors.Join(all...)
}

// Kinds of what a configuration has: their fields in Config.
const (
	linkKind     = "Links"
	groupKind    = "Groups"
	acceptorKind = "Acceptors"
)

// eachFault reports each fault, with the kind and number of what has it.
func (c Config) eachFault(report func(kind string, i int, err error)) {
	names := make(map[string]string)       // the kind of each
	scopes := make(map[string]*LinkConfig) // the first link of each
	for i, l := range c.Links {
		if names[l.Name] != "" {
			report(linkKind, i, &messages.ConfigError{
				Link: fmt.Sprintf("Links[%d]", i), Field: "Name", Problem: fmt.Sprintf("%q is there twice", l.Name),
			})
			continue
		}
		names[l.Name] = linkKind
		if err := l.Validate(); err != nil {
			eachOf(err, func(err error) { report(linkKind, i, inPlace(err, i)) })
			continue
		}
		if l.Scope == "" {
			continue
		}
		first := scopes[l.Scope]
		if first == nil {
			scopes[l.Scope] = &c.Links[i]
			continue
		}
		if err := l.Agrees(*first); err != nil {
			report(linkKind, i, err)
		}
	}
	groupFaults(c, func(i int, err error) { report(groupKind, i, err) })
	for _, g := range c.Groups {
		names[g.Name] = groupKind
	}
	for i, a := range c.Acceptors {
		if names[a.Name] != "" {
			report(acceptorKind, i, nameTaken(a.Name))
			continue
		}
		names[a.Name] = acceptorKind
		eachOf(a.Validate(), func(err error) { report(acceptorKind, i, err) })
	}
}

// inPlace names a link without a name by its place in Config.Links.
func inPlace(err error, i int) error {
	if fault, ok := err.(*messages.ConfigError); ok && fault.Link == "" {
		fault.Link = fmt.Sprintf("Links[%d]", i)
	}
	return err
}

// eachOf takes joined errors apart.
func eachOf(err error, do func(error)) {
	switch joined := err.(type) {
	case nil:
	case interface{ Unwrap() []error }:
		for _, e := range joined.Unwrap() {
			eachOf(e, do)
		}
	default:
		do(err)
	}
}
