package actors

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// fakeConn takes so many bytes, then returns err.
type fakeConn struct {
	net.Conn // its other methods are not called
	room     int
	err      error
	got      []byte
	writes   []int
}

func (c *fakeConn) Write(p []byte) (int, error) {
	n := min(len(p), c.room)
	c.room -= n
	c.got = append(c.got, p[:n]...)
	c.writes = append(c.writes, n)
	if n < len(p) {
		return n, c.err
	}
	return n, nil
}

func (*fakeConn) SetWriteDeadline(time.Time) error { return nil }
func (*fakeConn) SetReadDeadline(time.Time) error  { return nil }
func (*fakeConn) Close() error                     { return nil }

// tryingConn is a fakeConn that can be written to without blocking, and then
// takes at most some bytes at a time.
type tryingConn struct {
	*fakeConn
	most int
}

func (c *tryingConn) TryWrite(p []byte) (int, error) {
	n, err := c.Write(p[:min(len(p), c.most)])
	return n, err
}

// loneWriter is a writer without actors around it.
func loneWriter(conn net.Conn) *writer {
	c := loneCorrelator()
	c.record.config.Framing = framing.Binary2{}
	c.record.system = quietSystem()
	c.session.link = c.record.system.NewLocalPID("nobody")
	c.session.correlator = c.mailbox
	c.session.socket = newSocket(conn, conn, "fake")
	w := &writer{session: c.session, record: c.record, mailbox: newMailbox(mailboxOptions{}), try: newTryWriter(conn)}
	w.mailbox.onWorker = true
	return w
}

// queued are requests of so many bytes each, in the writer's queue.
func (w *writer) queued(sizes ...int) []*request {
	var all []*request
	for _, size := range sizes {
		q := &request{record: w.record, frame: make([]byte, size), deadline: w.record.now() + int64(time.Hour), done: make(chan struct{}, 2)}
		all = append(all, q)
		w.queue = append(w.queue, q)
	}
	return all
}

func TestWriterSkipsWhatIsExpiredOrSettled(t *testing.T) {
	conn := &fakeConn{room: 1 << 20}
	w := loneWriter(conn)
	all := w.queued(10, 10, 10)
	all[0].deadline = w.record.now()
	require.True(t, all[1].fail(wordQueued, messages.ErrLinkDown))
	w.flush()
	assertFailed(t, all[0], messages.ErrNotSent)
	assert.ErrorIs(t, all[0].err, messages.ErrTimeout)
	assert.ErrorIs(t, all[1].err, messages.ErrLinkDown)
	assert.Equal(t, wordClaimed, all[2].word.Load())
	assert.Len(t, conn.got, 12, "one frame")
}

func TestWriterJoinsUpToTheLimit(t *testing.T) {
	conn := &fakeConn{room: 1 << 20}
	w := loneWriter(conn)
	w.queued(8000, 8000, 8000, 20_000, 100)
	for len(w.queue) > 0 {
		w.flush()
	}
	// Two frames are 16,004 bytes, a third would be too many; a frame above the
	// limit goes alone.
	assert.Equal(t, []int{16_004, 8_002, 20_002, 102}, conn.writes)
}

// TestWriterFails: a write that stopped after n bytes leaves in doubt what
// began before n, and nothing else.
func TestWriterFails(t *testing.T) {
	const frame = 10 + 2
	for n := range 3*frame + 1 {
		if n == 3*frame {
			break // that is no failure
		}
		conn := &fakeConn{room: n, err: syscall.EPIPE}
		w := loneWriter(conn)
		all := w.queued(10, 10, 10)
		w.flush()
		later := w.queued(10)
		w.refuseQueue()
		for i, q := range all {
			if i*frame < n {
				assert.Equal(t, wordClaimed, q.word.Load(), "n %d: request %d may have been read in part", n, i)
				continue
			}
			assertFailed(t, q, messages.ErrNotSent)
			assert.ErrorIs(t, q.err, messages.ErrLinkDown)
			assert.ErrorIs(t, q.err, syscall.EPIPE)
			assert.Equal(t, wordDropped, q.word.Load(), "its key is free")
		}
		assertFailed(t, later[0], messages.ErrNotSent)
		assert.ErrorIs(t, w.session.why(), syscall.EPIPE)
		w.flush()
		assert.Len(t, conn.got, n, "nothing is written after a failure")
	}
}

// TestWriterFailsWithPosts: of posts and replies, those that a failed write had
// handed over are settled so, that in which it stopped is in doubt, the others
// were not sent.
func TestWriterFailsWithPosts(t *testing.T) {
	const frame = 10 + 2
	for n := range 3 * frame {
		w := loneWriter(&fakeConn{room: n, err: syscall.EPIPE})
		all := w.queued(10, 10, 10)
		for i, q := range all {
			q.kind = []kind{kindPost, kindReply}[i%2]
		}
		w.flush()
		for i, q := range all {
			switch {
			case (i+1)*frame <= n:
				assert.Len(t, q.done, 1)
				assert.NoError(t, q.err, "n %d: frame %d was handed over", n, i)
			case i*frame < n:
				assertFailed(t, q, messages.ErrInDoubt)
				assert.ErrorIs(t, q.err, syscall.EPIPE)
			default:
				assertFailed(t, q, messages.ErrNotSent)
			}
		}
		w.stop()
	}
}

// TestWriterStopsWhileItWrites: nobody knows what became of a write that never
// returned: posts and replies are in doubt, exchanges are the correlator's.
func TestWriterStopsWhileItWrites(t *testing.T) {
	w := loneWriter(&fakeConn{room: 1 << 20})
	all := w.queued(10, 10, 10)
	all[0].kind, all[1].kind = kindPost, kindReply
	w.fill()
	w.stop()
	assertFailed(t, all[0], messages.ErrInDoubt)
	assertFailed(t, all[1], messages.ErrInDoubt)
	assert.Equal(t, wordClaimed, all[2].word.Load())
}

// TestEndLeavesClaimedPostsToTheWriter: a peer may read a reply and close before
// its write has returned here; it was handed over all the same.
func TestEndLeavesClaimedPostsToTheWriter(t *testing.T) {
	w := loneWriter(&fakeConn{room: 1 << 20})
	c := &correlator{session: w.session, record: w.record, scope: w.record.scope, table: w.record.scope.table, mailbox: w.session.correlator}
	all := w.queued(10, 10, 10)
	all[0].kind, all[1].kind, all[2].kind = kindReply, kindPost, kindReply
	for _, q := range all {
		require.NoError(t, c.table.add(q))
	}
	w.queue = w.queue[:2]
	w.fill()
	c.end()
	assert.Zero(t, c.record.open)
	assertFailed(t, all[2], messages.ErrNotSent)
	assert.Empty(t, all[0].done, "not settled yet")
	done, err := w.write()
	require.True(t, done)
	require.NoError(t, err)
	w.handedOver()
	for _, q := range all[:2] {
		assert.Len(t, q.done, 1)
		assert.NoError(t, q.err)
	}
}

// TestEndBeforeTheWriteHasFailed: with OnDisconnect Wait, the end of a session leaves in
// the table what was claimed. Of what then turns out not to be written nothing stays
// there: a drain would wait for its deadline.
func TestEndBeforeTheWriteHasFailed(t *testing.T) {
	w := loneWriter(&fakeConn{room: 12, err: syscall.EPIPE})
	w.record.config.OnDisconnect, w.record.scope.shared = Wait, true
	c := &correlator{session: w.session, record: w.record, scope: w.record.scope, table: w.record.scope.table, mailbox: w.session.correlator}
	c.mailbox.refuse = c.refuse
	all := w.queued(10, 10)
	for i, q := range all {
		q.key = stanKeys[i]
		require.NoError(t, c.table.add(q))
	}
	w.fill()
	c.end()
	c.mailbox.close()
	require.Equal(t, 2, c.record.open)
	done, err := w.write()
	require.True(t, done)
	w.fail(err)
	assertFailed(t, all[1], messages.ErrNotSent)
	assert.Nil(t, c.table.find(stanKeys[1]))
	assert.Equal(t, 1, c.record.open, "the other one waits")
}

// TestWriterTries: what a first attempt does not take goes on in a blocking
// write, from where it stopped.
func TestWriterTries(t *testing.T) {
	for most := range 13 {
		conn := &tryingConn{&fakeConn{room: 1 << 20}, most}
		w := loneWriter(conn)
		all := w.queued(10)
		w.mailbox.onWorker = false
		w.flush()
		if most < 12 {
			require.True(t, w.mailbox.toWorker, "most %d: the rest may block", most)
			require.True(t, w.mailbox.dirty, "and is not forgotten")
			w.mailbox.onWorker = true
			w.flush()
		}
		assert.Equal(t, append([]byte{0, 10}, all[0].frame...), conn.got, "most %d", most)
	}
}

// agingConn is a tryingConn whose write deadline has always passed by the next
// attempt, as that of a link does that has nothing to write for a while.
type agingConn struct {
	*tryingConn
	passed bool
}

func (c *agingConn) SetWriteDeadline(t time.Time) error {
	c.passed = !t.IsZero()
	return nil
}

func (c *agingConn) TryWrite(p []byte) (int, error) {
	if c.passed {
		return 0, os.ErrDeadlineExceeded
	}
	return c.tryingConn.TryWrite(p)
}

// TestWriteTimeoutEndsWithItsWrite: a write that had to wait, and came to a good end,
// takes its deadline with it.
func TestWriteTimeoutEndsWithItsWrite(t *testing.T) {
	conn := &agingConn{tryingConn: &tryingConn{&fakeConn{room: 1 << 20}, 5}}
	w := loneWriter(conn)
	w.queued(10)
	w.flush()
	require.Len(t, conn.got, 12, "five bytes at once, the others by a write that may block")
	conn.most = 1 << 20
	w.queued(10)
	w.flush()
	assert.NoError(t, w.failed)
	assert.Len(t, conn.got, 24)
}

func TestWriterRefusesWhatTheFramingCannotSay(t *testing.T) {
	conn := &fakeConn{room: 1 << 20}
	w := loneWriter(conn)
	all := w.queued(70_000, 10)
	w.flush()
	assertFailed(t, all[0], messages.ErrNotSent)
	assert.ErrorIs(t, all[0].err, messages.ErrFrameTooLarge)
	assert.Len(t, conn.got, 12, "the other is written")

	w = loneWriter(conn)
	w.record.config.Framing = framing.Binary2{HeaderLen: 20}
	all = w.queued(10)
	w.flush()
	assertFailed(t, all[0], messages.ErrNotSent)
	assert.False(t, errors.Is(all[0].err, messages.ErrFrameTooLarge), "%v", all[0].err)
	assert.ErrorIs(t, all[0].err, framing.ErrLength)
}
