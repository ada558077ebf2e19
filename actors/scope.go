package actors

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/messages"
)

// Scope has a table of keys: that of one link, or that of several whose peer
// answers on any of them (LinkConfig.Scope).
//
// A link's own scope belongs to the correlator of its session, and to nobody
// between two sessions. A shared one is owned for one message at a time, by the
// correlators of its links' sessions and by its keeper. It is a table under a lock,
// not one correlator for all: so a session that fails takes no other with it, no
// message makes another hop, and frames are still read in parallel.
type Scope struct {
	name    string
	shared  bool
	epoch   time.Time // clock time 0 of its links
	system  *actor.ActorSystem
	workers *Workers

	mu    sync.Mutex // own, disown; of a shared scope only
	table *table
	alarm alarm // of the correlator; of the keeper where the scope is shared
	gone  bool  // no alarm is set any more

	inDoubt atomic.Int64 // table.lates, to be read by anyone

	links []*Record // that share it
	signs signs
	pid   *actor.PID
}

// OnDisconnect is what becomes of requests that were written when their session
// ends. The zero value lets the configuration decide (LinkConfig.OnDisconnect).
type OnDisconnect uint8

// The values of OnDisconnect.
const (
	Settle OnDisconnect = iota + 1
	Wait
)

// ownScope is that of one link.
func ownScope() *Scope { return &Scope{epoch: time.Now(), table: newTable()} }

// NewScope makes a scope that links share, or in which requests of one link wait
// from one session to the next.
func NewScope(name string, system *actor.ActorSystem, workers *Workers) *Scope {
	return &Scope{
		name: name, shared: true, epoch: time.Now(), table: newTable(), system: system, workers: workers,
		signs: signs{on: make(map[*Record]bool)},
	}
}

// ScopeName is the name of the scope that the link has to share; empty: one of its
// own will do.
func (r *Record) ScopeName() string {
	switch {
	case r.config.Scope != "":
		return r.config.Scope
	case r.config.OnDisconnect == Wait:
		return ":" + r.name // no name that a configuration can give
	}
	return ""
}

// Share gives the link a scope, before it is opened. The error is a
// *messages.ConfigError: it does not agree with the scope's first link.
func (r *Record) Share(s *Scope) error {
	s.own()
	defer s.disown()
	if len(s.links) > 0 {
		if err := agree(s.links[0].config, r.config); err != nil {
			return err
		}
	}
	s.links = append(s.links, r)
	r.scope = s
	return nil
}

// Unshare takes a link that is gone out of its scope, and reports whether it was
// the last one.
func (r *Record) Unshare() (last bool) {
	s := r.scope
	s.own()
	defer s.disown()
	s.links = slices.DeleteFunc(s.links, func(other *Record) bool { return other == r })
	return len(s.links) == 0
}

// Agrees judges whether a link may share a Scope with another. The error is a
// *messages.ConfigError that names the field in which it does not.
func (c LinkConfig) Agrees(with LinkConfig) error {
	c, with = c.withDefaults(), with.withDefaults()
	return agree(&with, &c)
}

func agree(first, c *LinkConfig) error {
	field := disagree(first, c)
	if field == "" {
		return nil
	}
	return &messages.ConfigError{Link: c.Name, Field: field, Problem: fmt.Sprintf(
		"is not as in link %s, which has the same Scope, %q: they must agree", first.Name, c.Scope)}
}

// disagree names the first field in which links of one scope must agree and do not;
// empty: they do.
func disagree(a, b *LinkConfig) string {
	switch {
	case a.Spec != b.Spec:
		return "Spec"
	case (a.KeyFunc == nil) != (b.KeyFunc == nil):
		return "KeyFunc"
	case !slices.Equal(a.KeyFields, b.KeyFields):
		return "KeyFields"
	case !maps.EqualFunc(a.ClassKeyFields, b.ClassKeyFields, slices.Equal[[]int]):
		return "ClassKeyFields"
	case a.NormalizeKeys != b.NormalizeKeys:
		return "NormalizeKeys"
	case !slices.Equal(a.VerifyFields, b.VerifyFields):
		return "VerifyFields"
	case a.SendTimeout != b.SendTimeout:
		return "SendTimeout"
	case a.LateWindow != b.LateWindow:
		return "LateWindow"
	case a.SignOnScope != b.SignOnScope:
		return "SignOnScope"
	}
	return ""
}

// Open starts the scope's keeper, below that id, before any link is opened.
func (s *Scope) Open(id string) error {
	mailbox := newMailbox(mailboxOptions{workers: s.workers})
	props := actor.PropsFromProducer(func() actor.Actor { return &keeper{s} }, mailbox.producer())
	pid, err := s.system.Root.SpawnNamed(props, id+"/scope/"+s.name)
	if err != nil {
		return fmt.Errorf("actors: scope %s: %w", s.name, err)
	}
	s.own()
	defer s.disown()
	s.pid = pid
	s.alarm.init(s.system, pid)
	return nil
}

// Close ends the keeper. The links of the scope are gone.
func (s *Scope) Close() {
	s.own()
	defer s.disown()
	s.gone = true
	s.alarm.cancel()
	if s.pid != nil {
		s.system.Root.Stop(s.pid)
	}
}

// keeper is the actor of a shared scope: deadlines pass and late windows end also
// while none of its links has a session.
type keeper struct{ scope *Scope }

// Receive is the only way in.
func (k *keeper) Receive(ctx actor.Context) {
	if m, ok := ctx.Message().(deadlineDue); ok {
		k.scope.own()
		defer k.scope.disown()
		k.scope.rings(m)
		k.scope.setAlarm()
	}
}

// own begins the use of the table.
func (s *Scope) own() {
	if s.shared {
		s.mu.Lock()
	}
}

// disown ends it.
func (s *Scope) disown() {
	if n := int64(s.table.lates); n != s.inDoubt.Load() {
		s.inDoubt.Store(n)
	}
	if s.shared {
		s.mu.Unlock()
	}
}

// attend makes the alarm of a link's own scope that of its correlator.
func (s *Scope) attend(ctx actor.Context) {
	if !s.shared {
		s.alarm.init(ctx.ActorSystem(), ctx.Self())
		s.setAlarm()
	}
}

// leave ends that; the alarm of a shared scope stays.
func (s *Scope) leave() {
	if !s.shared {
		s.alarm.cancel()
	}
}

func (s *Scope) setAlarm() {
	if at, ok := s.table.nextEvent(); ok && !s.gone {
		s.alarm.set(at, s.now)
	}
}

func (s *Scope) now() int64 { return int64(time.Since(s.epoch)) }

// rings deals with what is due, unless the alarm was set anew meanwhile.
func (s *Scope) rings(m deadlineDue) {
	if s.alarm.rings(m.number) {
		s.expire()
	}
}

// expire settles what is past its deadline, and frees keys.
func (s *Scope) expire() {
	now := s.now()
	for q := s.table.expired(now); q != nil; q = s.table.expired(now) {
		q.failAny(messages.ErrTimeout)
		s.settledElsewhere(q)
	}
	s.table.leaveLate(now)
}

// settledElsewhere puts a request that its caller, the writer or the end of its
// session has settled where it belongs.
func (s *Scope) settledElsewhere(q *request) {
	if !q.isOpen() {
		return
	}
	if q.word.Load() == wordDropped {
		s.table.notSent(q)
		return
	}
	q.settledAt = s.now()
	s.table.inDoubt(q, q.settledAt+int64(q.record.config.LateWindow))
}

// frees gives a key up whose request was not sent, though the table was not told
// yet.
func (s *Scope) frees(key messages.Key) bool {
	q := s.table.find(key)
	if q == nil || q.word.Load() != wordDropped {
		return false
	}
	s.settledElsewhere(q)
	return true
}

// forget is settledElsewhere for a request whose session is over: only in a shared
// scope can it still be in the table.
func (s *Scope) forget(q *request) {
	if s.shared {
		s.own()
		defer s.disown()
		s.settledElsewhere(q)
	}
}

// countOpen counts the requests of the link that have not settled.
func (r *Record) countOpen(n int) {
	r.open += n
	if r.open > 0 || !r.scope.shared {
		return
	}
	if r.allSettled != nil {
		close(r.allSettled)
		r.allSettled = nil
	}
	if s := r.current.Load(); s != nil && s.draining.Load() {
		// Another link's session has settled the last one.
		r.workers.Go(func() { s.correlator.PostUserMessage(inboundDone{}) })
	}
}

// AllSettled returns a channel that is closed when no request of the link waits
// for its response any more. A closed link may still have some in a shared scope.
func (r *Record) AllSettled() <-chan struct{} {
	r.scope.own()
	defer r.scope.disown()
	done := make(chan struct{})
	switch {
	case !r.scope.shared, r.open == 0:
		close(done)
	case r.allSettled == nil:
		r.allSettled = done
	default:
		done = r.allSettled
	}
	return done
}

// Abandon settles what a closed link still waits for.
func (r *Record) Abandon() {
	if !r.scope.shared {
		return
	}
	r.scope.own()
	defer r.scope.disown()
	for _, q := range r.scope.table.openOf(r) {
		q.failAny(messages.ErrClosed)
		r.scope.settledElsewhere(q)
	}
}
