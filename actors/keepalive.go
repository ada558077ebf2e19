package actors

import (
	"fmt"
	"time"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// keepAliveDue tells the writer to write a keep-alive. At most one waits in a
// session (keepAliveDue there), so that a peer that sends many and reads none
// fills no queue.
type keepAliveDue struct{}

// appendKeepAlive appends a keep-alive to dst, or returns dst as it was and false
// where the framing has none.
func appendKeepAlive(f framing.Framer, dst []byte) ([]byte, bool) {
	if k, ok := f.(framing.KeepAliver); ok {
		return k.AppendKeepAlive(dst)
	}
	longer, err := f.Append(dst, nil, nil)
	if err != nil || len(longer) == len(dst) {
		return dst, false
	}
	return longer, true
}

// sendKeepAlive has a keep-alive written, unless one waits to be.
func (s *session) sendKeepAlive() {
	if s.keepAliveDue.CompareAndSwap(false, true) {
		s.unanswered.Add(1) // before the peer can answer it
		s.writer.PostUserMessage(keepAliveDue{})
	}
}

// answerKeepAlive answers a keep-alive of the peer, unless it may be the answer to
// one of ours. Keep-alives look all alike. But where both ends count so, no more
// of them are under way than both together take for answers: each is answered
// once at most, and they come to rest.
func (s *session) answerKeepAlive() {
	if s.unanswered.Load() > 0 {
		s.unanswered.Add(-1) // nobody else takes from it
		return
	}
	if s.keepAliveDue.CompareAndSwap(false, true) {
		s.writer.PostUserMessage(keepAliveDue{})
	}
}

// addKeepAlive puts the keep-alive that is due in front of a batch.
func (w *writer) addKeepAlive() {
	if !w.keepAliveDue {
		return
	}
	w.keepAliveDue = false
	w.session.keepAliveDue.Store(false)
	w.buffer, w.withKeepAlive = appendKeepAlive(w.record.config.Framing, w.buffer)
}

// keepAlives counts those of the peer within a second. The reader's goroutine
// owns it.
type keepAlives struct {
	since int64 // clock time of the second's first one
	count int
}

// keepAlive takes a keep-alive of the peer; false when there were too many.
func (l *readLoop) keepAlive() bool {
	s := l.session
	s.record.counters.keepAlives.Add(1)
	at := l.readAt
	s.lastRead.Store(at)
	if l.alive.count == 0 || at-l.alive.since >= int64(time.Second) {
		l.alive = keepAlives{since: at}
	}
	l.alive.count++
	if most := s.record.config.MaxKeepAlives; l.alive.count > most {
		s.ends(fmt.Errorf("%w: more than %d in a second (MaxKeepAlives)", messages.ErrKeepAliveFlood, most))
		return false
	}
	if s.record.config.AnswerKeepAlives {
		s.answerKeepAlive()
	}
	return true
}
