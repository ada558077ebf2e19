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

// request is one send on its way. A new one is made for each: the table may
// refer to it long after its caller has gone (late replies).
type request struct {
	word atomic.Uint32

	// Set by the door, constant afterwards.
	record   *Record
	kind     kind
	ownSTAN  bool // the link's allocator gave it
	common   bool // the deadline is the link's SendTimeout away, as most are
	mti      messages.MTI
	key      messages.Key
	header   []byte         // in front of frame; empty: the framing's default
	frame    []byte         // packed message, or raw bytes; only read
	verify   []messages.Key // values of VerifyFields; nil: none
	start    int64          // of the call; clock time
	deadline int64          // clock time
	done     chan struct{}
	command  *command // where the result of an actor's command goes; nil: done

	// Set by the writer before it claims; to be read once claimed.
	claimedAt int64
	session   uint64

	// Set by whoever settles, before done gets its signal.
	reply       []byte
	replyHeader []byte
	err         error

	// The table's.
	where      queueKind
	indexed    bool // in the table's index
	hash       uint64
	chained    *request // the next one of the bucket
	prev, next *request
	heapIndex  int
	settledAt  int64 // when the table learned of it
	lateUntil  int64
	original   *request // what this repeat has adopted
}

// claim takes the request for writing; false when it has settled meanwhile.
func (r *request) claim(session uint64, now int64) bool {
	if r.word.Load() != wordQueued {
		return false
	}
	r.session, r.claimedAt = session, now
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

// size is how many bytes it takes on the wire, those of the framing apart.
func (r *request) size() int { return len(r.header) + len(r.frame) }

// repeatsClaimed reports whether r is the repeat of a request that the peer may
// have read. Only the correlator may call it.
func (r *request) repeatsClaimed() bool {
	for o := r.original; o != nil; o = o.original {
		if w := o.word.Load(); w == wordClaimed || w == wordSettled {
			return true
		}
	}
	return false
}

// Format prints MTI and key, whatever the verb: the actor system may print any
// message.
func (r *request) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink request (%s, key %s)", r.mti, r.key)
}
