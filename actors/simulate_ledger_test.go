package actors

import (
	"errors"
	"slices"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// simOutcome is what a caller was told.
type simOutcome uint8

const (
	settledAnswered simOutcome = iota + 1
	settledPosted
	settledNotSent
	settledInDoubt
)

// simRequest is a request as its caller knows it, and the network, and the host.
type simRequest struct {
	id       uint64 // requestID of the frame
	stan     string
	frame    []byte
	link     *simLink
	record   *Record
	q        *request // until it has settled
	deadline int64
	admitted bool
	repeat   bool
	network  func(error) // of network management: what the link does with the outcome

	offered, touched, whole bool // given to the network; it has taken a byte; all
	received                bool // by the host
	outcome                 simOutcome
	settledAt               int64
	lateTold                bool
}

// simScope is a table of keys, with its alarm.
type simScope struct {
	*simulation
	scope  *Scope
	armed  bool
	at     int64
	token  uint64
	byKey  map[string][]*simRequest // STAN: those that have it reserved, the oldest first
	number uint64
}

func (s *simulation) newScope(r *Record) *simScope {
	scope := ownScope()
	if name := r.ScopeName(); name != "" {
		scope = NewScope(name, s.system, s.workers)
	}
	scope.epoch = s.start
	s.scopeCount++
	x := &simScope{simulation: s, scope: scope, byKey: make(map[string][]*simRequest), number: s.scopeCount}
	return x
}

// setAlarm is Scope.setAlarm.
func (x *simScope) setAlarm() {
	at, ok := x.scope.table.nextEvent()
	if !ok || (x.armed && x.at <= at) {
		return
	}
	x.token++
	token := x.token
	x.armed, x.at = true, at
	x.in(time.Duration(at-x.now())+x.moment(), "alarm", x.number, func() {
		if !x.armed || x.token != token {
			return
		}
		x.armed = false
		x.scope.own()
		x.scope.expire()
		x.scope.disown()
	})
}

// reserves reports whether r keeps its key from others, for sure, and at most.
func (x *simScope) reserves(r *simRequest) (surely, maybe bool) {
	left := r.settledAt + int64(r.link.record.config.LateWindow) - x.now()
	switch {
	case r.outcome == 0:
		return true, true
	case r.outcome != settledInDoubt:
		return false, false
	}
	// The table learns of a cancelled one a moment later.
	return left > 0, left > -int64(time.Second)
}

// registered compares the table's word on a key with the ledger's.
func (s *simSession) registered(q *request) {
	r := s.sent[requestID(q.frame)]
	if q.kind != kindSend || r == nil {
		return
	}
	x := s.scope
	surely, maybe := false, false
	for _, other := range x.byKey[r.stan] {
		a, b := x.reserves(other)
		surely, maybe = surely || a, maybe || b
	}
	switch word := q.word.Load(); {
	case word == wordQueued && surely && !r.repeat:
		s.fault("key used again", "%s: key %s is taken", s.name, r.stan)
	case word == wordDropped && errors.Is(q.err, messages.ErrDuplicateKey):
		s.figures.duplicateKeys++
		if !maybe {
			s.fault("key used again", "%s: key %s is free, and refused", s.name, r.stan)
		}
		return
	case word != wordQueued:
		return
	}
	if surely {
		s.figures.repeats++
	}
	x.byKey[r.stan] = append(x.byKey[r.stan], r)
}

// simArrival is an answer in a batch, and what must become of it.
type simArrival struct {
	answer       *simAnswer
	settle, late bool
}

// arriving says what must become of the answers of a batch, before the correlator
// has seen it.
func (s *simSession) arriving(b *batch) {
	s.batch = s.batch[:0]
	var seen []string
	for _, f := range b.frames {
		if len(f.body) != responseSize {
			continue // garbage
		}
		a := s.answers[serialOf(f.body)]
		if a == nil {
			s.fault("duplicated", "%s: an answer has come twice", s.name)
			continue
		}
		arrival := simArrival{answer: a}
		if all := s.scope.byKey[a.stan]; len(all) > 0 && !a.network && !slices.Contains(seen, a.stan) {
			if r := all[len(all)-1]; r.id/2 == a.rrn {
				surely, _ := s.scope.reserves(r)
				arrival.settle = r.outcome == 0 && r.touched
				arrival.late = r.outcome == settledInDoubt && surely
			}
		}
		seen = append(seen, a.stan)
		s.batch = append(s.batch, arrival)
	}
}

// matched looks at what became of them: each settled its request, or was told as
// late, or as unmatched.
func (s *simSession) matched() {
	s.settle()
	s.events()
	for _, arrival := range s.batch {
		a := arrival.answer
		became := min(a.settled, 1) + a.late + a.unmatched
		switch {
		case became > 1:
			s.fault("duplicated", "%s: answer %d is told %d times", s.name, a.serial, became)
		case became == 0 && !a.network:
			s.fault("lost", "%s: answer %d is lost", s.name, a.serial)
		case arrival.settle && a.settled == 0, arrival.late && a.late == 0:
			s.fault("lost", "%s: answer %d (%+v) has not found its request", s.name, a.serial, *a)
		}
		delete(s.answers, a.serial)
	}
	s.batch = s.batch[:0]
}

// settle takes the results of all requests that have settled.
func (s *simulation) settle() {
	for i := 0; i < len(s.open); {
		r := s.open[i]
		if len(r.q.done) == 0 {
			if s.now() > r.deadline+int64(longMoment) {
				s.fault("hung", "%s: request %d is past its deadline", r.link.name, r.id)
				r.deadline = 1 << 62 // told once
			}
			i++
			continue
		}
		s.open[i] = s.open[len(s.open)-1]
		s.open = s.open[:len(s.open)-1]
		s.settled(r)
	}
}

func (s *simulation) settled(r *simRequest) {
	q := r.q
	if len(q.done) != 1 {
		s.fault("duplicated", "%s: request %d has %d signals", r.link.name, r.id, len(q.done))
	}
	<-q.done
	reply, err := q.settled()
	s.judge(r, q.kind, reply, err)
	if r.admitted {
		r.record.door.leave(q.size())
	}
	if err == nil && q.kind == kindSend {
		q.letGo()
	}
	r.q = nil
}

// judge writes down what a caller was told, and whether that is true.
func (s *simulation) judge(r *simRequest, k kind, reply []byte, err error) {
	if r.outcome != 0 {
		s.fault("duplicated", "%s: request %d has settled twice", r.link.name, r.id)
		return
	}
	if s.now() > r.deadline+int64(longMoment) {
		s.fault("hung", "%s: request %d settles behind its deadline", r.link.name, r.id)
	}
	r.settledAt = s.now()
	var outcome *uint64
	switch {
	case err == nil && k == kindPost:
		r.outcome, outcome = settledPosted, &s.figures.posted
		if !r.whole {
			s.fault("illegal", "%s: request %d is not posted", r.link.name, r.id)
		}
	case err == nil:
		r.outcome, outcome = settledAnswered, &s.figures.answered
		s.answered(r, reply)
	case errors.Is(err, messages.ErrNotSent):
		r.outcome, outcome = settledNotSent, &s.figures.notSent
		if r.touched {
			s.fault("illegal", "%s: request %d is not sent, and the host may have read it", r.link.name, r.id)
		}
		s.forgetKey(r)
	case errors.Is(err, messages.ErrInDoubt):
		r.outcome, outcome = settledInDoubt, &s.figures.inDoubt
	default:
		s.fault("illegal", "%s: request %d has no outcome: %v", r.link.name, r.id, err)
	}
	s.note("settled", 8*r.id+uint64(r.outcome))
	if outcome != nil && r.network == nil {
		*outcome++
	}
	s.done = append(s.done, r)
	if r.network != nil {
		if err == nil && string(reply[codeAt:]) != "00" {
			err = errors.New("refused")
		}
		r.network(err)
	}
}

func (s *simulation) forgetKey(r *simRequest) {
	byKey := r.link.scope.byKey
	if left := slices.DeleteFunc(byKey[r.stan], func(other *simRequest) bool { return other == r }); len(left) > 0 {
		byKey[r.stan] = left
	} else {
		delete(byKey, r.stan)
	}
}

// answered compares the answer with its request.
func (s *simulation) answered(r *simRequest, reply []byte) {
	a := s.answers[serialOf(reply)]
	switch {
	case a == nil:
		s.fault("duplicated", "%s: request %d has an answer that nobody gave, or that was told", r.link.name, r.id)
		return
	case rrnOf(reply) != r.id/2 || a.rrn != r.id/2:
		s.fault("misdelivered", "%s: request %d has the answer to %d", r.link.name, r.id, a.rrn)
	case !r.touched && !r.repeat:
		s.fault("illegal", "%s: request %d is answered, and was not written", r.link.name, r.id)
	}
	a.settled++
	if r.network == nil {
		delete(r.link.scope.byKey, r.stan) // it answers what it repeats, too
	}
}

// events takes what the notifiers would tell.
func (s *simulation) events() {
	for _, l := range s.links {
		n := l.record.notifier
		for n.mailbox.take() {
			for _, msg := range n.mailbox.batch {
				n.waiting.Add(-1)
				switch e := msg.(type) {
				case *messages.LateReply:
					s.late(e)
				case *messages.Unmatched:
					s.figures.unmatched++
					if len(e.Frame) == responseSize {
						if a := s.answers[serialOf(e.Frame)]; a != nil {
							a.unmatched++
						}
					}
				case *messages.Panicked, *messages.EventsDropped:
					s.fault("illegal", "%s: %v", l.name, e)
				}
			}
			n.mailbox.batch = n.mailbox.batch[:0]
		}
	}
}

func (s *simulation) late(e *messages.LateReply) {
	s.figures.late++
	r, a := s.sent[requestID(e.Request)], s.answers[serialOf(e.Response)]
	switch {
	case r == nil || a == nil:
		s.fault("duplicated", "a late reply to what is forgotten, or by what was told")
		return
	case r.lateTold:
		s.fault("duplicated", "%s: request %d has two late replies", r.link.name, r.id)
	case r.id/2 != a.rrn || rrnOf(e.Response) != a.rrn:
		s.fault("misdelivered", "%s: request %d has the late reply to %d", r.link.name, r.id, a.rrn)
	case r.outcome != settledInDoubt:
		s.fault("illegal", "%s: request %d is not in doubt, and has a late reply", r.link.name, r.id)
	case e.SentSession != e.ReceivedSession && e.Link == e.ReceivedLink:
		s.figures.lateElsewhere++
	}
	if _, maybe := r.link.scope.reserves(r); !maybe && len(r.link.scope.byKey[r.stan]) < 2 { // what a repeat hides stays as long
		s.fault("illegal", "%s: a late reply to request %d behind its window", r.link.name, r.id)
	}
	r.lateTold = true
	a.late++
	delete(r.link.scope.byKey, r.stan)
}

// prune forgets what is long over.
func (s *simulation) prune() {
	keep := s.now() - int64(10*time.Minute)
	n := 0
	for ; n < len(s.done) && s.done[n].settledAt < keep; n++ {
		s.forgetKey(s.done[n])
		delete(s.sent, s.done[n].id)
	}
	s.done = append(s.done[:0], s.done[n:]...)
}
