package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// sent is one request, and what its caller was told.
type sent struct {
	id      string
	digest  string
	outcome error         // errUnsettled, errAnswered, or messages.ErrNotSent and its like
	took    time.Duration // from the call to its return
	at      time.Time     // of the return
	wrong   bool          // it was answered by what is not its answer
	late    int           // late replies that were told
	strange int           // those of them that are not its answer
}

var (
	errUnsettled = errors.New("not settled")
	errAnswered  = errors.New("answered")
)

// load sends a request every so often, whatever becomes of those before, and keeps the
// book of them.
type load struct {
	link  *supervisor.Link
	every time.Duration

	mu       sync.Mutex
	book     []*sent
	byID     map[string]*sent
	nobodys  int // late replies to what was never sent, or was not in doubt
	later    int // late replies in a later session than their request's
	answered int
	stood    time.Duration // for how long this process stood still

	callers sync.WaitGroup
}

// start sends until the context ends.
func (l *load) start(ctx context.Context) {
	l.callers.Go(func() {
		tick := time.NewTicker(l.every)
		defer tick.Stop()
		for n := 1; ; n++ {
			select {
			case <-tick.C:
				l.callers.Go(func() { l.send(n) })
			case <-ctx.Done():
				return
			}
		}
	})
}

func (l *load) send(n int) {
	id, frame, err := request(n)
	if err != nil {
		panic(err) // the program's own message
	}
	s := &sent{id: id, digest: linktest.DigestText(frame), outcome: errUnsettled}
	l.mu.Lock()
	l.book = append(l.book, s)
	l.byID[id] = s
	l.mu.Unlock()

	begin := time.Now()
	reply, err := l.link.Exchange(context.Background(), frame)
	took := time.Since(begin)
	outcome := outcomeOf(err)
	wrong := outcome == errAnswered && !isAnswer(reply, s.id, s.digest)

	l.mu.Lock()
	defer l.mu.Unlock()
	s.outcome, s.took, s.at, s.wrong = outcome, took, begin.Add(took), wrong
	if outcome == errAnswered {
		l.answered++
	}
}

func outcomeOf(err error) error {
	if err == nil {
		return errAnswered
	}
	for _, outcome := range []error{messages.ErrNotSent, messages.ErrInDoubt, messages.ErrRejected} {
		if errors.Is(err, outcome) {
			return outcome
		}
	}
	return err
}

// isLate is the link's OnLate. It may be here before the caller is told.
func (l *load) isLate(r *messages.LateReply) {
	id := identify(linktest.Frame{Body: r.Request})
	digest := linktest.DigestText(r.Request)
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.byID[id]
	if s == nil || s.digest != digest {
		l.nobodys++
		return
	}
	s.late++
	if !isAnswer(r.Response, id, digest) {
		s.strange++
	}
	if r.ReceivedSession > r.SentSession {
		l.later++
	}
}

// count returns how many requests were answered until now, are in doubt, and had
// their late reply, and how many of those in a later session.
func (l *load) count() (answered, inDoubt, late, later int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.book {
		if s.outcome == messages.ErrInDoubt {
			inDoubt++
		}
		if s.late > 0 {
			late++
		}
	}
	return l.answered, inDoubt, late, l.later
}

// settle waits until every call has returned, and reports false when one has not
// within that time.
func (l *load) settle(within time.Duration) bool {
	done := make(chan struct{})
	go func() {
		l.callers.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-time.After(within):
		return false
	}
}
