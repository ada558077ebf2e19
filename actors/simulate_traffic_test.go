package actors

import (
	"context"
	"time"
)

// rush says how busy the hours of a day are, of 100: hardly anything at four, most at
// six in the evening.
var rush = [24]int{12, 8, 6, 5, 5, 8, 20, 40, 60, 70, 75, 85, 95, 85, 75, 75, 80, 95, 100, 90, 70, 50, 35, 20}

// live plans what goes on by itself: traffic, faults, operators.
func (s *simulation) live() {
	s.in(0, "traffic", 0, s.traffic)
	s.in(s.exponential(12*time.Hour), "storm", 0, s.storm)
	s.in(time.Hour, "prune", 0, s.pruning)
	for _, h := range s.hosts {
		s.in(s.exponential(90*time.Minute), "disturb", h.links[0].number, h.disturb)
		s.in(s.exponential(3*24*time.Hour), "host fails", h.links[0].number, h.fail)
	}
	for _, l := range s.links {
		s.in(11*time.Hour+30*time.Minute, "sign-off "+l.name, l.number, l.daily)
		s.in(s.exponential(36*time.Hour), "operator "+l.name, l.number, l.operator)
		if l.tls {
			s.in(13*time.Hour, "certificates "+l.name, l.number, l.certificates)
		}
	}
}

func (s *simulation) pruning() {
	s.prune()
	if !s.quiet {
		s.in(10*time.Minute, "prune", 0, s.pruning)
	}
}

// traffic sends one message, and plans the next.
func (s *simulation) traffic() {
	if s.quiet {
		return
	}
	total := 0
	for _, n := range rush {
		total += n
	}
	hour := (14 + time.Duration(s.now())/time.Hour) % 24 // it begins in the afternoon
	mean := 24 * time.Hour / simDaily * time.Duration(total) / 24 / time.Duration(rush[hour])
	s.in(s.exponential(mean), "traffic", 0, s.traffic)
	s.one(s.links[s.rng.IntN(len(s.links))])
}

// storm is many messages at once.
func (s *simulation) storm() {
	if s.quiet {
		return
	}
	s.figures.storms++
	s.in(s.exponential(12*time.Hour), "storm", 0, s.storm)
	l := s.links[s.rng.IntN(len(s.links))]
	for range 50 + s.rng.IntN(300) {
		s.in(s.between(0, time.Second), "of a storm", l.number, func() { s.one(l) })
	}
}

// one sends one message, of one of the kinds that there are.
func (s *simulation) one(l *simLink) {
	s.rrn++
	switch {
	case s.chance(0.03):
		s.send(l, kindPost, simFrame("0220", s.nextSTAN(), s.rrn))
	case s.chance(0.01) && len(s.open) > 0:
		// A program that numbers by itself takes a key again.
		if other := s.open[s.rng.IntN(len(s.open))]; other.link == l && other.network == nil && !other.repeat {
			s.send(l, kindSend, simFrame("0200", other.stan, s.rrn))
		}
	default:
		s.send(l, kindSend, simFrame("0200", s.nextSTAN(), s.rrn))
	}
}

func (s *simulation) nextSTAN() string {
	stan, err := s.stans.Next()
	if err != nil {
		panic(err)
	}
	if stan < s.stan {
		s.figures.wraps++
	}
	s.stan = stan
	return stan
}

// send is Door.do up to where the caller waits.
func (s *simulation) send(l *simLink, k kind, frame []byte) {
	d := l.record.door
	q := d.request(k, nil, frame)
	q.done = make(chan struct{}, 2)
	q.deadline, q.common = q.start+int64(d.record.config.SendTimeout), true
	if s.chance(0.05) {
		q.deadline, q.common = q.start+int64(s.between(time.Millisecond, 5*time.Second)), false
	}
	r := &simRequest{
		id: requestID(frame), stan: stanOf(frame), frame: frame, link: l, record: l.record, q: q, deadline: q.deadline,
		repeat: frame[3] == '1',
	}
	s.figures.sends++
	s.sent[r.id] = r
	session, err := d.enter(q)
	if err != nil {
		s.figures.refusedAtTheDoor++
		s.judge(r, k, nil, d.refused(q, err))
		r.q = nil
		return
	}
	r.admitted = true
	s.open = append(s.open, r)
	session.correlator.PostUserMessage(q)
	if s.chance(0.02) {
		s.in(s.between(0, time.Second), "cancel", r.id, func() { s.cancel(r, session) })
	}
	if k == kindSend && !r.repeat {
		s.in(s.between(5*time.Second, 40*time.Second), "repeat", r.id, func() { s.repeats(r) })
	}
}

var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// cancel is what a caller does whose context has ended.
func (s *simulation) cancel(r *simRequest, session *session) {
	if r.outcome != 0 {
		return
	}
	s.figures.cancels++
	q := r.q
	reply, err := r.record.door.cancel(ended, session, q)
	for i, other := range s.open {
		if other == r {
			s.open[i] = s.open[len(s.open)-1]
			s.open = s.open[:len(s.open)-1]
			break
		}
	}
	s.judge(r, q.kind, reply, err)
	r.record.door.leave(q.size())
	r.q = nil
}

// repeats sends once more what is in doubt, now and then.
func (s *simulation) repeats(r *simRequest) {
	if r.outcome != settledInDoubt || s.quiet || s.chance(0.5) {
		return
	}
	s.send(r.link, kindSend, simFrame("0201", r.stan, r.id/2))
}

// network is session.network, with one exchange.
func (l *simLink) network(x *simSession, n NetworkManagement, done func(error)) {
	l.rrn++
	frame := simFrame("0800", l.nextSTAN(), l.rrn)
	q := l.record.door.request(kindNetwork, nil, frame)
	var err error
	if q.mti, q.key, err = l.record.readKey(nil, frame); err != nil {
		panic(err)
	}
	q.deadline = l.now() + int64(n.Timeout)
	q.done = make(chan struct{}, 2)
	r := &simRequest{
		id: requestID(frame), stan: stanOf(frame), frame: frame, link: l, record: l.record, q: q, deadline: q.deadline,
		network: func(err error) {
			l.in(l.moment(), "told "+l.name, l.number, func() { done(err) })
		},
	}
	l.sent[r.id] = r
	l.awaits(r)
	x.session.correlator.PostUserMessage(q)
}

// want is what an operator's handle does.
func (l *simLink) want(w want) {
	if l.record.isGone() {
		return
	}
	l.record.SetWant(w)
	if !l.over() {
		l.world.wanted, l.world.told = l.record.Want(), false
	}
	l.in(l.moment(), "obey "+l.name, uint64(w), func() {
		if !l.over() {
			l.step("obey", evCommand, func(n *world) {
				n.wanted = l.record.Want()
				n.machine.want, n.told = n.wanted, true
			})
		}
	})
}

// restart is the operator's, with new certificates perhaps.
func (l *simLink) restart() {
	l.figures.restarts++
	l.in(l.moment(), "restart "+l.name, l.number, func() {
		if l.over() {
			return
		}
		if l.record.Want() != wantRun {
			l.want(l.record.Want())
			return
		}
		l.step("restart", evCommand, func(n *world) { n.machine.want = wantRestart })
	})
}

// cut is what becomes of a command whose context ends.
func (l *simLink) cut() {
	if p := l.world.machine.phase; p == phaseDraining || p == phaseEnding || (p == phaseSigningOff && l.world.machine.draining) {
		l.figures.cuts++
		l.session.session.cut.Store(true)
		l.step("", evCut, nil)
	}
}

func (l *simLink) signOffNow(off bool) {
	l.record.SetSignedOff(off)
	l.in(l.moment(), "sign "+l.name, l.number, func() {
		if l.over() {
			return
		}
		l.step("sign", evSign, func(n *world) {
			if n.machine.off = l.record.SignedOff(); !n.machine.off {
				n.machine.peerOff = false
			}
		})
	})
}

// peerSigns is a sign-off of the host, or that it has signed on again.
func (l *simLink) peerSigns(off bool) {
	if l.over() || l.session == nil {
		return
	}
	l.step("peer signs", evSign, func(n *world) { n.machine.peerOff = off })
}

// daily signs off at night, for a while.
func (l *simLink) daily() {
	if l.quiet {
		return
	}
	l.in(24*time.Hour, "sign-off "+l.name, l.number, l.daily)
	l.figures.dailySignOffs++
	l.signOffNow(true)
	l.in(l.between(5*time.Minute, 30*time.Minute), "sign-on "+l.name, l.number, func() { l.signOffNow(false) })
}

// certificates are changed once a week; the host knows the new ones some minutes
// later.
func (l *simLink) certificates() {
	if l.quiet {
		return
	}
	l.in(7*24*time.Hour, "certificates "+l.name, l.number, l.certificates)
	l.figures.certificates++
	l.host.certs = true
	l.in(l.between(0, 5*time.Minute), "certificates "+l.name, l.number, func() { l.host.certs = false })
	l.restart()
}

// operator does something to the link.
func (l *simLink) operator() {
	if l.quiet {
		return
	}
	l.in(l.exponential(36*time.Hour), "operator "+l.name, l.number, l.operator)
	switch l.rng.IntN(5) {
	case 0, 1:
		l.figures.pauses++
		l.want(wantPause)
		l.in(l.between(0, 30*time.Minute), "resume "+l.name, l.number, func() {
			l.want(wantRun)
		})
	case 2, 3:
		l.restart()
	case 4:
		l.want(wantClose)
	}
	if l.chance(0.4) {
		l.in(l.between(0, 3*time.Second), "cut "+l.name, l.number, l.cut)
	}
}

func (s *simulation) awaits(r *simRequest) { s.open = append(s.open, r) }
