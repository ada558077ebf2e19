package linktest

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"github.com/moov-io/iso8583"
)

// EntryKind says which way a recorded frame went.
type EntryKind int

const (
	// Received is a frame that the peer read whole.
	Received EntryKind = iota + 1
	// Replied is a frame that the peer was about to write: a response, or a
	// message of its own.
	Replied
)

// String returns "received" or "replied".
func (k EntryKind) String() string {
	switch k {
	case Received:
		return "received"
	case Replied:
		return "replied"
	}
	return "unknown"
}

// Entry is one line of a Recorder's log. It holds nothing of the message but
// its type and what the test's function took for its identifier.
type Entry struct {
	// Seq is the entry's number in the log, from 1.
	Seq int
	// Conn is the number of the connection, from 1, and Frame that of the frame
	// among those read from it; 0 for a reply.
	Conn, Frame int
	Kind        EntryKind
	// At is when the frame was logged: after it was read, and before it is
	// written.
	At time.Time
	// MTI is empty where MTI finds none.
	MTI string
	// ID is what the recorder's function returned for the frame.
	ID string
	// Digest is the SHA-256 digest of the body.
	Digest [sha256.Size]byte
}

// Recorder is the append-only log of a peer. A frame is logged as received
// before any step sees it, and as replied before its first byte is written, so
// an exchange that was answered has both entries by the time its caller knows
// of it. The reverse does not hold: that a reply is logged does not say that it
// arrived.
//
// All methods may be called from several goroutines at once.
type Recorder struct {
	id func(Frame) string

	mu       sync.Mutex
	entries  []Entry
	received map[string]int
	replied  map[string]int
	total    int           // entries of kind Received
	grown    chan struct{} // closed at the next entry; nil while nobody waits
}

// NewRecorder returns an empty log. id returns what identifies a message among
// all of a test, in its request and in its response: a field that the test
// gives a value of its own in each message, such as field 37. It is called from
// the goroutines of the connections and must not keep the frame. With nil, all
// identifiers are empty.
func NewRecorder(id func(Frame) string) *Recorder {
	if id == nil {
		id = func(Frame) string { return "" }
	}
	return &Recorder{id: id, received: make(map[string]int), replied: make(map[string]int)}
}

// IDFromField returns a function for NewRecorder that unpacks each message with
// spec and takes the value of one field; empty where the message cannot be
// unpacked or has no such field. It costs a full unpack per frame.
func IDFromField(spec *iso8583.MessageSpec, field int) func(Frame) string {
	return func(f Frame) string {
		message, err := unpack(spec, f.Body)
		if err != nil {
			return ""
		}
		value, err := message.GetString(field)
		if err != nil {
			return ""
		}
		return value
	}
}

// LogReceived logs a frame that was read from connection conn. A Peer does it
// by itself.
func (r *Recorder) LogReceived(conn int, f Frame) { r.log(Received, conn, f) }

// LogReplied logs a frame that is about to be written to connection conn. A
// Peer does it by itself.
func (r *Recorder) LogReplied(conn int, f Frame) {
	f.Seq = 0 // an echoed frame still has the one with which it was read
	r.log(Replied, conn, f)
}

func (r *Recorder) log(kind EntryKind, conn int, f Frame) {
	entry := Entry{
		Conn:   conn,
		Frame:  f.Seq,
		Kind:   kind,
		At:     time.Now(),
		MTI:    MTI(f.Body),
		ID:     r.id(f),
		Digest: sha256.Sum256(f.Body),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	entry.Seq = len(r.entries) + 1
	r.entries = append(r.entries, entry)
	if kind == Received {
		r.received[entry.ID]++
		r.total++
	} else {
		r.replied[entry.ID]++
	}
	if r.grown != nil {
		close(r.grown)
		r.grown = nil
	}
}

// Received returns how often a message with this identifier was received.
func (r *Recorder) Received(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.received[id]
}

// Replied returns how often a message with this identifier was about to be
// written.
func (r *Recorder) Replied(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.replied[id]
}

// Total returns how many frames were received, keep-alives not counted.
func (r *Recorder) Total() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.total
}

// All returns a copy of the log.
func (r *Recorder) All() []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.entries)
}

// WaitTotal waits until Total is n or more. It returns the context's error when
// that ends first.
func (r *Recorder) WaitTotal(ctx context.Context, n int) error {
	for {
		r.mu.Lock()
		if r.total >= n {
			r.mu.Unlock()
			return nil
		}
		if r.grown == nil {
			r.grown = make(chan struct{})
		}
		grown := r.grown
		r.mu.Unlock()
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
