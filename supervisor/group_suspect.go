package supervisor

import (
	"errors"
	"sync/atomic"

	"github.com/isolink-go/isolink/messages"
)

// suspicion is what a group thinks of one of its links. Its times are the
// group's clock: nanoseconds.
type suspicion struct {
	bad   atomic.Int64  // requests in a row that went badly
	lost  atomic.Uint64 // the session whose end was counted last
	until atomic.Int64  // when a trial is due; 0: the link is trusted
	trial atomic.Bool   // one is under way
}

// suspect reports whether the link is.
func (s *suspicion) suspect() bool { return s.until.Load() != 0 }

// admits reports whether p may be given to the link: it is trusted, or p can be
// the trial that is due.
func (s *suspicion) admits(p *groupPass) bool {
	until := s.until.Load()
	return until == 0 || (!p.post && !s.trial.Load() && until <= p.group.now())
}

// enter admits p, now that the link was chosen. ok is false when another send
// became the trial meanwhile.
func (s *suspicion) enter(p *groupPass) (trial, ok bool) {
	if !s.suspect() {
		return false, true
	}
	if p.post || !s.trial.CompareAndSwap(false, true) {
		return false, false
	}
	// The trial before this one may have ended since admits looked.
	if s.admitsTrial(p.group.now()) {
		return true, true
	}
	trusted := !s.suspect()
	s.trial.Store(false)
	return false, trusted
}

func (s *suspicion) admitsTrial(now int64) bool {
	until := s.until.Load()
	return until != 0 && until <= now
}

// verdict is what the result of a request says of its link.
type verdict uint8

const (
	saysNothing verdict = iota
	saysGood            // it answers
	saysBad
)

// note takes a verdict into account.
func (g *Group) note(m *groupMember, trial bool, v verdict) {
	s, c := &m.suspicion, &g.set.Load().config.Suspect
	if c.After < 0 {
		return
	}
	changed := false
	switch v {
	case saysGood:
		s.bad.Store(0)
		if trial {
			s.until.Store(0)
			changed = true
		}
	case saysBad:
		bad := s.bad.Add(1)
		until := g.now() + int64(c.For)
		if trial {
			s.until.Store(until)
		} else if bad >= int64(c.After) {
			changed = s.until.CompareAndSwap(0, until)
		}
	case saysNothing:
	}
	if trial {
		s.trial.Store(false)
	}
	if changed {
		g.stir()
	}
}

// judge is what a request's result says of link m.
func (g *Group) judge(m *groupMember, reply []byte, err error) verdict {
	switch {
	case err == nil:
		return g.judgeResponse(reply)
	case errors.Is(err, messages.ErrRejected):
		return saysGood // it answers
	case !errors.Is(err, messages.ErrInDoubt):
		return saysNothing
	case errors.Is(err, messages.ErrTimeout):
		return saysBad
	case errors.Is(err, messages.ErrLinkDown):
		var e *messages.SendError
		if errors.As(err, &e) && m.suspicion.lost.Swap(e.Session) != e.Session {
			return saysBad
		}
	}
	return saysNothing
}

// judgeResponse asks the embedding program.
func (g *Group) judgeResponse(reply []byte) (v verdict) {
	judge := g.set.Load().config.Suspect.Judge
	if judge == nil {
		return saysGood
	}
	v = saysGood
	defer g.recovered("Suspect.Judge")
	if !judge(reply) {
		v = saysBad
	}
	return v
}
