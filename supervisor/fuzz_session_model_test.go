package supervisor_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// foretold is what must come of a stream: the model of FuzzSession. It has the
// framing and the reader of keys in common with what is tested, which have targets of
// their own.
type foretold struct {
	requests []*foretoldOne
	byKey    map[messages.Key]*foretoldOne

	asked, late, unmatched, keepAlives uint64
	end                                error // of the framing; nil: there were too many keep-alives

	refused bool // it never was a session
	tooLate bool // since the first message was not there in time
}

// foretoldOne is one request in flight.
type foretoldOne struct {
	reply    []byte // that answers it in time; nil: none
	rejected bool
	done     bool // nothing that comes is a reply to it any more
}

// The times of a fuzzed session: each wait of the peer, and how long requests wait for
// their responses. None comes at the deadline.
const (
	fuzzPause      = 3 * time.Second
	fuzzTimeout    = 10 * time.Second
	fuzzKeepAlives = 5
	fuzzSkipped    = 16 // keep-alives before the first message, at most
	fuzzFrame      = 256
)

// expect plays the stream through the model.
func (s *fuzzedSession) expect(t *testing.T) *foretold {
	t.Helper()
	reader := s.keys(t)
	x := &foretold{byKey: make(map[messages.Key]*foretoldOne)}
	for _, r := range s.requests() {
		_, key, err := reader.Read(fuzzRequest(r.mti, r.stan))
		require.NoError(t, err)
		one := new(foretoldOne)
		x.requests, x.byKey[key] = append(x.requests, one), one
	}
	var wire []byte
	for _, p := range s.pieces {
		wire = append(wire, p.bytes...)
	}
	source := bytes.NewReader(wire)
	in := bufio.NewReader(iotest.OneByteReader(source)) // no byte is taken before it is needed
	var flooded keepAliveCount
	var began time.Duration // of the session
	awaited, skipped := s.how&fuzzFirst != 0, 0
	for {
		header, body, err := s.framer.Read(in, fuzzFrame)
		at := max(began, s.cameAt(len(wire)-source.Len()))
		if awaited {
			if err == nil && len(body) == 0 && at < fuzzTimeout && skipped < fuzzSkipped {
				skipped++
				continue
			}
			if err != nil || len(body) == 0 || at > fuzzTimeout {
				x.end, x.refused, x.tooLate = err, true, at > fuzzTimeout
				return x
			}
			awaited, began = false, at
			// The session reads them again, all at once.
			for range skipped {
				x.keepAlives++
				if flooded.over(began) {
					return x
				}
			}
		}
		switch {
		case err != nil:
			x.end = err
			return x
		case len(body) > 0:
			x.message(s, reader, header, body, at)
		case flooded.over(at):
			x.keepAlives++
			return x
		default:
			x.keepAlives++
		}
	}
}

// cameAt is when the byte in front of offset came, from the start.
func (s *fuzzedSession) cameAt(offset int) (at time.Duration) {
	for _, p := range s.pieces {
		if p.waits {
			at += fuzzPause
		}
		if offset -= len(p.bytes); offset <= 0 {
			break
		}
	}
	return at
}

// keepAliveCount counts those that came at the same time: the peer waits for longer
// than a second, or not at all.
type keepAliveCount struct {
	at    time.Duration
	count int
}

func (c *keepAliveCount) over(at time.Duration) bool {
	if c.at != at {
		*c = keepAliveCount{at: at}
	}
	c.count++
	return c.count > fuzzKeepAlives
}

// message sorts one message of the peer.
func (x *foretold) message(s *fuzzedSession, reader *messages.KeyReader, header, body []byte, at time.Duration) {
	mti, key, err := reader.Read(body)
	isReject := false
	if s.how&fuzzReject != 0 {
		if rejected, _, ok := fuzzRejecter(messages.NewReceived(mti, header, body, reader.KeyOf)); ok {
			key, isReject = rejected, true
		}
	}
	one := x.byKey[key]
	switch {
	case !isReject && mti.IsRequest() && s.how&fuzzHandler != 0:
		x.asked++
	case !isReject && (err != nil || !mti.IsResponse()), one == nil, one.done:
		x.unmatched++
	case at > fuzzTimeout:
		x.late++
		one.done = true
	case isReject:
		one.rejected, one.done = true, true
	default:
		one.reply, one.done = body, true
	}
}

// fuzzRejecter knows both kinds of rejects.
func fuzzRejecter(r *messages.Received) (messages.Key, string, bool) {
	if key, code, ok := messages.RejectBaseI(r); ok {
		return key, code, ok
	}
	return messages.RejectVersion9('0')(r)
}

// keys reads keys as the session does.
func (s *fuzzedSession) keys(t *testing.T) *messages.KeyReader {
	t.Helper()
	reader, err := messages.NewKeyReader(fuzzSpec, 11)
	require.NoError(t, err)
	if s.how&fuzzNormalized != 0 {
		return reader.Normalized()
	}
	return reader
}

// judgeEnd compares why the session ended with what the stream says.
func (x *foretold) judgeEnd(t *testing.T, reason error) {
	t.Helper()
	var read, want *framing.Error
	switch {
	case x.end == nil:
		require.ErrorIs(t, reason, messages.ErrKeepAliveFlood)
	case x.end == io.EOF:
		require.ErrorIs(t, reason, messages.ErrPeerClosed)
	case assert.ErrorAs(t, x.end, &want) && errors.Is(want, io.ErrUnexpectedEOF):
		// The pieces say how much of a message was there.
		require.ErrorIs(t, reason, io.ErrUnexpectedEOF)
		require.ErrorAs(t, reason, &read)
	default:
		require.ErrorAs(t, reason, &read)
		require.ErrorIs(t, reason, want.Err)
		require.Equal(t, want.Size, read.Size)
		require.LessOrEqual(t, len(read.Bytes), 8)
	}
}
