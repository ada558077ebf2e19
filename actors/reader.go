package actors

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/messages"
)

// A session begins with a small read buffer, and gets a larger one each time that
// was filled: most links are idle most of the time. In bytes.
const (
	smallBuffer  = 512
	largeBuffer  = 64 << 10
	bufferGrowth = 8
)

// reader is the actor that owns the goroutine blocked in Read. The goroutine
// (readLoop) touches the session's socket, lastRead, and the mailbox of the
// correlator, and nothing else of the link. It ends when the socket is closed.
type reader struct {
	loop readLoop
}

func spawnReader(ctx actor.Context, s *session) *actor.PID {
	r := &reader{loop: readLoop{session: s, readAt: s.lastRead.Load(), rest: s.socket.early}}
	mailbox := newMailbox(mailboxOptions{workers: s.record.workers, panicked: s.record.panickedIn("reader")})
	return spawnChild(ctx, "reader", r, mailbox)
}

// Receive starts the goroutine.
func (r *reader) Receive(ctx actor.Context) {
	if _, ok := ctx.Message().(*actor.Started); ok {
		r.loop.session.record.workers.GoLong(r.loop.run)
	}
}

// batches is how many batches of frames may be on their way to the correlator;
// then the reader waits, and the peer with it.
const batches = 4

// maxBatch bounds the frames of a batch: keep-alives apart, one buffer holds
// no more than that.
const maxBatch = 512

// readLoop turns the stream into batches of frames: all that one Read brought
// goes to the correlator in one message.
type readLoop struct {
	session *session
	batch   *batch // being filled; nil: none taken yet
	made    int    // batches made so far, at most batches
	filled  bool   // a read filled its buffer, since that has grown
	reading bool   // the socket is being read
	alive   keepAlives
	readAt  int64  // clock time of the last read that brought something
	rest    []byte // to be read first: what came before the session, or what the small buffer held
}

// run has one way out: the end of the stream goes to the correlator, behind
// the last batch, whatever ended it.
func (l *readLoop) run() {
	defer l.end()
	config := l.session.record.config
	r := bufio.NewReaderSize(l, smallBuffer)
	for {
		if l.filled && r.Size() < largeBuffer {
			r = l.grow(r)
		}
		header, body, err := config.Framing.Read(r, config.MaxFrame)
		if err != nil {
			l.session.ends(readError(err))
			return
		}
		if len(body) == 0 {
			if !l.keepAlive() {
				return
			}
			continue
		}
		if !l.add(header, body) {
			return
		}
	}
}

// grow gives the framer a larger buffer, with what the small one holds.
func (l *readLoop) grow(small *bufio.Reader) *bufio.Reader {
	held, _ := small.Peek(small.Buffered()) // cannot fail: it asks for what is there
	l.rest = append([]byte(nil), held...)
	l.filled = false
	return bufio.NewReaderSize(l, min(bufferGrowth*small.Size(), largeBuffer))
}

func readError(err error) error {
	if errors.Is(err, io.EOF) {
		return messages.ErrPeerClosed
	}
	return fmt.Errorf("read: %w", err)
}

func (l *readLoop) end() {
	if p := recover(); p != nil {
		where := l.where()
		l.session.ends(fmt.Errorf("%s panicked: %T", where, p))
		l.session.record.panicked(where, p)
	}
	l.flush()
	l.session.correlator.PostUserMessage(streamEnd{})
}

// where is whose code runs.
func (l *readLoop) where() string {
	switch s := l.session.socket; {
	case !l.reading:
		return "Framing"
	case s.Conn != s.raw: // with TLS, a session ticket may come at any time
		return "TLS"
	}
	return "Conn"
}

// Read is the framer's source. When it is called, the frames that were in the
// buffer have been read: they go on before this goroutine blocks.
func (l *readLoop) Read(p []byte) (int, error) {
	if len(l.rest) > 0 {
		n := copy(p, l.rest)
		l.rest = l.rest[n:]
		return n, nil
	}
	l.flush()
	l.reading = true
	n, err := l.session.socket.Read(p)
	l.reading = false
	if n > 0 {
		l.readAt = l.session.record.now()
	}
	l.filled = l.filled || n == len(p)
	return n, err
}

// add puts a frame into the batch; false when the session is over.
func (l *readLoop) add(header, body []byte) bool {
	if l.batch == nil && !l.takeBatch() {
		return false
	}
	l.session.received(body)
	l.batch.frames = append(l.batch.frames, inFrame{header: header, body: body})
	f := &l.batch.frames[len(l.batch.frames)-1]
	f.mti, f.key, f.err = l.session.record.readKey(header, body)
	handled := false
	if l.session.record.config.Reject != nil {
		handled = l.reject(f)
	}
	if !f.isReject {
		f.verify = l.session.record.keys.verify.read(body)
	}
	if handled {
		again := inFrame{header: bytes.Clone(header), body: bytes.Clone(body)} // each has an owner
		again.mti, again.key, again.err = l.session.record.readKey(header, body)
		l.batch.frames = append(l.batch.frames, again)
	}
	if len(l.batch.frames) >= maxBatch {
		l.flush()
	}
	return true
}

// reject asks the configuration whether f is a reject, and reports whether it is
// to be handled as a request, too.
func (l *readLoop) reject(f *inFrame) (handled bool) {
	r := l.session.record
	defer func() {
		if p := recover(); p != nil {
			r.panicked("Reject", p)
		}
	}()
	received := messages.NewReceived(f.mti, f.header, f.body, r.keyOf)
	key, code, ok := r.config.Reject(received)
	if !ok {
		return false
	}
	f.key, f.err, f.isReject, f.rejectCode = key, nil, true, code
	return received.ToHandler && r.config.Handler != nil
}

// takeBatch gets an empty batch: a new one, or one that the correlator has
// given back. It waits while all are on their way; false when the session is
// over.
func (l *readLoop) takeBatch() bool {
	select {
	case l.batch = <-l.session.handled:
		return true
	default:
	}
	if l.made < batches {
		l.made++
		l.batch = new(batch)
		return true
	}
	select {
	case l.batch = <-l.session.handled:
		return true
	case <-l.session.over:
		return false
	}
}

func (l *readLoop) flush() {
	if l.batch == nil {
		return
	}
	b := l.batch
	l.batch = nil
	b.at = l.readAt
	l.session.lastRead.Store(l.readAt)
	l.session.correlator.PostUserMessage(b)
}
