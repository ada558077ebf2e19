package supervisor_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// fuzzedSession is one run of FuzzSession.
type fuzzedSession struct {
	framer framing.Framer
	header []byte // of requests
	how    byte
	pieces []piece

	manager  *supervisor.Manager
	acceptor *supervisor.Acceptor
	peer     net.Conn
	ended    []error // why sessions ended; to be read when there are none any more
	refused  []*messages.Refused
	failed   []messages.Event
}

// fuzzedSend is a request that is in flight.
type fuzzedSend struct{ mti, stan string }

// requests are those in flight while the peer says what it says. The golden frames
// answer the first one.
func (s *fuzzedSession) requests() []fuzzedSend {
	if s.how&fuzzFirst != 0 {
		return nil
	}
	return []fuzzedSend{{"0800", "000001"}, {"0800", "000002"}, {"0200", "000003"}, {"0420", "000001"}}
}

// run is the session from its first byte to its end, in fake time.
func (s *fuzzedSession) run(t *testing.T) {
	want := s.expect(t)
	link := s.start(t)
	synctest.Wait()
	require.Equal(t, messages.Up, link.Status().State)

	requests := s.requests()
	replies := make([][]byte, len(requests))
	errs := make([]error, len(requests))
	took := make([]time.Duration, len(requests))
	start := time.Now()
	var sent sync.WaitGroup
	for i, r := range requests {
		sent.Go(func() {
			_, replies[i], errs[i] = link.ExchangeWith(context.Background(), s.header, fuzzRequest(r.mti, r.stan))
			took[i] = time.Since(start)
		})
	}
	s.play(t)
	sent.Wait()
	synctest.Wait()
	status := link.Status()
	require.NoError(t, s.manager.Close(context.Background()))
	time.Sleep(time.Minute) // fake: what timers are left run out

	s.judge(t, want, replies, errs, took)
	s.judgeSession(t, want, status.Counters)
	assert.Zero(t, status.InFlight)
	assert.Zero(t, status.InFlightBytes)
}

// runFirst is run for a connection that is no session before its first message.
func (s *fuzzedSession) runFirst(t *testing.T) {
	want := s.expect(t)
	s.start(t)
	s.play(t)
	counters := s.acceptor.Status().Counters
	assert.Zero(t, s.acceptor.Status().Open)
	require.NoError(t, s.manager.Close(context.Background()))
	time.Sleep(time.Minute) // fake: what timers are left run out

	if !want.refused {
		s.judgeSession(t, want, counters)
		return
	}
	require.Len(t, s.refused, 1)
	assert.Empty(t, s.ended)
	require.ErrorIs(t, s.refused[0].Cause, messages.ErrHandshake)
	switch err := s.refused[0].Err; {
	case want.tooLate:
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	case want.end == nil:
		require.ErrorContains(t, err, "keep-alives")
	default:
		want.judgeEnd(t, err)
	}
}

// judgeSession compares what came of the messages of the peer, and of the session,
// with what must have.
func (s *fuzzedSession) judgeSession(t *testing.T, want *foretold, c supervisor.Counters) {
	t.Helper()
	require.Len(t, s.ended, 1)
	want.judgeEnd(t, s.ended[0])
	assert.Empty(t, s.failed)
	assert.Empty(t, s.refused)
	assert.Equal(t, want.keepAlives, c.KeepAlives)
	assert.Equal(t, want.asked, c.Requests+c.Overloaded)
	assert.Equal(t, want.late, c.Late)
	assert.Equal(t, want.unmatched, c.Unmatched)
	assert.LessOrEqual(t, c.Replied+c.ReplyFailed, c.Requests)
	assert.LessOrEqual(t, c.KeepAlivesSent, c.KeepAlives)
	assert.Zero(t, c.Panics)
	assert.Zero(t, c.Dropped)
}

// start brings the session up.
func (s *fuzzedSession) start(t *testing.T) *supervisor.Link {
	t.Helper()
	config := supervisor.LinkConfig{
		Spec: fuzzSpec, Framing: s.framer, Logger: quiet, SendTimeout: fuzzTimeout,
		MaxFrame: fuzzFrame, MaxKeepAlives: fuzzKeepAlives, MaxEvents: 2 * fuzzWire,
		AnswerKeepAlives: s.how&fuzzAnswers != 0 && hasKeepAlive(s.framer),
		NormalizeKeys:    s.how&fuzzNormalized != 0,
		OnSession: func(e *messages.SessionChanged) {
			if e.Ended {
				s.ended = append(s.ended, e.Reason)
			}
		},
		OnError: func(e messages.Event) {
			if refused, ok := e.(*messages.Refused); ok {
				s.refused = append(s.refused, refused)
				return
			}
			s.failed = append(s.failed, e)
		},
	}
	if s.how&fuzzHandler != 0 {
		config.Handler = func(ctx context.Context, in *messages.Inbound) {
			answer := bytes.Clone(in.Frame)
			copy(answer, "0810")
			_ = in.ReplyFrame(ctx, answer) // a session that ended meanwhile is no fault
		}
	}
	if s.how&fuzzReject != 0 {
		config.Reject = fuzzRejecter
	}
	accepts := s.how&(fuzzAcceptor|fuzzFirst) != 0
	if !accepts {
		config.Name, config.Addrs = "link", []string{"pipe:1"}
		config.Backoff = supervisor.Backoff{MinDelay: time.Hour}
		config.Dial = func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			s.peer = far
			return near, nil
		}
		if s.how&fuzzScope != 0 {
			config.Scope = "scope"
		}
	}
	var links []supervisor.LinkConfig
	if !accepts {
		links = append(links, config)
	}
	var err error
	s.manager, err = supervisor.New(fuzzSystem, supervisor.Config{Links: links, Logger: quiet})
	require.NoError(t, err)
	if !accepts {
		return s.manager.Link("link")
	}
	listener := newPipeListener()
	s.acceptor, err = s.manager.Listen(supervisor.AcceptorConfig{
		Name: "acceptor", Listener: listener, Session: config,
		ReadFirst: s.how&fuzzFirst != 0, FirstTimeout: fuzzTimeout,
		PeerName: func(*supervisor.Peer) (string, error) { return "peer", nil },
	})
	require.NoError(t, err)
	s.peer = dialled(t, listener)
	return s.acceptor.Session("peer")
}

func hasKeepAlive(f framing.Framer) bool {
	if k, ok := f.(framing.KeepAliver); ok {
		_, has := k.AppendKeepAlive(nil)
		return has
	}
	return false
}

// play takes the requests, and says what there is to say.
func (s *fuzzedSession) play(t *testing.T) {
	t.Helper()
	in := bufio.NewReader(s.peer)
	for range s.requests() {
		_, _, err := s.framer.Read(in, fuzzFrame)
		require.NoError(t, err)
	}
	synctest.Wait() // all of them are in flight
	var rest sync.WaitGroup
	rest.Go(func() { _, _ = io.Copy(io.Discard, in) })
	for _, p := range s.pieces {
		if p.waits {
			time.Sleep(fuzzPause)
		}
		if _, err := s.peer.Write(p.bytes); err != nil {
			break // the session is over
		}
		synctest.Wait()
	}
	synctest.Wait()
	require.NoError(t, s.peer.Close())
	rest.Wait()
	synctest.Wait()
}

// judge compares what became of the requests with what must have.
func (s *fuzzedSession) judge(t *testing.T, want *foretold, replies [][]byte, errs []error, took []time.Duration) {
	t.Helper()
	for i, w := range want.requests {
		assert.LessOrEqual(t, took[i], fuzzTimeout)
		switch {
		case w.rejected:
			require.ErrorIs(t, errs[i], messages.ErrRejected, "request %d", i)
		case w.reply != nil:
			require.NoError(t, errs[i], "request %d", i)
			require.Equal(t, w.reply, replies[i])
		default:
			require.ErrorIs(t, errs[i], messages.ErrInDoubt, "request %d", i)
			var e *messages.SendError
			require.ErrorAs(t, errs[i], &e)
			require.True(t, errors.Is(e, messages.ErrTimeout) || errors.Is(e, messages.ErrLinkDown), "%v", e)
		}
	}
}

// TestFuzzedSessions: the seeds of FuzzSession have an example of all that can come of
// a request and of a message of the peer.
func TestFuzzedSessions(t *testing.T) {
	var all foretold
	answered, rejected, inDoubt := 0, 0, 0
	for _, one := range fuzzFramings {
		framer, err := framing.Parse(one.name)
		require.NoError(t, err)
		for how := range byte(fuzzReject << 1) {
			s := &fuzzedSession{framer: framer, how: how, pieces: cutUp(fuzzAnswersOf(t, one), fuzzPieces)}
			x := s.expect(t)
			all.asked, all.late, all.unmatched = all.asked+x.asked, all.late+x.late, all.unmatched+x.unmatched
			all.keepAlives += x.keepAlives
			for _, r := range x.requests {
				switch {
				case r.rejected:
					rejected++
				case r.reply != nil:
					answered++
				default:
					inDoubt++
				}
			}
		}
	}
	assert.Positive(t, answered)
	assert.Positive(t, rejected)
	assert.Positive(t, inDoubt)
	assert.Positive(t, all.asked)
	assert.Positive(t, all.late)
	assert.Positive(t, all.unmatched)
	assert.Positive(t, all.keepAlives)
}
