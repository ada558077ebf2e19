package main

import (
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/messages"
)

// book is all that the links and their group have told their callers and observers.
// It is what the host's ledger is compared with.
type book struct {
	links []string       // names
	tally *traffic.Tally // by column

	mu        sync.Mutex
	told      map[string][]told // by reference; more than one would be a bug
	late      []late
	unmatched []string           // references of frames that nobody waited for
	ended     map[sessionID]bool // sessions that were up, and are no more
	silent    map[sessionID]bool // sessions that missed an echo
}

// told is what one caller was told of one send.
type told struct {
	link    int // the link that had it last; unknown: the group does not say
	outcome traffic.Outcome
	digest  [sha256.Size]byte // of the request
	proven  bool              // answered, by a reply that carries the request's digest and reference
	session uint64            // not answered: the session that took it; 0: none
	cause   error             // nil: answered
	took    time.Duration     // until it was settled
}

// unknown is the link of a group's send that was answered, or that no link was
// given.
const unknown = -1

// late is a late reply that was delivered.
type late struct {
	reference string
	digest    [sha256.Size]byte // of the request that it came with
	proven    bool              // the response carries the request's digest and reference
	moved     bool              // it came in a later session than it was asked in
	link      int               // that it came by
}

// sessionID is a session of one of the links.
type sessionID struct {
	link    int
	session uint64
}

func newBook(columns []string) *book {
	return &book{
		links: columns[:group], tally: traffic.NewTally(len(columns)), told: make(map[string][]told),
		ended: make(map[sessionID]bool), silent: make(map[sessionID]bool),
	}
}

// Sent is called before each send.
func (b *book) Sent(column int) { b.tally.Sent(column) }

// Settled is called when a send has returned.
func (b *book) Settled(r traffic.Result) {
	b.tally.Settled(r)
	t := told{link: r.Link, outcome: r.Outcome(), digest: r.Digest, took: r.Took, cause: r.Err}
	if r.Link == group {
		t.link = unknown
	}
	if r.Reply != nil {
		t.proven = issuer.Proves(r.Reply, r.Digest, r.Reference)
	}
	var e *messages.SendError
	if errors.As(r.Err, &e) {
		t.session, t.took, t.cause = e.Session, e.Took, e.Cause
		if r.Link == group {
			t.link = slices.Index(b.links, e.Link) // unknown where it is the group's own
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told[r.Reference] = append(b.told[r.Reference], t)
}

// onLate is the OnLate hook of a link.
func (b *book) onLate(link int, reply *messages.LateReply) {
	l := late{
		link: link, digest: sha256.Sum256(reply.Request),
		moved: reply.ReceivedSession != reply.SentSession,
	}
	if request, response, err := reply.Messages(); err == nil {
		l.reference, _ = request.GetString(traffic.ReferenceField)
		l.proven = issuer.Proves(response, l.digest, l.reference)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.late = append(b.late, l)
}

// onEvent is the OnEvent hook of a link.
func (b *book) onEvent(link int, event messages.Event) {
	switch e := event.(type) {
	case *messages.StateChanged:
		if e.From == messages.Up {
			b.mark(b.ended, sessionID{link, e.Session})
		}
	case *messages.EchoFailed:
		b.mark(b.silent, sessionID{link, e.Session})
	case *messages.Unmatched:
		b.noteUnmatched(e.Frame)
	}
}

func (b *book) mark(set map[sessionID]bool, id sessionID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	set[id] = true
}

// noteUnmatched notes whose reply it is; none where it cannot be read.
func (b *book) noteUnmatched(frame []byte) {
	var reference string
	if message, err := messages.Unpack(spec87.Spec, frame); err == nil {
		reference, _ = message.GetString(traffic.ReferenceField)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unmatched = append(b.unmatched, reference)
}

// lateReplies counts the late replies of a link, and those of them that came
// in a later session.
func (b *book) lateReplies(link int) (all, moved uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.late {
		if l.link != link {
			continue
		}
		all++
		if l.moved {
			moved++
		}
	}
	return all, moved
}
