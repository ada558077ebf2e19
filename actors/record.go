package actors

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/messages"
)

// Record is what of a link outlives its sessions and its actor's incarnations.
// A manager makes it, spawns the link's actor from it, and keeps it until the
// link is closed.
type Record struct {
	name    string
	config  *LinkConfig // shared by the sessions of an acceptor; only read
	keys    matching
	keyOf   messages.KeyFunc
	tls     *tlsSource // nil: plain
	once    bool       // a session of an acceptor: it ends with its socket
	fold    folding    // of a session of an acceptor: where its counts go
	number  uint64     // of a session of an acceptor, among those; 0: a link
	counts  *tallyBook // of an acceptor, for its session; nil: a link, which has tallies
	tapped  *taps      // likewise
	system  *actor.ActorSystem
	workers *Workers
	scope   *Scope

	door     *Door
	inlet    inlet
	notifier *notifier
	couriers *Couriers
	counters counters
	tallies  tallyBook
	taps     taps

	telemetry *telemetry              // nil: nobody asked
	latency   atomic.Pointer[latency] // nil: nothing was answered yet

	// session is where requests go: nil unless the link is up. The link's
	// actor writes it.
	session atomic.Pointer[session]

	// open counts the requests in the scope's table that have not settled, the
	// link's own network management apart. They belong to who owns the scope.
	open       int
	allSettled chan struct{} // closed when open is 0; nil: nobody asked

	requests sync.Pool // of *request, to be used again; not shared, so that a link's end is theirs

	// admitted and admittedBytes count the sends that have not settled.
	admitted      atomic.Int64
	admittedBytes atomic.Int64

	inNetworking atomic.Int64 // functions of network management that have not returned

	// want is the operator's: handles write it, the link's actor reads it.
	want atomic.Uint32

	// signedOff is the operator's too: the link signs on no session until it is
	// taken back.
	signedOff atomic.Bool

	// current is the session of whatever state; nil: none. The link's actor writes it.
	current atomic.Pointer[session]

	// begun is set once the current incarnation got beyond its start: the
	// supervisor delays the restart of one that did not.
	begun atomic.Bool

	// shown is what the outside sees of the link's life. The link's actor writes it.
	shown shown

	pid      atomic.Pointer[actor.PID] // of the link's actor; nil before it was spawned
	mailbox  mailboxSlot               // the actor's
	gone     chan struct{}             // closed when the actor is gone for good
	goneOnce sync.Once

	// memory is the link actor's, handed from one incarnation to the next: the
	// old one's children are gone by then.
	memory memory
}

// memory is what the incarnations of a link hand on.
type memory struct {
	failures uint8
	session  uint64 // the number of the last session
	nextAddr int    // the address to try first
	tokens   uint64 // given to timers and dials, so that none is taken for a later one
	closedBy error  // why the link is closed; nil: nobody said
	// ended is to be told: the last session's end, when all of it is gone.
	ended *messages.SessionChanged
	// arrived is a connection that the peer has opened, not yet a session's.
	arrived *socket
}

// NewRecord judges config and makes the record of a link. It returns what
// LinkConfig.Validate does.
func NewRecord(config LinkConfig, system *actor.ActorSystem, workers *Workers) (*Record, error) {
	keys, source, err := config.compile()
	if err != nil {
		return nil, err
	}
	config = config.withDefaults()
	r := newRecord(config.Name, &config, keys, system, workers)
	r.tls = source
	r.notifier = newNotifier(r.name, "link", r.config, system, workers, &r.counters)
	return r, nil
}

// newRecord makes a record without its notifier. config has its defaults.
func newRecord(name string, config *LinkConfig, keys matching, system *actor.ActorSystem, workers *Workers) *Record {
	r := &Record{
		name: name, config: config, keys: keys, system: system, workers: workers, scope: ownScope(),
		gone: make(chan struct{}),
	}
	r.keyOf = r.makeKeyOf()
	r.requests.New = func() any { return new(request) }
	r.shown.init()
	r.couriers = NewCouriers(system, workers, func() { r.counters.panics.Add(1) })
	r.inlet.init(r)
	r.mailbox.init(mailboxOptions{workers: workers, refuse: dropSocket, panicked: r.panickedIn("link")})
	r.door = newDoor(r)
	return r
}

// Open enters the link into the actor system, below that id: its door, and its
// notifier. Shut is to be called whatever it returns.
func (r *Record) Open(id string) error {
	if err := r.door.Register(id + "/door/" + r.name); err != nil {
		return err
	}
	return r.notifier.spawn(id + "/notifier/" + r.name)
}

// Shut takes the link out of the actor system; it was closed, or never began.
func (r *Record) Shut() {
	r.door.Unregister()
	r.notifier.stop()
}

// Name is the link's name.
func (r *Record) Name() string { return r.name }

// Viewer looks into messages of the link's specification.
func (r *Record) Viewer() *messages.Viewer { return r.keys.viewer() }

// Accepts is the name of the acceptor that the link's peer connects to, or empty.
func (r *Record) Accepts() string { return r.config.Accept }

// SetPID says which actor is the link's, before it is spawned: who waited for a
// state may have something to tell.
func (r *Record) SetPID(pid *actor.PID) { r.pid.Store(pid) }

// Tell sends a message to the link's actor, or drops it when there is none yet,
// or none any more.
func (r *Record) Tell(msg any) {
	if pid := r.pid.Load(); pid != nil && !r.isGone() {
		r.system.Root.Send(pid, msg)
	}
}

func (r *Record) isGone() bool {
	select {
	case <-r.gone:
		return true
	default:
		return false
	}
}

// StopActor stops the link's actor at once: what it holds is cut short.
func (r *Record) StopActor() {
	if pid := r.pid.Load(); pid != nil {
		r.system.Root.Stop(pid)
	}
}

// Gone is closed when the link is closed for good.
func (r *Record) Gone() <-chan struct{} { return r.gone }

// Door is where requests enter.
func (r *Record) Door() *Door { return r.door }

// SendTimeout is the deadline of a send whose context has no earlier one.
func (r *Record) SendTimeout() time.Duration { return r.config.SendTimeout }

// Ready reports whether the link takes requests now.
func (r *Record) Ready() bool { return r.session.Load() != nil }

// InFlight counts the sends that have not settled.
func (r *Record) InFlight() int64 { return r.admitted.Load() }

// Begun reports whether the current incarnation got beyond its start. An
// incarnation that fails before must not be restarted at once: it would fail
// again, without end.
func (r *Record) Begun() bool { return r.begun.Load() }

// MinDelay is the least time between two attempts.
func (r *Record) MinDelay() time.Duration { return r.config.Backoff.MinDelay }

// Ends reports whether the link is to end: its actor is not to be restarted.
func (r *Record) Ends() bool { return r.Want() == wantClose }

// now is the clock that deadlines are counted on: nanoseconds since the record
// was made, monotonic.
func (r *Record) now() int64 { return r.scope.now() }

// time turns clock time into wall time.
func (r *Record) time(clock int64) time.Time { return r.scope.epoch.Add(time.Duration(clock)) }

// Want is what an operator asks of a link.
type Want = want

// The wishes of an operator that last.
const (
	WantRun   = wantRun
	WantPause = wantPause
	WantClose = wantClose
)

// SetWant says what the link should be; its actor has to be told with Obey. A
// closed link stays closed.
func (r *Record) SetWant(w Want) {
	for {
		old := r.want.Load()
		if want(old) == wantClose || r.want.CompareAndSwap(old, uint32(w)) {
			return
		}
	}
}

// Want is what the operator asked for last.
func (r *Record) Want() Want { return want(r.want.Load()) }

// SetSignedOff says whether the link should be signed off; its actor has to be told
// with Sign.
func (r *Record) SetSignedOff(off bool) { r.signedOff.Store(off) }

// SignedOff is what the operator asked for last.
func (r *Record) SignedOff() bool { return r.signedOff.Load() }

// Echo exchanges one echo in the session that there is, whatever its state. It
// returns at once with ErrLinkDown where there is none, and with ErrNoRequest where
// no echo is configured.
func (r *Record) Echo() error {
	if r.config.Echo.Build == nil {
		return fmt.Errorf("%w: the link has no Echo", messages.ErrNoRequest)
	}
	s := r.current.Load()
	if s == nil {
		return r.whyDown()
	}
	var result error
	s.network("Echo", r.config.Echo, func(err error) { result = err })
	return result
}

// Inherit goes on with the numbers of the sessions of a link that is gone. It is called
// before the link is spawned.
func (r *Record) Inherit(from *Record) { r.memory.session = from.memory.session }

// MarkClosed shows the link as closed, whatever became of its actor. The
// actor's supervisor calls it when the actor is gone for good.
func (r *Record) MarkClosed() {
	r.goneOnce.Do(func() {
		r.session.Store(nil)
		r.mailbox.discard()
		r.show(messages.Closed, r.memory.closedBy)
		close(r.gone)
	})
}
