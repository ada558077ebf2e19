package supervisor

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// loader reads one file.
type loader struct {
	name, dir string
	options   LoadOptions
	config    Config

	faults   []*FileError
	faulty   []string // the paths of faults
	unjudged []string // those of links, groups and acceptors that lack what a program adds
	reported map[FileError]bool
	places   map[string]*node // of fields, by path

	networks  map[string]messages.Network
	stans     map[string]*messages.STANs
	specNames map[*iso8583.MessageSpec]string // what tells them apart in another process

	// Of the link, session or group at hand:
	link     *LinkConfig
	group    *GroupConfig
	specPath string
	later    []func() // to be done when all of it is decoded
	refers   strings.Builder
}

// needsSpec reports whether the link at hand has a specification; without, n is at
// fault, unless that is already.
func (l *loader) needsSpec(n *node, path string) bool {
	if l.link.Spec == nil && !slices.Contains(l.faulty, l.specPath) {
		l.fault(n, path, "needs spec in the file: it may name one of LoadOptions.Specs")
	}
	return l.link.Spec != nil
}

// refer notes what a link or group refers to elsewhere in the file.
func (l *loader) refer(to string) { fmt.Fprintf(&l.refers, "%q", to) }

// The sections of a file.
var sections = []string{"links", "groups", "acceptors", "defaults", "networks", "stans"}

// connecting are the fields of links that connect: defaults of other links and of
// sessions leave them out.
var connecting = []string{"addrs", "localAddr", "tlsFiles", "connectTimeout", "tlsTimeout", "backoff"}

// notOfSessions are the fields that sessions have not, either.
var notOfSessions = append([]string{"accept", "onSecond", "scope", "onDisconnect", "signOnScope"}, connecting...)

// document decodes the file.
func (l *loader) document(root *node) {
	l.specNames = make(map[*iso8583.MessageSpec]string)
	if root.kind != mappingNode {
		l.fault(root, "", "give a mapping with %s", strings.Join(sections, ", "))
		return
	}
	for _, e := range root.entries {
		if !slices.Contains(sections, e.key) {
			l.fault(e.at, join("", e.key), "there is no such section: %s, or a name that begins with x-, for anchors",
				meant(e.key, false, slices.Clone(sections)))
		}
	}
	if n := root.get("stans"); n != nil {
		l.allSTANs(n)
	}
	l.allNetworks(root.get("networks"))
	defaults := root.get("defaults")
	if defaults != nil && defaults.kind != nullNode {
		var scratch LinkConfig
		l.structure(defaults, reflect.ValueOf(&scratch).Elem(), "defaults")
		l.later = nil // it is done for each link
	}
	l.links(root, defaults)
	l.groups(root)
	l.acceptors(root, defaults)
	l.config.eachFault(l.invalid)
}

// list are the mappings of a section.
func (l *loader) list(root *node, section string) []*node {
	n := root.get(section)
	if n == nil || n.kind == nullNode {
		return nil
	}
	if n.kind != sequenceNode {
		l.fault(n, section, "give a list")
		return nil
	}
	return n.items
}

// element decodes one link, group or acceptor, has add add to it, and notes its print.
func element[T any](l *loader, n *node, into *T, kind, path string, name *string, add func(*T) error) {
	before := len(l.faulty)
	l.places[path] = n
	l.later = nil
	l.refers.Reset()
	l.structure(n, reflect.ValueOf(into).Elem(), path)
	for _, do := range l.later {
		do()
	}
	if add != nil && len(l.faulty) == before {
		if err := add(into); err != nil {
			l.wrap(n, path, err, err.Error())
		}
	} else if add != nil {
		l.unjudged = append(l.unjudged, path)
	}
	l.config.prints[[2]string{kind, *name}] = n.print(l.refers.String())
}

func (l *loader) links(root, defaults *node) {
	items := l.list(root, "links")
	l.config.Links = make([]LinkConfig, len(items))
	for i, n := range items {
		c := &l.config.Links[i]
		l.link, l.specPath = c, fmt.Sprintf("links[%d].spec", i)
		if defaults != nil {
			left := []string{"onSecond"}
			if accept := n.get("accept"); accept != nil && accept.text != "" {
				left = connecting
			}
			n = n.over(defaults.without(left...))
		}
		element(l, n, c, linkKind, fmt.Sprintf("links[%d]", i), &c.Name, l.options.Link)
	}
}

func (l *loader) groups(root *node) {
	items := l.list(root, "groups")
	l.config.Groups = make([]GroupConfig, len(items))
	for i, n := range items {
		c := &l.config.Groups[i]
		l.group = c
		element(l, n, c, groupKind, fmt.Sprintf("groups[%d]", i), &c.Name, l.options.Group)
	}
}

func (l *loader) acceptors(root, defaults *node) {
	items := l.list(root, "acceptors")
	l.config.Acceptors = make([]AcceptorConfig, len(items))
	for i, n := range items {
		c := &l.config.Acceptors[i]
		l.link, l.specPath = &c.Session, fmt.Sprintf("acceptors[%d].session.spec", i)
		if defaults != nil && n.kind == mappingNode {
			session := n.get("session")
			if session == nil {
				session = &node{kind: mappingNode, line: n.line, column: n.column}
			}
			own := n.without("session")
			own.entries = append(own.entries, entry{"session", session, session.over(defaults.without(notOfSessions...))})
			n = own
		}
		element(l, n, c, acceptorKind, fmt.Sprintf("acceptors[%d]", i), &c.Name, l.options.Acceptor)
	}
}

// groupSpec is the specification of the first link of the group at hand.
func (l *loader) groupSpec() *iso8583.MessageSpec {
	for _, c := range l.config.Links {
		if slices.Contains(l.group.Links, c.Name) {
			return c.Spec
		}
	}
	return nil
}

var placeInKind = regexp.MustCompile(`^[A-Z][a-z]+\[\d+\]\.`)

// invalid notes what Config.Validate has found.
func (l *loader) invalid(kind string, i int, err error) {
	path := fmt.Sprintf("%s[%d]", lowerCamel(kind), i)
	if !slices.Contains(l.unjudged, path) {
		l.configFault(path, err)
	}
}

// configFault notes a fault of a configuration at the field that it names, or what is
// around it; faults that follow from others are left out.
func (l *loader) configFault(path string, err error) {
	fault, ok := err.(*messages.ConfigError)
	if !ok {
		l.wrap(l.places[path], path, err, err.Error())
		return
	}
	whole := path
	// A fault of several fields has what they are within in front of the first.
	fields := strings.Split(fieldPath(placeInKind.ReplaceAllString(fault.Field, "")), ", ")
	within := whole + "." + fields[0][:strings.LastIndexByte(fields[0], '.')+1]
	path = whole + "." + fields[0]
	for _, field := range fields[1:] {
		if p := within + lowerCamel(field); l.places[path] == nil && l.places[p] != nil {
			path = p
		}
	}
	if l.overlaps(path) {
		return
	}
	near := path
	for l.places[near] == nil {
		near = near[:max(strings.LastIndexAny(near, ".["), len(whole))]
	}
	n, shown := l.places[near], *fault
	shown.Problem = l.hide(n, fault.Problem)
	if n.hidden && n.text == fault.Link {
		shown.Link = "…"
	}
	faulty := l.faulty
	l.wrap(n, path, &shown, shown.Problem)
	l.faulty = faulty // a field may have several
}

// hide takes what came from a variable out of a text: as it stands, as it is quoted, and
// as the name of a file.
func (l *loader) hide(n *node, text string) string {
	if !n.hidden || n.text == "" {
		return text
	}
	quoted := strconv.Quote(n.text)
	return strings.NewReplacer(quoted[1:len(quoted)-1], "…", n.text, "…", l.file(n.text), "…").Replace(text)
}

var quotedKey = regexp.MustCompile(`\['(.)'\]`)

// fieldPath is a field of a configuration as it is in a file.
func fieldPath(field string) string {
	parts := strings.Split(quotedKey.ReplaceAllString(field, ".$1"), ".")
	for i, p := range parts {
		parts[i] = lowerCamel(p)
	}
	return strings.Join(parts, ".")
}
