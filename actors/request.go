package actors

import (
	"fmt"
	"sync/atomic"

	"github.com/isolink-go/isolink/messages"
)

// The claim word moves once or twice, by compare-and-swap: from queued to
// dropped, or from queued to claimed to settled (or to dropped, when the write
// stopped before its first byte). Whoever makes the last move owns the result
// and signals once.
const (
	wordQueued  uint32 = iota // the peer cannot have read a byte
	wordClaimed               // in the writer's hands: without a response it is in doubt
	wordDropped               // settled, and the peer cannot have read a byte
	wordSettled               // settled, after it was claimed
)

// kind says what a request waits for.
type kind uint8

const (
	kindSend    kind = iota // a response; refused while the link drains
	kindPost                // to be written; refused while the link drains
	kindReply               // to be written; the answer to a request of the peer, always possible
	kindNetwork             // a response; the link's own, always possible
	kindRaw                 // to be written as it stands, unframed; refused while the link drains
)

// isExchange reports whether it waits for a response, and has a key.
func (k kind) isExchange() bool { return k == kindSend || k == kindNetwork }

// isSend reports whether it is a caller's, who is refused when the link drains.
func (k kind) isSend() bool { return k == kindSend || k == kindPost || k == kindRaw }

// request is one send on its way. It is made for each send, and used again only
// when it was answered (see letGo): the table may refer to any other long after its
// caller has gone. There are many, so that what few have is apart.
type request struct {
	word  atomic.Uint32
	holds atomic.Int32 // of those who may still look at it; see letGo

	// Set by the door, constant afterwards.
	kind     kind
	ownSTAN  bool // the link's allocator gave it
	unpacks  bool // its caller unpacks the response, and counts the outcome then
	common   bool // the deadline is the link's SendTimeout away, as most are
	mti      messages.MTI
	session  uint32 // that it was claimed for, by the writer; no link has so many
	record   *Record
	key      messages.Key
	frame    []byte // packed message; only read
	more     *more  // nil: nothing of it
	start    int64  // of the call; clock time
	deadline int64  // clock time

	// A used one keeps them.
	done  chan struct{}
	parts *commandParts // of a command

	// Set by the writer before it claims, as session; to be read once claimed.
	claimedAt int64

	// Set by whoever settles, before done gets its signal.
	replyHeader *[]byte // nil: none
	reply       []byte
	err         error

	// The table's.
	where      queueKind
	indexed    bool
	behind     uint8    // messages in doubt that it stands for, besides itself; 255: or more
	rejects    uint8    // of its key, that settled nobody; 254: or more
	place      int32    // in the heap
	hash       uint32   // of the key
	chained    *request // the next one of the index's bucket
	prev, next *request
	original   *request // what this repeat has adopted
	settledAt  int64    // when the table learned of it
	lateUntil  int64
}

// letGo is called once by each of the two who hold a request that came to a good end:
// its caller, with the result in hand, and, when the frame was handed over, the writer,
// or for what is only written the correlator, who takes it out of the table. That of an
// exchange has done so before the signal. Whoever is the last one gives the request
// back; one with another end is held for ever, and left to the garbage collector.
func (r *request) letGo() {
	if r.holds.Add(-1) != 0 {
		return
	}
	if r.parts != nil {
		*r.parts = commandParts{}
	}
	pool := &r.record.requests
	*r = request{done: r.done, parts: r.parts}
	pool.Put(r)
}

// more is what few requests have.
type more struct {
	header  []byte         // in front of the frame; empty: the framing's default
	verify  []messages.Key // values of VerifyFields; nil: none
	command *command       // where the result of an actor's command goes; nil: done
}

// commandParts are what the request of a command has more.
type commandParts struct {
	more    more
	command command
}

// with is what the request has of more, to be written.
func (r *request) with() *more {
	if r.more == nil {
		r.more = new(more)
	}
	return r.more
}

func (r *request) header() []byte {
	if r.more == nil {
		return nil
	}
	return r.more.header
}

// headerOfReply is nil where there is none.
func (r *request) headerOfReply() []byte {
	if r.replyHeader == nil {
		return nil
	}
	return *r.replyHeader
}

func (r *request) verify() []messages.Key {
	if r.more == nil {
		return nil
	}
	return r.more.verify
}

func (r *request) command() *command {
	if r.more == nil {
		return nil
	}
	return r.more.command
}

// claim takes the request for writing; false when it has settled meanwhile.
func (r *request) claim(session uint64, now int64) bool {
	if r.word.Load() != wordQueued {
		return false
	}
	r.session, r.claimedAt = uint32(session), now
	return r.word.CompareAndSwap(wordQueued, wordClaimed)
}

// take makes the last move from the given word; only who gets true may fill in
// the result.
func (r *request) take(from uint32) bool {
	to := wordSettled
	if from == wordQueued {
		to = wordDropped
	}
	return r.word.CompareAndSwap(from, to)
}

// takeAny makes the last move from wherever the request stands, and returns
// the word it had; ok is false when it had settled before.
func (r *request) takeAny() (from uint32, ok bool) {
	if r.take(wordQueued) {
		return wordQueued, true
	}
	// Not queued, and never again: claimed, or settled.
	return wordClaimed, r.take(wordClaimed)
}

// wasWritten reports whether the request, which has settled, was claimed: only then is
// session to be read. A repeat that was answered before is in the writer's hands still.
func (r *request) wasWritten() bool { return r.word.Load() == wordSettled }

// size is how many bytes it takes on the wire, those of the framing apart.
func (r *request) size() int { return len(r.header()) + len(r.frame) }

// repeatsClaimed reports whether r is the repeat of a request that the peer may
// have read. Only the correlator may call it.
func (r *request) repeatsClaimed() bool {
	return r.written(wordQueued) > 0
}

// hasOvertaken reports whether an original of r waits to be written still, on another
// link of the scope, and so may be written at any moment.
func (r *request) hasOvertaken() bool {
	for o := r.original; o != nil; o = o.original {
		if o.word.Load() == wordQueued {
			return true
		}
	}
	return false
}

// written counts the messages under the key of r, the newest, that the peer may have
// read. from is the word of r.
func (r *request) written(from uint32) int {
	n := r.alone(from)
	for o := r.original; o != nil; o = o.original {
		n += o.alone(o.word.Load())
	}
	return n
}

// alone counts the messages that the peer may have read of r, whose word is given, and
// of those that it stands for.
func (r *request) alone(word uint32) int {
	if word == wordClaimed || word == wordSettled {
		return int(r.behind) + 1
	}
	return int(r.behind)
}

// Format prints MTI and key, whatever the verb: the actor system may print any
// message.
func (r *request) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink request (%s, key %s)", r.mti, r.key)
}

// String is for text/template, which asks for it alone.
func (r *request) String() string { return fmt.Sprint(r) }
