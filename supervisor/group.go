package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/messages"
)

// Group is the handle of links that serve the same purpose. Each send goes to the
// one that the group's Strategy chooses among those that are up and not suspect.
// What that did not send (messages.ErrNotSent) because it was down, full or slow
// is given to the next one, within the deadline of the call. What is in doubt, or
// rejected, never is; nor is what no other link would send either: a message that
// cannot be packed, has no key, is too large or whose key is in use.
//
// A group is no hop: a send runs in its caller's goroutine up to the link. The
// methods may be called from any goroutine. On the handle of an unknown group
// they fail with messages.ErrNoLink.
type Group struct {
	name    string
	manager *Manager    // nil: unknown
	given   GroupConfig // as it was given; guarded by Manager.mu, as print is
	print   string      // see Config.prints
	epoch   time.Time   // clock time 0

	set      atomic.Pointer[groupSet] // changed under Manager.mu
	passedOn atomic.Uint64
	panics   atomic.Uint64

	stirred chan struct{} // capacity 1: the watcher is to look again
	ended   chan struct{} // closed when the manager closes, or lets the group go

	recycling chan struct{} // holds a value while Recycle runs

	door     *actors.Process // takes actors' commands
	couriers *actors.Couriers

	mu      sync.Mutex
	changed chan struct{} // closed when the watcher has seen a change
	news    groupNews     // to be told
	telling bool          // somebody does
	logged  groupLog
}

// groupSet is what a group is at one moment; constant.
type groupSet struct {
	config  GroupConfig // with its defaults
	logger  *slog.Logger
	members []*groupMember
	timeout time.Duration // of a send
}

// groupMember is a link, as a group sees it. One that leaves and comes back is a
// new one.
type groupMember struct {
	*managed
	name      string
	seed      uint64 // for HashBy
	suspicion suspicion
}

// load is what choosing needs to know.
func (m *groupMember) load() (up bool, inFlight int64) {
	return m.record.Ready(), m.record.InFlight()
}

func newGroup(m *Manager, config GroupConfig, print string) *Group {
	g := &Group{
		name: config.Name, manager: m, epoch: time.Now(),
		stirred: make(chan struct{}, 1), ended: make(chan struct{}), changed: make(chan struct{}),
		recycling: make(chan struct{}, 1),
	}
	g.door = actors.NewProcess(m.system, g.commanded)
	g.couriers = actors.NewCouriers(m.system, m.workers, func() { g.panics.Add(1) })
	g.configure(config, print)
	return g
}

// configure makes config that of the next sends; the links come by arrange. It is
// called as that is.
func (g *Group) configure(config GroupConfig, print string) {
	g.given, g.print = config, print
	s := groupSet{config: config.withDefaults(), logger: config.Logger}
	if s.logger == nil {
		s.logger = g.manager.logger
	}
	if s.logger == nil {
		s.logger = g.manager.system.Logger()
	}
	s.logger = s.logger.With(slog.String("group", g.name))
	if old := g.set.Load(); old != nil {
		s.members = old.members
	}
	g.publish(s)
}

// arrange gives the group those links of its configuration that the manager has, in
// that order, and reports whether it had others. It is called with Manager.mu held, or
// before anybody else has the group.
func (g *Group) arrange() (changed bool) {
	set := g.set.Load()
	var members []*groupMember
	for _, name := range set.config.Links {
		l := g.manager.byName[name]
		if l == nil || l.leaving {
			continue
		}
		i := slices.IndexFunc(set.members, func(m *groupMember) bool { return m.managed == l })
		if i >= 0 {
			members = append(members, set.members[i])
		} else {
			members = append(members, newMember(l))
		}
	}
	if slices.Equal(members, set.members) {
		return false
	}
	g.setMembers(members)
	return true
}

// replace puts a link in the place of another, if that is in the group still, with a
// clean record. It is called with Manager.mu held.
func (g *Group) replace(old, next *managed) {
	members := slices.Clone(g.set.Load().members)
	i := slices.IndexFunc(members, func(m *groupMember) bool { return m.managed == old })
	if i >= 0 {
		members[i] = newMember(next)
		g.setMembers(members)
	}
}

func newMember(l *managed) *groupMember {
	return &groupMember{managed: l, name: l.record.Name(), seed: seedOf(l.record.Name())}
}

// setMembers makes the links of the next sends.
func (g *Group) setMembers(members []*groupMember) {
	s := *g.set.Load()
	s.members = members
	g.publish(s)
}

func (g *Group) publish(s groupSet) {
	s.timeout = s.config.SendTimeout
	if s.timeout == 0 {
		for _, m := range s.members {
			s.timeout = max(s.timeout, m.record.SendTimeout())
		}
	}
	if s.timeout == 0 {
		s.timeout = actors.DefaultSendTimeout // nothing will be sent
	}
	g.set.Store(&s)
	g.stir()
}

// now is the clock of suspicion.
func (g *Group) now() int64 { return int64(time.Since(g.epoch)) }

// Name is the group's name.
func (g *Group) Name() string { return g.name }

// Send packs a request, sends it, and unpacks its response by the specification
// of the link that it came from. The message is the caller's again when Send has
// returned. The deadline is the context's or the group's SendTimeout, whichever
// is earlier; a link's own SendTimeout ends its part.
//
// Every error is a *messages.SendError, as Link.Send's: that of the link that had
// the message last, or one that names the group where no link was given it. An
// error that is messages.ErrNotSent says that no link has sent it.
func (g *Group) Send(ctx context.Context, msg *iso8583.Message) (*iso8583.Message, error) {
	start := time.Now()
	if g.manager == nil {
		return nil, g.refused(start, messages.ErrNoLink)
	}
	for tries := 1; ; tries++ {
		frame, ownSTAN, err := g.pack(msg)
		if err != nil {
			return nil, g.refused(start, err)
		}
		p := groupPass{group: g, frame: frame, unpack: true}
		if err = p.run(ctx); err == nil {
			return p.answer, nil
		}
		if !ownSTAN || !errors.Is(err, messages.ErrDuplicateKey) || tries == messages.STANTries {
			return nil, err
		}
		messages.DropSTAN(msg)
	}
}

// pack packs a message, which gets a STAN where it has none and the group has an
// allocator.
func (g *Group) pack(msg *iso8583.Message) (frame []byte, ownSTAN bool, err error) {
	if stans := g.set.Load().config.STANs; stans != nil && msg != nil {
		if ownSTAN, err = g.fillSTAN(stans, msg); err != nil {
			return nil, false, err
		}
	}
	frame, err = messages.Pack(msg)
	return frame, ownSTAN, err
}

// fillSTAN gives a message a STAN. A store that panics is told of, and refuses.
func (g *Group) fillSTAN(stans *messages.STANs, msg *iso8583.Message) (own bool, err error) {
	defer g.recovered("STANs")
	err = errors.New("STANs panicked") // unless it returns
	return stans.Fill(msg)
}

// Exchange sends a packed request and returns its packed response, which is the
// caller's. The links own frame from here on. Deadline and errors are as Send's,
// without ErrPack and ErrUnpack.
func (g *Group) Exchange(ctx context.Context, frame []byte) ([]byte, error) {
	_, reply, err := g.ExchangeWith(ctx, nil, frame)
	return reply, err
}

// ExchangeWith is Exchange with the header that stands in front of the request,
// and of the response, as Link.ExchangeWith has it.
func (g *Group) ExchangeWith(ctx context.Context, header, frame []byte) (replyHeader, reply []byte, err error) {
	if g.manager == nil {
		return nil, nil, g.refused(time.Now(), messages.ErrNoLink)
	}
	p := groupPass{group: g, header: header, frame: frame}
	if err := p.run(ctx); err != nil {
		return nil, nil, err
	}
	return p.replyHeader, p.reply, nil
}

// Post packs and sends a message that gets no response. It returns nil when a
// link has handed the bytes to the network. Deadline and errors are as Send's.
func (g *Group) Post(ctx context.Context, msg *iso8583.Message) error {
	start := time.Now()
	if g.manager == nil {
		return g.refused(start, messages.ErrNoLink)
	}
	frame, _, err := g.pack(msg)
	if err != nil {
		return g.refused(start, err)
	}
	return g.PostWith(ctx, nil, frame)
}

// PostFrame is Post for a packed message. The links own frame from here on.
func (g *Group) PostFrame(ctx context.Context, frame []byte) error {
	return g.PostWith(ctx, nil, frame)
}

// PostWith is PostFrame with a header, as ExchangeWith has it.
func (g *Group) PostWith(ctx context.Context, header, frame []byte) error {
	if g.manager == nil {
		return g.refused(time.Now(), messages.ErrNoLink)
	}
	p := groupPass{group: g, header: header, frame: frame, post: true}
	return p.run(ctx)
}

// failed is the error of what is no send.
func (g *Group) failed(cause error) error { return fmt.Errorf("group %s: %w", g.name, cause) }

// Add takes a link of the manager into the group, behind the others, with a clean
// record. It does nothing where the link is in it already. It fails with
// messages.ErrNoLink when the manager has no link of that name, and with
// messages.ErrClosed when the manager is closing or the group was removed.
func (g *Group) Add(link string) error {
	if g.manager == nil {
		return g.failed(messages.ErrNoLink)
	}
	g.manager.mu.Lock()
	defer g.manager.mu.Unlock()
	found := g.manager.byName[link]
	switch {
	case g.manager.closing || g.over():
		return g.failed(messages.ErrClosed)
	case found == nil || found.leaving:
		return g.failed(fmt.Errorf("%w: %q", messages.ErrNoLink, link))
	}
	members := g.set.Load().members
	if !slices.ContainsFunc(members, func(m *groupMember) bool { return m.name == link }) {
		g.setMembers(append(slices.Clone(members), newMember(found)))
	}
	return nil
}

// Remove takes a link out of the group: the next sends go elsewhere, those that
// the link has go on. The manager keeps the link. It fails with
// messages.ErrNoLink when the link is not in the group.
func (g *Group) Remove(link string) error {
	if g.manager == nil {
		return g.failed(messages.ErrNoLink)
	}
	g.manager.mu.Lock()
	defer g.manager.mu.Unlock()
	if !g.drop(link) {
		return g.failed(fmt.Errorf("%w in it: %q", messages.ErrNoLink, link))
	}
	return nil
}

// drop takes a link out of the group, and reports whether it was there. It is
// called with Manager.mu held.
func (g *Group) drop(link string) bool {
	members := g.set.Load().members
	rest := slices.DeleteFunc(slices.Clone(members), func(m *groupMember) bool { return m.name == link })
	if len(rest) == len(members) {
		return false
	}
	g.setMembers(rest)
	return true
}
