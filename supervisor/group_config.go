package supervisor

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/messages"
)

// Defaults of SuspectConfig, where a field is zero.
const (
	DefaultSuspectAfter = 5
	DefaultSuspectFor   = 5 * time.Second
)

// GroupConfig is what a group is made of. Its functions run in the goroutine of
// whoever sends, or see Group.PID, unless their comment says otherwise: they must be
// quick and safe to be called from several goroutines at once.
type GroupConfig struct {
	// Name tells the group from the manager's other groups, and from its links:
	// errors name either. 1 to 64 letters, digits, dots, hyphens and
	// underscores. Required.
	Name string

	// Links are names of the manager's links, in the order that PrimaryBackup
	// prefers. None is possible: Group.Add adds others at run time.
	Links []string

	// Strategy chooses among the links that are up. Nil means RoundRobin.
	Strategy Strategy

	// MinUp is how many links have to be up; with fewer the group is degraded.
	// It sends all the same. 0 means 1. With Links, it is at most their number.
	MinUp int

	// SendTimeout is the deadline of a send whose context has no earlier one,
	// over all links that it is given to; each link's own SendTimeout bounds its
	// part. 0 means the longest SendTimeout of the group's links.
	SendTimeout time.Duration

	// STANs gives field 11 to messages that have none, as LinkConfig.STANs does: Send
	// and Post of a group take from here, whatever its links have. Nil: none is
	// given.
	STANs *messages.STANs

	// Suspect says when a link that is up is not trusted any more.
	Suspect SuspectConfig

	// OnChange is told of the group when other links are up or suspect than
	// before, or links came or went. Calls come one at a time from a goroutine
	// of their own, which ends with the manager; a slow one is given the latest
	// status next, and what was between is left out. A panic is recovered,
	// counted and logged. Once Manager.Close has begun, what the closing of
	// links changes is not told. Nil: none.
	OnChange func(GroupStatus)

	// Logger gets what OnChange does: a line at each change, a warning while the
	// group is degraded or a link suspect. Of more than ten changes a minute it gets
	// ten lines, and then one with the latest and how many were left out. Nil: the
	// manager's, or the actor system's.
	Logger *slog.Logger
}

// SuspectConfig says when a link that is up is suspect: when After requests in a
// row were in doubt, or answered as Judge does not like. Those that were in
// doubt because their session ended count as one a session, and those whose
// context was cancelled do not count. A good answer starts the count anew; posts
// do not count.
//
// A suspect link is left out. After For, the strategy may choose it for a
// request again, one at a time, as a trial: a good answer ends the suspicion,
// anything else but a request that was not sent prolongs it by For. While all
// links that are up are suspect, they are used all the same: a doubtful link is
// better than none.
type SuspectConfig struct {
	// After is how many in a row it takes; 0 means 5, negative switches
	// suspicion off.
	After int
	// For is the time before a trial; 0 means 5 s.
	For time.Duration
	// Judge reports whether a packed response speaks for its link: one that
	// answers "issuer inoperative" (91) within a millisecond would get the most
	// requests from LeastInFlight. It must not change or keep the response, which
	// is the caller's whatever the verdict. A panic is recovered and counted, and
	// is no verdict against the link. Nil: all responses do.
	Judge func(response []byte) bool
}

// withDefaults returns a copy in which no zero is left to interpret, but that of
// SendTimeout.
func (c GroupConfig) withDefaults() GroupConfig {
	if c.Strategy == nil {
		c.Strategy = RoundRobin()
	}
	if c.MinUp == 0 {
		c.MinUp = 1
	}
	if c.Suspect.After == 0 {
		c.Suspect.After = DefaultSuspectAfter
	}
	if c.Suspect.For == 0 {
		c.Suspect.For = DefaultSuspectFor
	}
	c.Links = slices.Clone(c.Links)
	return c
}

// groupFaults judges all groups of a configuration. A link that is at fault
// itself is known all the same: its fault is reported once.
func groupFaults(config Config, report func(i int, err error)) {
	links := make(map[string]bool, len(config.Links))
	for _, l := range config.Links {
		links[l.Name] = true
	}
	names := make(map[string]bool, len(config.Groups))
	for i, c := range config.Groups {
		f := groupFault{place: fmt.Sprintf("Groups[%d]", i), name: c.Name}
		switch {
		case !actors.ValidName(c.Name):
			f.add("Name", "%q: give %s", c.Name, actors.NameNeeds)
		case names[c.Name]:
			f.add("Name", "%q is there twice", c.Name)
		case links[c.Name]:
			f.add("Name", "%q is the name of a link: errors would not tell them apart", c.Name)
		}
		names[c.Name] = true
		f.members(c, links)
		f.time("SendTimeout", c.SendTimeout)
		f.time("Suspect.For", c.Suspect.For)
		for _, err := range f.all {
			report(i, err)
		}
	}
}

// groupFault collects what is wrong with one group, each by its field.
type groupFault struct {
	place, name string
	all         []error
}

func (f *groupFault) add(field, format string, args ...any) {
	who := f.name
	if who == "" {
		who = f.place
	}
	f.all = append(f.all, &messages.ConfigError{
		Link: who, Field: f.place + "." + field, Problem: fmt.Sprintf(format, args...),
	})
}

func (f *groupFault) members(c GroupConfig, links map[string]bool) {
	for i, name := range c.Links {
		field := fmt.Sprintf("Links[%d]", i)
		switch {
		case !links[name]:
			f.add(field, "%q: no link of that name is configured", name)
		case slices.Contains(c.Links[:i], name):
			f.add(field, "%q is there twice", name)
		}
	}
	switch {
	case c.MinUp < 0:
		f.add("MinUp", "%d: give a positive number, or 0 for 1", c.MinUp)
	case len(c.Links) > 0 && c.MinUp > len(c.Links):
		f.add("MinUp", "%d: give at most %d, the number of Links", c.MinUp, len(c.Links))
	}
}

func (f *groupFault) time(field string, d time.Duration) {
	if d < 0 || d > actors.MaxDuration {
		f.add(field, "%v: give a positive duration of at most %v, or 0 for the default", d, actors.MaxDuration)
	}
}
