package main

import (
	"sync"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// outcome is what became of an exchange.
type outcome uint8

const (
	unsettled outcome = iota
	answered
	notSent
	inDoubt
	rejected
	failed // without any of the outcomes: a fault of isolink
	outcomes
)

var outcomeNames = [outcomes]string{"unsettled", "answered", "not sent", "in doubt", "rejected", "no outcome"}

func (o outcome) String() string { return outcomeNames[o] }

// cause is why it was not answered.
type cause uint8

const (
	noCause cause = iota
	byTimeout
	byLinkDown
	byCancel
	byOverload
	byDuplicateKey
	byUnpack
	byReject
	byNotSignedOn
	byDraining
	otherCause
	causes
)

var causeNames = [causes]string{
	"", "time-out", "link down", "cancelled", "overloaded", "key in use", "unreadable response", "reject", "not signed on",
	"draining", "other",
}

func (c cause) String() string { return causeNames[c] }

// ask is one exchange, as its caller knows it. Times are nanoseconds since the run
// began.
type ask struct {
	digest   uint64
	session  uint64 // not answered: the one that took it
	start    int64
	deadline int64 // by which it has to settle
	at       int64 // when it settled
	link     int16 // not answered: the one that had it last; -1: a group without a link
	door     door
	outcome  outcome
	cause    cause
	settled  uint8  // how often
	proven   bool   // answered, by a response with its id and digest, or those of its original
	original uint64 // a repeat: the id of what it repeats
	repeated bool
	borrowed bool // a repeat that was answered by the original's response
	foreign  bool // asked by a raw host, which does not settle
	key      messages.Key
}

// deed is what a line of a log says.
type deed uint8

const (
	received    deed = iota // a host has read a request
	replying                // a host is about to write the response
	rejecting               // a host is about to write a reject
	mangling                // a host is about to write a response with a wrong length
	unreplied               // isolink says that a reply, which is logged as replying, was not sent
	handed                  // bytes of the request were given to the kernel by a link
	read                    // a link has got the response from the kernel
	repliedBack             // a raw host has read the response to a request of its own
)

// line is one line of a log.
type line struct {
	id     uint64
	digest uint64
	at     int64
	conn   uint32
	deed   deed
}

// log is append-only. It may be written to from several goroutines at once.
type log struct {
	mu     sync.Mutex
	chunks [][]line
}

const chunk = 1 << 14

func (l *log) add(entry line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := len(l.chunks) - 1
	if last < 0 || len(l.chunks[last]) == chunk {
		l.chunks = append(l.chunks, make([]line, 0, chunk))
		last++
	}
	l.chunks[last] = append(l.chunks[last], entry)
}

func (l *log) each(do func(line)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.chunks {
		for _, entry := range c {
			do(entry)
		}
	}
}

// late is a late reply that was delivered.
type late struct {
	id, digest      uint64 // of its response
	asked           uint64 // the id of its request
	key             messages.Key
	link, on        int16
	session         uint64
	otherSession    bool
	at              int64
	rejects         bool // it is a reject
	timesContradict bool
	early           time.Duration // how long it was there before its caller was told
}

// unmatched is a message that nobody waited for; id is 0 where it cannot be read.
type unmatched struct {
	id      uint64
	differs bool // its key is a request's, and a field of VerifyFields is not
}

// ended is a connection of a link, as its oracle saw it end.
type ended struct {
	at    int64
	local bool // closed by the link, before the stream had ended
}

// ledger is all that is written down in a run.
type ledger struct {
	begun time.Time
	hosts log // of hosts and handlers: what they received, and are about to reply
	wire  log // of the oracles

	mu        sync.Mutex
	asks      [][]ask // in chunks, by id-1
	next      uint64
	late      []late
	unmatched []unmatched
	ended     map[uint32]ended // by connection
}

func newLedger() *ledger { return &ledger{begun: time.Now(), ended: make(map[uint32]ended)} }

func (l *ledger) now() int64 { return int64(time.Since(l.begun)) }

// asked enters an exchange, and returns its id.
func (l *ledger) asked(a ask, content func(id uint64) string) (id uint64, text string) {
	l.mu.Lock()
	l.next++
	id = l.next
	l.mu.Unlock()
	text = content(id)
	a.digest = digestOf(id, text)
	l.with(id, func(entry *ask) { *entry = a })
	return id, text
}

// with changes the entry of an exchange; nothing where the id is nobody's.
func (l *ledger) with(id uint64, change func(*ask)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id == 0 || id > l.next {
		return
	}
	for uint64(len(l.asks))*chunk < id {
		l.asks = append(l.asks, make([]ask, chunk))
	}
	change(&l.asks[(id-1)/chunk][(id-1)%chunk])
}

// digestOf is the digest of what was asked by that id; 0: nothing was.
func (l *ledger) digestOf(id uint64) (digest uint64) {
	l.with(id, func(a *ask) { digest = a.digest })
	return digest
}

// each calls do with every exchange.
func (l *ledger) each(do func(id uint64, a *ask)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.next {
		do(i+1, &l.asks[i/chunk][i%chunk])
	}
}

func (l *ledger) noteLate(entry late) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late = append(l.late, entry)
}

func (l *ledger) noteUnmatched(entry unmatched) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unmatched = append(l.unmatched, entry)
}

func (l *ledger) noteEnd(conn uint32, entry ended) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended[conn] = entry
}
