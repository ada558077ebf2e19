package main

import (
	"errors"
	"time"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata/check"
)

// seen is what the ledger has of one reference.
type seen struct {
	first    entry
	received int
	replies  int // that were at least about to be written
	// answered: a whole reply went out on the connection that the request came by.
	answered bool
}

// audit compares what the callers were told with the ledger of the host.
type audit struct {
	book    *book
	host    map[string]*seen
	timeout time.Duration
	// halfClosed are the connections that the host has half-closed, as
	// (host, number of the connection).
	halfClosed map[[2]int]bool
}

func newAudit(b *book, entries []entry, halfClosed map[[2]int]bool, timeout time.Duration) *audit {
	a := &audit{book: b, host: make(map[string]*seen), timeout: timeout, halfClosed: halfClosed}
	for _, e := range entries {
		if e.Reference == "" { // an echo of a link's own
			continue
		}
		s := a.host[e.Reference]
		if s == nil {
			s = &seen{first: e}
			a.host[e.Reference] = s
		}
		switch e.Stage {
		case issuer.Received:
			s.received++
		case issuer.Replying:
			s.replies++
		case issuer.Replied:
			s.answered = s.answered || e.Conn == s.first.Conn
		}
	}
	return a
}

// safety is what must hold whatever the host did.
func (a *audit) safety(sent uint64) []check.Line {
	return []check.Line{
		check.None("lost", int(sent)-len(a.book.told)),
		check.None("settled more than once", a.count(func(_ string, all []told) bool { return len(all) > 1 })),
		check.None("failed without one of the outcomes", a.countTold(func(_ string, t told) bool {
			return t.outcome == traffic.Failed
		})),
		check.None("not sent, but seen by the host", a.countTold(func(reference string, t told) bool {
			return t.outcome == traffic.NotSent && a.host[reference] != nil
		})),
		check.None("answered, but unknown to the host", a.countTold(func(reference string, t told) bool {
			s := a.host[reference]
			return t.outcome.Answered() && (s == nil || s.received == 0 || s.replies == 0)
		})),
		check.None("duplicated at the host", a.duplicated()),
		check.None("misdelivered", a.countTold(a.misdelivered)),
		check.None("in doubt without cause", a.countTold(a.withoutCause)),
		check.None("answered before the end of the session, but in doubt", a.countTold(a.ignored)),
		a.lateReplies(),
		check.None("frames that nobody waited for, and no second replies", a.unexplained()),
	}
}

func (a *audit) count(is func(reference string, all []told) bool) (n int) {
	for reference, all := range a.book.told {
		if is(reference, all) {
			n++
		}
	}
	return n
}

func (a *audit) countTold(is func(reference string, t told) bool) (n int) {
	for reference, all := range a.book.told {
		for _, t := range all {
			if is(reference, t) {
				n++
			}
		}
	}
	return n
}

func (a *audit) duplicated() (n int) {
	for _, s := range a.host {
		if s.received > 1 {
			n++
		}
	}
	return n
}

// misdelivered: the reply is another request's, or the host has got something
// else, or from another link, than was sent.
func (a *audit) misdelivered(reference string, t told) bool {
	if t.outcome.Answered() && !t.proven {
		return true
	}
	s := a.host[reference]
	return s != nil && (s.first.Digest != t.digest || s.first.host != t.link && t.link != unknown)
}

// withoutCause: a send is in doubt only when its time was over, or when the
// session that took it has ended.
func (a *audit) withoutCause(_ string, t told) bool {
	switch {
	case t.outcome != traffic.InDoubt:
		return false
	case t.link == unknown:
		return true
	case errors.Is(t.cause, messages.ErrTimeout):
		return t.took < a.timeout || t.session == 0
	case errors.Is(t.cause, messages.ErrLinkDown):
		return !a.book.ended[sessionID{t.link, t.session}]
	}
	return true
}

// ignored: all that a host says before it half-closes a connection arrives, and
// counts. A session that missed its echoes was reset from this side: what was
// on its way then is lost.
func (a *audit) ignored(reference string, t told) bool {
	s := a.host[reference]
	return t.outcome == traffic.InDoubt && errors.Is(t.cause, messages.ErrLinkDown) &&
		s != nil && s.answered && a.halfClosed[[2]int{s.first.host, s.first.Conn}] &&
		!a.book.silent[sessionID{t.link, t.session}]
}

// lateReplies: each belongs to a send that is in doubt, proves it, and comes
// once, by the link that had the send.
func (a *audit) lateReplies() check.Line {
	matched, delivered := 0, make(map[string]bool)
	for _, l := range a.book.late {
		all := a.book.told[l.reference]
		if len(all) == 1 && all[0].outcome == traffic.InDoubt && all[0].digest == l.digest &&
			all[0].link == l.link && l.proven && !delivered[l.reference] {
			matched++
		}
		delivered[l.reference] = true
	}
	return check.Exactly("late replies that belong to a send in doubt", matched, len(a.book.late))
}

// unexplained counts the frames that nobody waited for, beyond the second
// replies of the host.
func (a *audit) unexplained() (n int) {
	spare := make(map[string]int)
	for reference, s := range a.host {
		spare[reference] = s.replies - 1
	}
	for _, reference := range a.book.unmatched {
		spare[reference]--
		if spare[reference] < 0 {
			n++
		}
	}
	return n
}
