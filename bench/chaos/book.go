package main

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/isolink-go/isolink/messages"
)

// door is where an exchange was given to isolink.
type door uint8

const (
	byLink door = iota
	byLinkSend
	byGroup
	byGroupSend
	byLinkPID
	byGroupPID
	bySession // of an acceptor
	byHost    // a raw host has asked a link
	doors
)

var doorNames = [doors]string{
	"Link.Exchange", "Link.Send", "Group.Exchange", "Group.Send", "Link.PID", "Group.PID", "session of an acceptor", "raw host",
}

func (d door) String() string { return doorNames[d] }

// sessionLink is the link of all sessions of acceptors; groupLink is none.
const (
	groupLink   = -1
	sessionLink = -2
)

// book is what isolink tells its callers and observers, entered into the ledger.
type book struct {
	ledger  *ledger
	links   map[string]int16 // by name; others are sessions
	groups  map[string]bool
	ends    *tally // why sessions ended
	dropped atomic.Uint64
	panics  atomic.Uint64
}

func (b *book) link(name string) int16 {
	if i, ok := b.links[name]; ok {
		return i
	}
	if b.groups[name] {
		return groupLink
	}
	return sessionLink
}

// settle enters how an exchange ended.
func (b *book) settle(id uint64, reply []byte, err error) {
	at := b.ledger.now()
	m, ok := parse(reply)
	got, digest, answers := m.answers()
	belongs := ok && answers && m.mti == "0210" && digest == b.ledger.digestOf(got)
	b.ledger.with(id, func(a *ask) {
		if a.settled < 255 {
			a.settled++
		}
		a.at = at
		if err == nil {
			a.outcome = answered
			a.borrowed = belongs && got == a.original
			a.proven = belongs && got == id || a.borrowed
			return
		}
		a.outcome, a.cause = outcomeOf(err)
		var e *messages.SendError
		if errors.As(err, &e) {
			a.session, a.link, a.key = e.Session, b.link(e.Link), e.Key
		}
	})
}

// outcomeOf is what an error says; failed, where it says none or more than one.
func outcomeOf(err error) (outcome, cause) {
	found, n := failed, 0
	for sentinel, o := range map[error]outcome{
		messages.ErrNotSent: notSent, messages.ErrInDoubt: inDoubt, messages.ErrRejected: rejected,
	} {
		if errors.Is(err, sentinel) {
			found = o
			n++
		}
	}
	if n != 1 {
		return failed, otherCause
	}
	for _, known := range []struct {
		sentinel error
		cause    cause
	}{
		{messages.ErrTimeout, byTimeout},
		{context.Canceled, byCancel},
		{messages.ErrOverloaded, byOverload},
		{messages.ErrDuplicateKey, byDuplicateKey},
		{messages.ErrUnpack, byUnpack},
		{messages.ErrNotSignedOn, byNotSignedOn},
		{messages.ErrDraining, byDraining},
		{messages.ErrLinkDown, byLinkDown},
		{messages.ErrClosed, byLinkDown},
	} {
		if errors.Is(err, known.sentinel) {
			return found, known.cause
		}
	}
	var e *messages.RejectError
	if errors.As(err, &e) {
		return found, byReject
	}
	return found, otherCause
}

// onEvent is the OnEvent hook of all links and of the acceptor.
func (b *book) onEvent(event messages.Event) {
	switch e := event.(type) {
	case *messages.LateReply:
		b.onLate(e)
	case *messages.Unmatched:
		entry := unmatched{differs: errors.Is(e.Err, messages.ErrNotItsResponse)}
		// Of a message that a host has put out of step, a part may look like an id.
		if m, ok := parse(e.Frame); ok {
			entry.id = m.id
		}
		b.ledger.noteUnmatched(entry)
	case *messages.SessionChanged:
		if e.Ended {
			b.ends.came(endOf(e.Reason))
		}
	case *messages.SignFailed:
		if errors.Is(e.Reason, messages.ErrRefused) {
			b.ends.came("sign-on refused")
		}
	case *messages.EventsDropped:
		b.dropped.Add(e.Count)
	case *messages.Panicked:
		b.panics.Add(1)
	}
}

func (b *book) onLate(e *messages.LateReply) {
	request, _ := parse(e.Request)
	response, readable := parse(e.Response)
	entry := late{
		asked: request.id, key: e.Key, link: b.link(e.Link), on: b.link(e.ReceivedLink), session: e.SentSession,
		otherSession: e.Link == e.ReceivedLink && e.SentSession != e.ReceivedSession, at: b.ledger.now(),
		rejects: e.RejectCode != "", timesContradict: e.SentAt.After(e.SettledAt) || e.SentAt.After(e.ReceivedAt),
		early: e.SettledAt.Sub(e.ReceivedAt),
	}
	if readable && !entry.rejects {
		entry.id, entry.digest, _ = response.answers()
	}
	b.ledger.noteLate(entry)
}
