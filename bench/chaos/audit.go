package main

import (
	"fmt"
	"time"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata/check"
)

// seen is what the logs have of one exchange.
type seen struct {
	received, replying, rejecting, mangling, unreplied, repliedBack int

	digest     uint64 // as received
	otherReply bool   // a reply to a raw host's request is not its own
	firstReply int64  // when the first response or reject was about to be written
	handed     int
	reads      int
	firstRead  int64 // of the response with the right digest
	readOn     uint32
	late       int // late replies that were told
	lateOwn    int // of them, those with its own response
}

// audit compares what callers and observers were told with the logs of the hosts
// and of the oracles. It asks isolink nothing.
type audit struct {
	ledger    *ledger
	seen      []seen // by id-1
	strangers int    // lines of ids that nobody has asked for
	slack     time.Duration
	notes     []string // the first of what is wrong
}

// maxNotes is how many are kept.
const maxNotes = 20

func (a *audit) wrong(what string, of ...any) {
	if len(a.notes) < maxNotes {
		a.notes = append(a.notes, what+": "+fmt.Sprintf("%+v", of))
	}
}

// newAudit reads the logs. slack is how much later than told the machine's timers
// may have been.
func newAudit(l *ledger, slack time.Duration) *audit {
	a := &audit{ledger: l, seen: make([]seen, l.next), slack: slack}
	l.hosts.each(a.note)
	l.wire.each(a.note)
	for _, told := range l.late {
		if told.asked >= 1 && told.asked <= l.next {
			s := &a.seen[told.asked-1]
			s.late++
			if told.id == told.asked || told.rejects {
				s.lateOwn++
			}
		}
	}
	return a
}

func (a *audit) note(entry line) {
	if entry.id == strangerID {
		return
	}
	if entry.id == 0 || entry.id > uint64(len(a.seen)) {
		a.strangers++
		a.wrong("nobody's", entry)
		return
	}
	s := &a.seen[entry.id-1]
	switch entry.deed {
	case received:
		s.received++
		s.digest = entry.digest
	case replying, rejecting, mangling:
		if s.replying+s.rejecting+s.mangling == 0 || entry.at < s.firstReply {
			s.firstReply = entry.at
		}
		switch entry.deed {
		case rejecting:
			s.rejecting++
		case mangling:
			s.mangling++
		default:
			s.replying++
		}
	case unreplied:
		s.unreplied++
	case repliedBack:
		s.repliedBack++
		a.ledger.with(entry.id, func(asked *ask) { s.otherReply = s.otherReply || entry.digest != asked.digest })
	case handed:
		s.handed++
	case read:
		a.ledger.with(entry.id, func(asked *ask) {
			if asked.digest != entry.digest {
				return
			}
			if s.reads == 0 || entry.at < s.firstRead {
				s.firstRead, s.readOn = entry.at, entry.conn
			}
			s.reads++
		})
	}
}

// none checks that is says so of no exchange; those that raw hosts have asked for are
// left out, or, with hosts, the others.
func (a *audit) none(name string, hosts bool, is func(asked *ask, s *seen) bool) check.Line {
	n := 0
	a.ledger.each(func(id uint64, asked *ask) {
		if s := &a.seen[id-1]; asked.foreign == hosts && is(asked, s) {
			n++
			a.wrong(name, id, *asked, *s, *a.originally(asked, s))
		}
	})
	return check.None(name, n)
}

// sum checks that every exchange has one of the four outcomes.
func (a *audit) sum() check.Line {
	asked, settled := 0, 0
	a.ledger.each(func(_ uint64, entry *ask) {
		if entry.foreign {
			return
		}
		asked++
		if entry.outcome != unsettled && entry.outcome != failed {
			settled++
		}
	})
	return check.Exactly("asked = answered + not sent + in doubt + rejected", settled, asked)
}

// checks are what must hold whatever happened.
func (a *audit) checks() []check.Line {
	return []check.Line{
		a.sum(),
		a.none("hung", false, func(asked *ask, _ *seen) bool { return asked.settled == 0 }),
		a.none("settled more than once", false, func(asked *ask, _ *seen) bool { return asked.settled > 1 }),
		a.none("settled after the deadline", false, a.overdue),
		a.none("answered, but no host has answered", false, a.unheard),
		a.none("answers that are another's", false, a.misdelivered),
		a.none("rejected, but no host has rejected", false, a.unrejected),
		a.none("rejected, but processed by a host", false, func(asked *ask, s *seen) bool {
			return asked.outcome == rejected && s.replying+s.mangling > 0
		}),
		a.none("not sent, but received by a host", false, func(asked *ask, s *seen) bool {
			return asked.outcome == notSent && s.received > 0
		}),
		a.none("not sent, but handed to the kernel", false, func(asked *ask, s *seen) bool {
			return asked.outcome == notSent && s.handed > 0
		}),
		a.none("in doubt without a session or a cause", false, withoutCause),
		a.none("in doubt, though the answer was there in time", false, a.unheeded),
		a.none("received more than once", false, func(_ *ask, s *seen) bool { return s.received > 1 }),
		a.none("written more than once", false, func(_ *ask, s *seen) bool { return s.handed > 1 }),
		a.none("received with another content", false, func(asked *ask, s *seen) bool {
			return s.received > 0 && s.digest != asked.digest
		}),
		check.None("messages of exchanges that nobody has begun", a.strangers),
		check.None("late replies with another's key, session or content", a.lateWrong()),
		a.none("late replies told twice, or of what is not in doubt", false, func(asked *ask, s *seen) bool {
			return s.late > 1 || s.late > 0 && asked.outcome != inDoubt
		}),
		a.none("late replies that came, and were not told", false, a.untold),
		check.None("frames that nobody waited for, and no second answers", a.unexplained()),
		a.none("requests of hosts that were answered twice", true, func(_ *ask, s *seen) bool { return s.repliedBack > 1 }),
		a.none("requests of hosts that got another's answer", true, func(_ *ask, s *seen) bool { return s.otherReply }),
		a.none("requests of hosts that were handled twice, or changed", true, func(asked *ask, s *seen) bool {
			return s.received > 1 || s.received == 1 && s.digest != asked.digest
		}),
	}
}

// overdue: a machine that stood still has a backlog when it goes on.
func (a *audit) overdue(asked *ask, _ *seen) bool {
	return asked.settled > 0 && asked.at > asked.deadline+2*int64(a.slack)
}

// unheard: no host was about to answer it before its caller had the answer, or all
// of its answers were not sent, as isolink says.
func (a *audit) unheard(asked *ask, s *seen) bool {
	if asked.borrowed {
		s = a.originally(asked, s)
	}
	answers := s.replying + s.mangling
	return asked.outcome == answered && (answers == 0 || answers == s.unreplied || s.firstReply > asked.at || s.received == 0)
}

// unrejected: no host has rejected it; a repeat that was never written shares what its
// original has got.
func (a *audit) unrejected(asked *ask, s *seen) bool {
	if s.handed == 0 && s.received == 0 {
		s = a.originally(asked, s)
	}
	return asked.outcome == rejected && s.rejecting == 0
}

// misdelivered: the answer is another's, or cannot be read, though no host has sent
// it, or that of the original, so.
func (a *audit) misdelivered(asked *ask, s *seen) bool {
	return asked.outcome == answered && !asked.proven && s.mangling+a.originally(asked, s).mangling == 0
}

// originally is what was seen of what a repeat repeats; s where it is no repeat.
func (a *audit) originally(asked *ask, s *seen) *seen {
	if asked.original == 0 {
		return s
	}
	return &a.seen[asked.original-1]
}

// withoutCause: a request that a session took is in doubt when its time was over,
// its session has ended, its caller has left, or its answer cannot be read.
func withoutCause(asked *ask, s *seen) bool {
	if asked.outcome != inDoubt {
		return false
	}
	switch asked.cause {
	case byTimeout, byLinkDown, byCancel:
		return asked.session == 0
	case byUnpack:
		return s.mangling == 0
	default:
		return true
	}
}

// unheeded: a link has read the answer before it told that the request is in doubt.
// What it read of a session that it has ended itself does not count.
func (a *audit) unheeded(asked *ask, s *seen) bool {
	if asked.outcome != inDoubt || s.reads == 0 || s.mangling > 0 {
		return false
	}
	end, over := a.ledger.ended[s.readOn]
	switch asked.cause {
	case byLinkDown:
		return s.firstRead < asked.at-int64(a.slack) || s.firstRead < asked.at && over && !end.local && end.at <= asked.at
	case byTimeout, byCancel:
		return s.firstRead < min(asked.deadline, asked.at)-int64(a.slack)
	default:
		return false
	}
}

// lateWrong counts the late replies that do not belong to their requests.
func (a *audit) lateWrong() (n int) {
	for _, told := range a.ledger.late {
		if told.asked == 0 || told.asked > a.ledger.next {
			n++
			a.wrong("late reply to nothing", told)
			continue
		}
		s := &a.seen[told.asked-1]
		a.ledger.with(told.asked, func(asked *ask) {
			content := told.id == told.asked && told.digest == asked.digest && s.replying > 0 ||
				told.id != 0 && told.id == asked.original && told.digest == a.entry(told.id).digest
			if told.rejects {
				content = s.rejecting > 0
			}
			if !content && s.mangling == 0 || asked.key != told.key || asked.key == (messages.Key{}) ||
				asked.link != told.link || asked.session != told.session || told.timesContradict || told.early > a.slack {
				n++
				a.wrong("late reply", told, *asked, *s)
			}
		})
	}
	return n
}

// entry is that of an exchange; the ledger is not written to any more.
func (a *audit) entry(id uint64) *ask { return &a.ledger.asks[(id-1)/chunk][(id-1)%chunk] }

// untold: a link has read the answer to a request in doubt within the late window,
// and nobody was told; it may have answered a repeat. What it read of a session that it has ended itself right
// behind does not count.
func (a *audit) untold(asked *ask, s *seen) bool {
	if asked.outcome != inDoubt || s.reads == 0 || s.late > 0 || s.mangling+s.rejecting > 0 || asked.repeated {
		return false
	}
	end := a.ledger.ended[s.readOn]
	lost := end.local && end.at-s.firstRead < int64(time.Second+a.slack)
	return !lost && s.firstRead < asked.at+int64(lateWindow-a.slack)
}

// unexplained counts the frames that nobody waited for, beyond the second answers of
// hosts.
func (a *audit) unexplained() (n int) {
	told := make(map[uint64]int)
	for _, frame := range a.ledger.unmatched {
		if frame.id == 0 || frame.id > a.ledger.next {
			continue
		}
		told[frame.id]++
	}
	for id, frames := range told {
		s := &a.seen[id-1]
		a.ledger.with(id, func(asked *ask) {
			spare := s.replying + s.rejecting + s.mangling - s.lateOwn
			if asked.outcome == answered && !asked.borrowed || asked.outcome == rejected {
				spare--
			}
			if more := frames - max(spare, 0); more > 0 {
				n += more
				a.wrong("frames that nobody waited for", id, frames, *asked, *s)
			}
		})
	}
	return n
}
