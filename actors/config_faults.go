package actors

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

var nameRule = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// NameNeeds is what ValidName asks for.
const NameNeeds = "1 to 64 letters, digits, dots, hyphens or underscores"

// ValidName reports whether links, groups, acceptors and scopes may have that name.
func ValidName(name string) bool { return nameRule.MatchString(name) }

// faults collects what is wrong with a configuration, each by its field.
type faults struct {
	link   string // or acceptor
	within string // in front of each field's name
	all    []error
}

func (f *faults) add(field, format string, args ...any) {
	f.all = append(f.all, &messages.ConfigError{Link: f.link, Field: f.within + field, Problem: fmt.Sprintf(format, args...)})
}

func (f *faults) name(name string) {
	if !ValidName(name) {
		f.add("Name", "%q: give %s", name, NameNeeds)
	}
}

func (f *faults) addrs(addrs []string) {
	if len(addrs) == 0 {
		f.add("Addrs", `empty: give at least one "host:port"`)
	}
	for i, addr := range addrs {
		field := "Addrs[" + strconv.Itoa(i) + "]"
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			f.add(field, `%q: give "host:port"`, addr)
			continue
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			f.add(field, "%q: the port must be a number from 1 to 65535", addr)
		}
		if slices.Contains(addrs[:i], addr) {
			f.add(field, "%q is there twice", addr)
		}
	}
}

func (f *faults) localAddr(c LinkConfig) {
	if c.LocalAddr == "" {
		return
	}
	if addr, err := netip.ParseAddrPort(c.LocalAddr); err != nil || !addr.IsValid() {
		f.add("LocalAddr", `%q: give an IP address and a port, "192.0.2.1:0"`, c.LocalAddr)
	}
	if c.Dial != nil {
		f.add("LocalAddr", "is of no use: Dial is set")
	}
}

// framing judges the framing; false when it cannot be used.
func (f *faults) framing(framer framing.Framer) bool {
	if framer == nil {
		f.add("Framing", "nil: give the peer's framing, for instance framing.Binary2{}")
		return false
	}
	if v, ok := framer.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			f.add("Framing", "%v", err)
			return false
		}
	}
	return true
}

// accepts judges the fields of a link that its peer connects to; c has no
// defaults yet.
func (f *faults) accepts(c LinkConfig) {
	if !ValidName(c.Accept) {
		f.add("Accept", "%q: give the name of an acceptor: %s", c.Accept, NameNeeds)
	}
	if c.OnSecond > Refuse {
		f.add("OnSecond", "%d: give Replace or Refuse", c.OnSecond)
	}
	f.notConnecting(c, "the peer connects (Accept)")
}

// notConnecting refuses the fields of a link that connects itself.
func (f *faults) notConnecting(c LinkConfig, why string) {
	for _, field := range []struct {
		name string
		set  bool
	}{
		{"Addrs", len(c.Addrs) > 0},
		{"LocalAddr", c.LocalAddr != ""},
		{"TLS", c.TLS != nil},
		{"TLSFiles", c.TLSFiles != TLSFiles{}},
		{"Dial", c.Dial != nil},
		{"ConnectTimeout", c.ConnectTimeout != 0},
		{"TLSTimeout", c.TLSTimeout != 0},
		{"Backoff", c.Backoff != Backoff{}},
	} {
		if field.set {
			f.add(field.name, "is of no use: %s", why)
		}
	}
}

func (f *faults) scope(c LinkConfig) {
	if c.Scope != "" && !ValidName(c.Scope) {
		f.add("Scope", "%q: give %s", c.Scope, NameNeeds)
	}
	if c.OnDisconnect > Wait {
		f.add("OnDisconnect", "%d: give Settle or Wait", c.OnDisconnect)
	}
}

func (f *faults) signOnScope(c LinkConfig) {
	switch {
	case c.SignOnScope > PerScope:
		f.add("SignOnScope", "%d: give PerSession or PerScope", c.SignOnScope)
	case c.SignOnScope == PerScope && (c.Scope == "" || c.SignOn.Build == nil):
		f.add("SignOnScope", "PerScope is for links with Scope and SignOn")
	}
}

// network judges an exchange of network management, and those that follow it.
func (f *faults) network(name string, n NetworkManagement) {
	f.positive(name+".Timeout", n.Timeout)
	for i, then := range n.Then {
		field := fmt.Sprintf("%s.Then[%d]", name, i)
		switch {
		case then.Build == nil:
			f.add(field+".Build", "nil: give what makes the request")
		case then.Timeout != 0 || then.Then != nil:
			f.add(field, "has a Timeout or a Then: those of %s are for all", name)
		}
	}
	if n.Build == nil && n.Then != nil {
		f.add(name+".Then", "follows nothing: give Build")
	}
}

func (f *faults) signOff(c LinkConfig) {
	switch {
	case c.DrainOrder > SignOffFirst:
		f.add("DrainOrder", "%d: give DrainFirst or SignOffFirst", c.DrainOrder)
	case c.DrainOrder == SignOffFirst && !c.SignOffOnStop:
		f.add("DrainOrder", "SignOffFirst is for links with SignOffOnStop")
	}
	if c.SignOffOnStop && c.SignOff.Build == nil {
		f.add("SignOffOnStop", "has nothing to send: give SignOff")
	}
}

// MaxDuration is a hundred years: clock time plus a duration must not overflow.
const MaxDuration = 100 * 365 * 24 * time.Hour

func (f *faults) positive(field string, d time.Duration) {
	switch {
	case d <= 0:
		f.add(field, "%v: give a positive duration, or 0 for the default", d)
	case d > MaxDuration:
		f.add(field, "%v: give at most %v", d, MaxDuration)
	}
}

// positiveOrNone is positive for a duration without a default.
func (f *faults) positiveOrNone(field string, d time.Duration) {
	switch {
	case d < 0:
		f.add(field, "%v: give a positive duration, or 0 for none", d)
	case d > MaxDuration:
		f.add(field, "%v: give at most %v", d, MaxDuration)
	}
}

func (f *faults) atLeastOne(field string, n int64) {
	if n < 1 {
		f.add(field, "%d: give a positive number, or 0 for the default", n)
	}
}

func (f *faults) atMost(field string, n, most int64) {
	if n > most {
		f.add(field, "%d: give at most %d", n, most)
	}
}

func (f *faults) backoff(b Backoff) {
	f.positive("Backoff.MinDelay", b.MinDelay)
	f.positive("Backoff.Base", b.Base)
	f.positive("Backoff.Cap", b.Cap)
	f.positive("Backoff.StableAfter", b.StableAfter)
	if b.Base > b.Cap {
		f.add("Backoff.Base", "%v is above Backoff.Cap, %v", b.Base, b.Cap)
	}
}
