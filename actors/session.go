package actors

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/messages"
)

// drainGrace is how long a session whose writing failed goes on reading: what
// the peer has answered before is already here, and counts.
const drainGrace = 100 * time.Millisecond

// session is one socket's life. The link's actor makes it; its children share
// it, each field as its comment says.
type session struct {
	record *Record
	number uint64
	link   *actor.PID
	socket *socket

	correlator *Mailbox
	writer     *Mailbox

	// Clock times of the last message of the peer, keep-alives included, of the last
	// successful write, keep-alives apart, and of the last matched response.
	// Reader, writer and correlator write one each; the link reads them.
	lastRead, lastWrite, lastMatch atomic.Int64
	lastKeepAlive                  atomic.Int64 // written in a batch; the writer's, 0: none

	// keepAliveDue: a keep-alive waits for the writer. unanswered counts those sent
	// by SendKeepAlive that no keep-alive of the peer was taken for the answer to:
	// the link counts up, the reader down.
	keepAliveDue atomic.Bool
	unanswered   atomic.Int64

	// posted counts what waits in the writer's mailbox, unclaimed what it has taken from
	// there and not yet claimed. Mailbox and writer write one each; anyone reads them.
	posted, unclaimed atomic.Int64

	// inbound counts the requests of the peer that are not handled yet: the
	// correlator counts up, the inlet down. draining is set by the correlator.
	inbound  atomic.Int64
	draining atomic.Bool

	// cut: what is in flight does not wait for another session. The link writes it.
	cut atomic.Bool

	handled chan *batch   // batches that the correlator gives back to the reader
	over    chan struct{} // closed by the link when the session is of no use any more

	mu    sync.Mutex
	cause error // why the session ends; the first one counts
}

func newSession(r *Record, number uint64, link *actor.PID, s *socket) *session {
	n := &session{
		record: r, number: number, link: link, socket: s,
		handled: make(chan *batch, batches), over: make(chan struct{}),
	}
	now := r.now()
	n.lastRead.Store(now)
	n.lastWrite.Store(now)
	n.lastMatch.Store(now)
	return n
}

// ends notes why the session ends, unless something was noted before.
func (s *session) ends(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		s.cause = cause
	}
}

// why is what ends noted first.
func (s *session) why() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// closeInOrder closes the socket so. TLS's goodbye is written by the connection, which
// may be the embedding program's own.
func (s *session) closeInOrder() {
	if failure := apart(s.socket.closeInOrder); failure != nil {
		s.record.panicked("Conn", failure)
	}
}

// event is what is told of the session's beginning, or of its end.
func (s *session) event(ended bool, reason error) *messages.SessionChanged {
	return &messages.SessionChanged{
		Link: s.record.name, Session: s.number, Peer: s.socket.addr, Ended: ended, Reason: reason, At: time.Now(),
	}
}

// tellEnded tells of the end of the last session, once its actors are gone: they
// may have had something to tell themselves.
func (r *Record) tellEnded() {
	if e := r.memory.ended; e != nil {
		r.memory.ended = nil
		r.notifier.event(e)
	}
}

// tell sends a message to the link's actor.
func (s *session) tell(msg any) { s.record.system.Root.Send(s.link, msg) }

// Messages of a session's children to the link, and of timers.
type (
	// sessionEnded: the stream is over, and everything has settled.
	sessionEnded struct{ session *session }
	// sessionFailing: the session cannot write any more.
	sessionFailing struct{ session *session }
	// sessionDrained: nothing is in flight.
	sessionDrained struct{ session *session }
)
