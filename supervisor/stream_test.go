package supervisor_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestMisframedStream: what no frame can begin with ends the session, and the
// reason says in words what the bytes look like.
func TestMisframedStream(t *testing.T) {
	for name, test := range map[string]struct {
		sent string
		says string
	}{
		"ASCII length":       {"0090" + string(template), "ASCII"},
		"HTTP":               {"GET / HTTP/1.1\r\n\r\n", "HTTP"},
		"TLS alert":          {"\x15\x03\x01\x00\x02\x02\x46", "TLS"},
		"reversed length":    {"\x5A\x00" + string(template), "order"},
		"longer than allows": {"\xFF\xFF" + string(template), "above the limit of 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			host := startHost(t, linktest.PeerConfig{
				Handle: linktest.ByConn(linktest.Garbage([]byte(test.sent)), linktest.Reply()),
			})
			l := startUp(t, host, func(c *supervisor.LinkConfig) { c.MaxFrame = 1_000 })
			_, err := l.Exchange(patient(t), newFrame("0200", 1))
			assert.ErrorIs(t, err, messages.ErrInDoubt)
			assert.ErrorIs(t, err, messages.ErrLinkDown)
			assert.ErrorContains(t, err, test.says)
			l.awaitSession(2)
			assert.ErrorContains(t, l.Status().LastError, test.says)
			var e *framing.Error
			assert.ErrorAs(t, l.Status().LastError, &e)
			l.works(2)
		})
	}
}

// TestMutatedStream: replies with random bytes changed, cut out or put in may
// cost a session, never the link, nor a caller an answer that is not its own.
func TestMutatedStream(t *testing.T) {
	const sessions = 40
	rec := newRecorder()
	mutate := func(c *linktest.Conn, f linktest.Frame) error {
		if c.Number() > sessions {
			return linktest.Reply()(c, f)
		}
		if f.Seq > 5 {
			return c.Reset()
		}
		return c.WriteRaw(mutated(stream(response(f.Body))))
	}
	host := startHost(t, linktest.PeerConfig{Handle: mutate, Recorder: rec})
	l := startLink(t, host, hasty, func(c *supervisor.LinkConfig) { c.SendTimeout, c.MaxFrame = short/2, 500 })
	failed := 0
	for stan := 1; host.Accepted() <= sessions; stan++ {
		require.NoError(t, l.Await(patient(t), messages.Up))
		frame := newFrame("0200", stan)
		reply, err := l.Exchange(patient(t), frame)
		if err != nil {
			failed++
			continue
		}
		assert.Equal(t, string(frame[stanAt:stanEnd]), string(reply[stanAt:stanEnd]), "another's answer")
	}
	assert.Greater(t, failed, sessions)
	assert.Positive(t, l.tally.answered.Load())
	assert.Zero(t, l.Status().Counters.Panics)
	l.awaitWorking()
}

// mutated changes one thing about a stream.
func mutated(b []byte) []byte {
	at := rand.N(len(b))
	switch rand.N(5) {
	case 0: // a bit
		b[at] ^= 1 << rand.N(8)
	case 1: // a byte too few
		b = append(b[:at], b[at+1:]...)
	case 2: // a byte too many
		b = append(b[:at], append([]byte{byte(rand.N(256))}, b[at:]...)...)
	case 3: // another length
		binary.BigEndian.PutUint16(b, uint16(rand.N(200)))
	}
	return b
}

// panicFramer panics at frames of a type.
type panicFramer struct {
	framing.Binary2
	append, read []byte
}

func (f panicFramer) Append(dst, header, body []byte) ([]byte, error) {
	if bytes.HasPrefix(body, f.append) {
		panic("append")
	}
	return f.Binary2.Append(dst, header, body)
}

func (f panicFramer) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	header, body, err = f.Binary2.Read(r, limit)
	if bytes.HasPrefix(body, f.read) {
		panic("read")
	}
	return header, body, err
}

// TestFramerThatPanics: a framing that panics ends its session and no other;
// what was in flight settles, the reason shows, and the link comes back within
// its backoff.
func TestFramerThatPanics(t *testing.T) {
	for name, test := range map[string]struct {
		framer  panicFramer
		outcome error
	}{
		"append": {panicFramer{append: []byte("0200"), read: []byte("nothing")}, messages.ErrNotSent},
		"read":   {panicFramer{append: []byte("nothing"), read: []byte("0210")}, messages.ErrInDoubt},
	} {
		t.Run(name, func(t *testing.T) {
			host := startHost(t, linktest.PeerConfig{})
			var watch backoffWatch
			config := linkTo("host", host)
			config.Framing = test.framer
			watch.over(&config)
			m := startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{config, linkTo("other", host)}})
			l, other := linkOf(t, m, "host"), linkOf(t, m, "other")
			other.awaitState(messages.Up)
			for session := uint64(1); session <= 5; session++ {
				l.awaitSession(session)
				l.works(int(session))
				_, err := l.Exchange(patient(t), newFrame("0200", int(session)))
				assert.ErrorIs(t, err, test.outcome)
				l.awaitStatus("the end of the session", func(s supervisor.Status) bool {
					return s.Session > session || s.State != messages.Up
				})
				assert.Error(t, l.Status().LastError)
			}
			l.awaitSession(6)
			l.works(6)
			other.works(1)
			assert.EqualValues(t, 1, other.Status().Session)
			assert.GreaterOrEqual(t, l.Status().Counters.Panics, uint64(5))
			assert.GreaterOrEqual(t, len(awaitEvents[*messages.Panicked](t, &watch.events, 5)), 5)
			assert.GreaterOrEqual(t, watch.judge(t, l.manager), 5)
		})
	}
}
