package actors

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// simulation is a switch with its links, their hosts and networks, and its operators,
// in one goroutine and in simulated time. What is drawn is drawn from one source, so
// that the same seed makes the same trace.
//
// Of the links all that decides is the real thing: machine, table, claim words, doors,
// correlators, writers, framing. Only the goroutines, timers and sockets around them
// are not.
type simulation struct {
	timeline
	rng     *rand.Rand
	system  *actor.ActorSystem
	workers *Workers
	stans   *messages.STANs
	stan    string // the last one
	rrn     uint64

	links      []*simLink
	hosts      []*simHost
	scopeCount uint64

	sent    map[uint64]*simRequest // by id
	open    []*simRequest          // that have not settled
	done    []*simRequest          // that have, the oldest first
	answers map[uint64]*simAnswer  // on their way
	batch   []simArrival

	quiet   bool // nothing new is begun
	closing bool // and links are not opened again
	lived   time.Duration
	figures simFigures
	faults  map[string]int // by what is broken
	reports []string       // of the first ones
}

const day = 24 * time.Hour

// simDaily is how many exchanges a day has. That of a large switch has a thousand
// times as many, and as many STANs more.
const simDaily = 12_000

// simSTANs are given in turn, the last of all with six digits.
const simSTANs = 1_000

func newSimulation(seed uint64) *simulation {
	s := &simulation{
		timeline: newTimeline(), rng: rand.New(rand.NewPCG(seed, seed)),
		system:  actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) })),
		workers: new(Workers),
		sent:    make(map[uint64]*simRequest), answers: make(map[uint64]*simAnswer), faults: make(map[string]int),
	}
	var err error
	if s.stans, err = messages.NewSTANs(messages.STANConfig{First: 1_000_000 - simSTANs}); err != nil {
		panic(err)
	}
	build := func() (*iso8583.Message, error) { return nil, nil } // it is not called
	echo := NetworkManagement{Build: build, Timeout: 3 * time.Second}
	sign := NetworkManagement{Build: build, Timeout: 5 * time.Second}
	base := LinkConfig{
		Addrs: []string{"sim:1"}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{}, Logger: slog.New(slog.DiscardHandler),
		SendTimeout: 5 * time.Second, LateWindow: time.Minute, WriteTimeout: 3 * time.Second, Echo: echo,
		IdleTime: 2 * time.Minute,
	}
	plain, signed, pair := base, base, base
	plain.MaxMissedEchoes = 2
	signed.SignOn, signed.SignOff, signed.SignOffOnStop = sign, sign, true
	signed.VerifyFields, signed.OnDisconnect = []int{37}, Wait
	signed.ReadIdle, signed.SendKeepAlive, signed.AnswerKeepAlives = 3*time.Minute, 90*time.Second, true
	pair.SignOn, pair.SignOff, pair.SignOffOnStop, pair.DrainOrder = sign, sign, true, SignOffFirst
	pair.VerifyFields, pair.Scope = []int{37}, "pair"
	s.addHost(true, false, &plain, "plain")
	s.addHost(false, true, &signed, "signed")
	s.addHost(true, true, &pair, "east", "west")
	return s
}

func (s *simulation) addHost(tries, verify bool, config *LinkConfig, names ...string) {
	h := &simHost{simulation: s, verify: verify, writeTimeout: config.WriteTimeout}
	s.hosts = append(s.hosts, h)
	for _, name := range names {
		l := &simLink{simulation: s, name: name, number: uint64(len(s.links)), host: h, config: *config, tls: !tries}
		l.config.Name = name
		if len(h.links) > 0 {
			l.scope = h.links[0].scope
		}
		h.links = append(h.links, l)
		s.links = append(s.links, l)
		l.open()
	}
}

// between is drawn from a to b.
func (s *simulation) between(a, b time.Duration) time.Duration {
	return a + time.Duration(s.rng.Int64N(int64(b-a)+1))
}

// moment is what a goroutine takes to come to its turn, that of a deadline too.
func (s *simulation) moment() time.Duration {
	if s.chance(0.8) {
		return 0
	}
	return s.between(0, longMoment)
}

const longMoment = 2 * time.Millisecond

func (s *simulation) exponential(mean time.Duration) time.Duration {
	return time.Duration(s.rng.ExpFloat64() * float64(mean))
}

func (s *simulation) chance(p float64) bool { return s.rng.Float64() < p }

// fault notes what must not be.
func (s *simulation) fault(what, format string, args ...any) {
	s.faults[what]++
	if len(s.reports) >= 5 {
		return
	}
	report := fmt.Sprintf("%s at %v: ", what, time.Duration(s.now())) + fmt.Sprintf(format, args...)
	for _, t := range s.last() {
		if len(s.reports) > 0 {
			break // those of the first one say most
		}
		report += fmt.Sprintf("\n\t%v %s %d", time.Duration(t.at), t.what, t.id)
	}
	s.reports = append(s.reports, report)
}

// broken reports whether there is no sense in going on.
func (s *simulation) broken() bool { return len(s.reports) >= 5 }

// runUntil lets things happen until then, or until nothing is planned.
func (s *simulation) runUntil(end time.Duration) {
	for len(s.planned) > 0 && s.planned[0].at <= int64(end) && !s.broken() {
		s.next()
		s.look()
	}
}

// look is what follows everything that happens: results are taken, what was posted
// is planned to be handled, and everything is judged.
func (s *simulation) look() {
	for _, l := range s.links {
		if x := l.session; x != nil && x.scope.scope.shared && x.session.draining.Load() {
			synctest.Wait() // a worker may tell it that a sibling has settled its last
			break
		}
	}
	s.settle()
	s.events()
	for _, l := range s.links {
		if l.session != nil && !l.session.allEnd {
			l.session.pump()
		}
		l.scope.setAlarm()
		l.judgeWay()
	}
}

// comeback bounds how long a link that nothing is in the way of is not up: the
// longest backoff, the slowest connect, a sign-on.
const comeback = 60 * time.Second

// judgeWay looks whether the link is on its way to what is wanted of it: whatever it
// waits for is planned.
func (l *simLink) judgeWay() {
	m, now := &l.world.machine, l.now()
	for kind, t := range l.timers {
		if t.armed != l.world.armed[kind] || (t.armed && t.at < now) {
			l.fault("illegal", "%s: timer %d is lost, or armed without need, in %+v", l.name, kind, l.world)
		}
	}
	within := func(at int64, most time.Duration) bool { return at >= now && at-now <= int64(most) }
	b, on := l.record.config.Backoff, true
	switch m.phase {
	case phaseWaiting:
		on = within(l.timers[timerBackoff].at, b.MinDelay+b.Cap)
	case phaseConnecting:
		on = l.attempt != 0 && within(l.due, l.record.config.ConnectTimeout)
	case phaseFailed:
		on = within(l.due, time.Second) || l.record.isGone()
	case phaseNew, phaseSigningOn, phaseUp, phaseSigningOff, phaseSignedOff, phaseDraining, phaseEnding, phasePaused, phaseClosed:
	}
	if !on {
		l.fault("hung", "%s: nothing brings it out of %s", l.name, phaseNames[m.phase])
	}
	if m.phase == phaseUp {
		l.wasUp = true
	} else if l.wasUp {
		l.wasUp = false
		l.figures.losses++
	}
	if m.phase == phaseUp || m.want != wantRun || l.record.Want() != wantRun || m.isOff() || l.host.troubled() || l.record.isGone() {
		l.excused = now
	}
	if now-l.excused > int64(comeback) {
		l.fault("hung", "%s: it does not come back from %s", l.name, phaseNames[m.phase])
		l.excused = now
	}
}

// simulate lets a simulation go on for so long, then ends it in order.
func simulate(t *testing.T, seed uint64, lasts time.Duration) (s *simulation) {
	synctest.Test(t, func(*testing.T) {
		s = newSimulation(seed)
		s.live()
		s.in(lasts, "the end", 0, func() { s.lived = time.Duration(s.now()) })
		s.runUntil(lasts)
		s.windUp()
	})
	return s
}

// windUp lets all that is amiss pass, closes the links, and looks what is left.
func (s *simulation) windUp() {
	s.quiet = true
	s.runUntil(time.Duration(s.now()) + 4*time.Hour)
	for _, l := range s.links {
		if l.world.machine.phase != phaseUp && !s.broken() {
			s.fault("hung", "%s: it is %s in the end", l.name, phaseNames[l.world.machine.phase])
		}
	}
	s.closing = true
	for _, l := range s.links {
		l.want(wantClose)
	}
	s.runUntil(time.Duration(s.now()) + 100*day) // what nobody begins any more passes, too
	if !s.broken() {
		s.judgeLeft()
	}
	s.planned = nil
	if err := s.workers.Close(context.Background()); err != nil {
		s.fault("left behind", "workers: %v", err)
	}
}

// judgeLeft: nothing is left, neither planned nor in a table.
func (s *simulation) judgeLeft() {
	if len(s.planned) > 0 {
		s.fault("left behind", "%d occurrences are planned: %s", len(s.planned), s.planned[0].what)
	}
	if len(s.open) > 0 || len(s.answers) > 0 {
		s.fault("left behind", "%d requests, %d answers", len(s.open), len(s.answers))
	}
	for _, l := range s.links {
		table := l.scope.scope.table
		if faults := table.structure(0); len(faults) > 0 || table.lates > 0 {
			s.fault("left behind", "%s: its table: %v", l.name, faults)
		}
		if n := l.record.admitted.Load() + l.record.admittedBytes.Load(); n != 0 || l.record.open != 0 || !l.record.isGone() {
			s.fault("left behind", "%s: slots that were not given back: %d", l.name, n)
		}
	}
	for _, h := range s.hosts {
		if len(h.conns) > 0 {
			s.fault("left behind", "%d connections", len(h.conns))
		}
	}
}
