package actors

import "slices"

// SignOnScope says for whom a link signs on.
type SignOnScope uint8

// The values of SignOnScope.
const (
	// PerSession: each session signs on.
	PerSession SignOnScope = iota
	// PerScope: one sign-on is for all links of a scope. The first one that has a
	// session makes it, the last one that is signed on signs off.
	PerScope
)

// DrainOrder says what a session that is closed or paused does first.
type DrainOrder uint8

// The values of DrainOrder.
const (
	// DrainFirst settles what is in flight, then signs off.
	DrainFirst DrainOrder = iota
	// SignOffFirst signs off, so that the peer asks nothing new, then answers and
	// settles what is in flight.
	SignOffFirst
)

// signs is the sign-on that the links of a scope share.
type signs struct {
	on     map[*Record]bool // signed on: they take requests
	busy   *Record          // makes the sign-on or sign-off; nil: nobody
	asking []*Record        // for a sign-on, in this order
}

// askOn asks for a sign-on. The answer, now or when told of a move: r makes it where
// busy is r, and has it where on has r.
func (g *signs) askOn(r *Record) {
	switch {
	case g.busy == r: // it has signed off just now
	case g.busy != nil:
		g.asking = append(g.asking, r)
	case len(g.on) > 0:
		g.on[r] = true
	default:
		g.busy = r
	}
}

// askOff asks whether r is to sign off: the last one is, and one whose sign-on may
// have been accepted.
func (g *signs) askOff(r *Record) {
	wasOn := g.on[r]
	delete(g.on, r)
	g.forget(r)
	if wasOn && len(g.on) == 0 && g.busy == nil {
		g.busy = r
	}
}

// signedOn says that r's sign-on was accepted, and returns who has waited for it.
func (g *signs) signedOn(r *Record) (told []*Record) {
	g.busy = nil
	g.on[r] = true
	told, g.asking = g.asking, nil
	for _, other := range told {
		g.on[other] = true
	}
	return told
}

// leave takes r out, whatever it stood for, and returns who is to sign on in its
// place.
func (g *signs) leave(r *Record) (told []*Record) {
	delete(g.on, r)
	g.forget(r)
	if g.busy != r {
		return nil
	}
	g.busy = nil
	if len(g.asking) == 0 {
		return nil
	}
	g.busy, g.asking = g.asking[0], g.asking[1:]
	return []*Record{g.busy}
}

func (g *signs) forget(r *Record) {
	g.asking = slices.DeleteFunc(g.asking, func(other *Record) bool { return other == r })
}

// moved tells links that the scope says something new of them.
func moved(links []*Record) {
	for _, r := range links {
		if s := r.current.Load(); s != nil {
			s.tell(scopeMoved{s})
		}
	}
}

// askScope asks for what the machine waits for. The answer is looked at in a
// message of its own, as one that comes later is.
func (l *link) askScope() {
	s := l.record.scope
	s.own()
	if l.machine.standing() == standsAskingOff {
		s.signs.askOff(l.record)
	} else {
		s.signs.askOn(l.record)
	}
	s.disown()
	moved([]*Record{l.record})
}

// lookAtScope sees whether the scope has answered.
func (l *link) lookAtScope() {
	s := l.record.scope
	s.own()
	granted, on := s.signs.busy == l.record, s.signs.on[l.record]
	s.disown()
	switch stands := l.machine.standing(); {
	case granted && (stands == standsAskingOn || stands == standsAskingOff):
		l.step(evGranted, nil)
	case on && stands == standsAskingOn:
		l.step(evSignedOn, nil)
	case stands == standsAskingOff:
		l.step(evSignedOff, nil) // others are signed on still
	}
}

// moveInScope tells the scope what became of the link, which stood elsewhere before.
func (l *link) moveInScope(before standing) {
	switch now := l.machine.standing(); {
	case !l.machine.scoped || now == before:
	case now == standsApart:
		l.leaveScope()
	case before == standsSigningOn && now == standsOn:
		s := l.record.scope
		s.own()
		told := s.signs.signedOn(l.record)
		s.disown()
		moved(told)
	}
}

func (l *link) leaveScope() {
	if !l.machine.scoped {
		return
	}
	s := l.record.scope
	s.own()
	told := s.signs.leave(l.record)
	s.disown()
	moved(told)
}

// PeerSigned notes that the peer has signed off, or on again, by a request in the
// session: for all links of a scope where the sign-on is.
func (s *session) PeerSigned(off bool) {
	if s.record.config.SignOnScope != PerScope {
		s.tell(peerSigns{s, off})
		return
	}
	scope := s.record.scope
	scope.own()
	links := slices.Clone(scope.links)
	scope.disown()
	for _, r := range links {
		if current := r.current.Load(); current != nil {
			current.tell(peerSigns{current, off})
		}
	}
}
