package actors

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/isolink-go/isolink/messages"
)

// modelWriter says what a writer does, in as few words as possible: it keeps every
// byte with the one that it belongs to, and asks the bytes.
type modelWriter struct {
	now       int64
	queue     []*modelFrame
	buffer    []modelByte
	took      int // of buffer, by the network
	keepAlive bool
	failed    bool
	wire      []byte
	posted    []*modelFrame // told to the correlator
}

// modelFrame is a request: what is to be written, and what became of it.
type modelFrame struct {
	q        *request
	bytes    []byte // on the wire; nil: the framing cannot say it
	exchange bool
	deadline int64
	claimed  bool
	settled  string
}

type modelByte struct {
	of *modelFrame // nil: a keep-alive
	is byte
}

func (f *modelFrame) settle(how string) {
	if f.settled == "" {
		f.settled = how
	}
}

// giveUp is what anybody else does: the deadline, a caller, the end of the session.
func (f *modelFrame) giveUp() {
	if f.claimed {
		f.settle("in doubt")
	} else {
		f.settle("not sent")
	}
}

// flush claims, where nothing is claimed, then writes. network takes bytes, in one
// or in two attempts.
func (m *modelWriter) flush(network func([]byte) (took int, done bool, err error)) {
	if m.failed {
		return
	}
	if len(m.buffer) == 0 {
		m.fill()
	}
	if len(m.buffer) == 0 {
		return
	}
	var bytes []byte
	for _, b := range m.buffer[m.took:] {
		bytes = append(bytes, b.is)
	}
	took, done, err := network(bytes)
	m.wire = append(m.wire, bytes[:took]...)
	m.took += took
	switch {
	case err != nil:
		m.fail()
	case done:
		for _, f := range m.inBuffer() {
			m.handedOver(f)
		}
		m.buffer, m.took = nil, 0
	}
}

func (m *modelWriter) fill() {
	if m.keepAlive {
		m.buffer = []modelByte{{}, {}}
		m.keepAlive = false
	}
	for len(m.queue) > 0 {
		f := m.queue[0]
		switch {
		case f.deadline <= m.now || f.bytes == nil:
			f.settle("not sent")
		case len(m.buffer) > 0 && len(m.buffer)+len(f.bytes) > 16<<10:
			return
		case f.settled == "":
			f.claimed = true
			for _, b := range f.bytes {
				m.buffer = append(m.buffer, modelByte{f, b})
			}
		}
		m.queue = m.queue[1:]
	}
}

func (m *modelWriter) inBuffer() (all []*modelFrame) {
	for _, b := range m.buffer {
		if b.of != nil && (len(all) == 0 || all[len(all)-1] != b.of) {
			all = append(all, b.of)
		}
	}
	return all
}

func (m *modelWriter) handedOver(f *modelFrame) {
	if !f.exchange && f.settled == "" {
		f.settle("posted")
		m.posted = append(m.posted, f)
	}
}

// fail: who has bytes out there may have been read.
func (m *modelWriter) fail() {
	m.failed = true
	out := make(map[*modelFrame]int)
	for _, b := range m.buffer[:m.took] {
		out[b.of]++
	}
	for _, f := range m.inBuffer() {
		switch {
		case out[f] == 0:
			f.settle("not sent")
		case f.exchange: // its answer may be here already
		case out[f] == len(f.bytes):
			f.settle("posted")
		default:
			f.settle("in doubt")
		}
	}
	m.buffer, m.took = nil, 0
	m.refuse()
}

func (m *modelWriter) refuse() {
	for _, f := range m.queue {
		f.settle("not sent")
	}
	m.queue = nil
}

// stop: nobody knows how far the write came.
func (m *modelWriter) stop() {
	for _, f := range m.inBuffer() {
		if !f.exchange {
			f.settle("in doubt")
		}
	}
	m.buffer = nil
}

// scriptedConn does in each write what was drawn for it.
type scriptedConn struct {
	fakeConn
	steps []writeStep
}

type writeStep struct {
	took int // at most
	err  error
}

func (c *scriptedConn) Write(p []byte) (int, error) {
	step := next(&c.steps)
	n := min(step.took, len(p))
	c.got = append(c.got, p[:n]...)
	return n, step.err
}

// scriptedTry can be written to without blocking, too.
type scriptedTry struct{ *scriptedConn }

func (c scriptedTry) TryWrite(p []byte) (int, error) { return c.Write(p) }

// writerTrial does the same to a writer and to its model, and compares.
type writerTrial struct {
	writer *writer
	conn   *scriptedConn
	tries  bool
	model  modelWriter
	all    []*modelFrame
	seen   map[string]int
}

// begin makes a writer for a connection of either sort.
func (tr *writerTrial) begin(t *rapid.T) {
	tr.conn, tr.model, tr.all = new(scriptedConn), modelWriter{now: int64(30 * time.Second)}, nil
	tr.tries = rapid.Bool().Draw(t, "tries")
	if tr.tries {
		tr.writer = loneWriter(scriptedTry{tr.conn})
	} else {
		tr.writer = loneWriter(tr.conn)
	}
	tr.writer.record.scope.epoch = time.Now().Add(-30 * time.Second) // half-way between two minutes
}

func (tr *writerTrial) end(t *rapid.T) {
	tr.writer.stop()
	tr.model.stop()
	tr.compare(t)
	for _, f := range tr.all {
		tr.seen[f.settled]++
	}
}

func (tr *writerTrial) post(t *rapid.T) {
	w := tr.writer
	k := rapid.SampledFrom([]kind{kindSend, kindPost, kindReply, kindNetwork, kindRaw}).Draw(t, "kind")
	size := rapid.SampledFrom([]int{1, 10, 100, 300, 8_000, 16_384, 70_000}).Draw(t, "size")
	minutes := rapid.SampledFrom([]int{0, 1, 2, 9, 9, 9, 9}).Draw(t, "deadline in minutes")
	frame := make([]byte, size)
	for i := range frame {
		frame[i] = byte(len(tr.all)*7 + i)
	}
	q := &request{record: w.record, kind: k, frame: frame, done: make(chan struct{}, 2)}
	f := &modelFrame{q: q, exchange: q.kind.isExchange(), deadline: int64(minutes) * int64(time.Minute)}
	q.deadline = f.deadline
	switch {
	case k == kindRaw:
		f.bytes = frame
	case size < 1<<16:
		f.bytes = append([]byte{byte(size >> 8), byte(size)}, frame...)
	}
	tr.all = append(tr.all, f)
	tr.model.queue = append(tr.model.queue, f)
	w.queue = append(w.queue, q)
	if w.failed != nil { // as in Receive
		w.refuseQueue()
		tr.model.refuse()
	}
}

// flush lets the network take what is drawn: all, a part, or a part and then break.
func (tr *writerTrial) flush(t *rapid.T) {
	switch {
	case tr.model.failed && rapid.Bool().Draw(t, "another connection"):
		tr.end(t)
		tr.begin(t)
		tr.post(t)
	case len(tr.model.queue)+len(tr.model.buffer) == 0:
		tr.post(t)
	}
	onWorker := rapid.Bool().Draw(t, "on a worker")
	took := rapid.SampledFrom([]int{0, 1, 2, 3, 12, 50, 200, 500, 8_000, 8_100, 16_386})
	draw := func(name string, mayFallShort bool) writeStep {
		step := writeStep{took: 1 << 20}
		switch rapid.IntRange(0, 9).Draw(t, name) {
		case 0:
			step = writeStep{took.Draw(t, "took"), os.ErrDeadlineExceeded}
		case 1, 2, 3:
			if mayFallShort {
				step.took = took.Draw(t, "took")
			}
		}
		return step
	}
	try, block := draw("try", true), draw("block", false)
	var steps []writeStep
	tr.model.flush(func(p []byte) (took int, done bool, err error) {
		if tr.tries && tr.model.took == 0 {
			steps = append(steps, try)
			took = min(try.took, len(p))
			switch {
			case try.err != nil:
				tr.seen["broken at once"]++
				return took, true, try.err
			case took == len(p):
				return took, true, nil
			}
			tr.seen["short"]++
		}
		if !onWorker {
			tr.seen["blocked"]++
			return took, false, nil
		}
		steps = append(steps, block)
		more := min(block.took, len(p)-took)
		if block.err != nil {
			tr.seen["broken"]++
		}
		return took + more, true, block.err
	})
	tr.conn.steps = steps
	w := tr.writer
	w.mailbox.onWorker, w.mailbox.dirty, w.mailbox.toWorker = onWorker, false, false
	w.flush()
	require.Empty(t, tr.conn.steps, "fewer writes than expected")
	rest := !tr.model.failed && len(tr.model.buffer)+len(tr.model.queue) > 0
	require.Equal(t, rest, w.mailbox.dirty, "it asks to be called again for what is left, and only then")
}

// compare says in what the writer differs from the model.
func (tr *writerTrial) compare(t *rapid.T) {
	require.Equal(t, len(tr.model.wire), len(tr.conn.got), "bytes on the wire")
	require.Equal(t, string(tr.model.wire), string(tr.conn.got), "bytes on the wire")
	require.Equal(t, len(tr.model.queue), len(tr.writer.queue))
	require.Equal(t, tr.model.failed, tr.writer.failed != nil)
	for i, f := range tr.all {
		require.Equal(t, f.settled, outcomeIn(f.q), "request %d", i)
		word := f.q.word.Load()
		require.Equal(t, f.settled == "" && f.claimed, word == wordClaimed, "request %d", i)
		require.Equal(t, f.settled == "not sent", word == wordDropped, "request %d: its key is free", i)
	}
	var told []*request
	for m := tr.writer.session.correlator; m.take(); {
		for _, msg := range m.batch {
			if p, ok := msg.(wrotePosts); ok {
				told = append(told, p.requests...)
			}
		}
		m.batch = nil
	}
	var posted []*request
	for _, f := range tr.model.posted {
		posted = append(posted, f.q)
	}
	tr.model.posted = nil
	require.Equal(t, len(posted), len(told))
	for i := range posted {
		require.Same(t, posted[i], told[i], "the correlator is told in order")
	}
}

// outcomeIn is what the caller of q was told; it settles once.
func outcomeIn(q *request) string {
	switch {
	case len(q.done) > 1:
		return fmt.Sprintf("%d signals", len(q.done))
	case len(q.done) == 0:
		return ""
	case q.err == nil:
		return "posted"
	case errors.Is(q.err, messages.ErrNotSent):
		return "not sent"
	case errors.Is(q.err, messages.ErrInDoubt):
		return "in doubt"
	}
	return q.err.Error()
}

// TestWriterAgainstModel does anything that can be done to a writer: requests of all
// kinds and lengths, deadlines, callers that give up, keep-alives, writes that block,
// fall short or break. What is on the wire is exactly the frames of those that were
// claimed, in order, and who settles how is what the bytes say.
func TestWriterAgainstModel(t *testing.T) {
	seen := make(map[string]int)
	rapid.Check(t, func(t *rapid.T) {
		tr := &writerTrial{seen: seen}
		tr.begin(t)
		t.Repeat(map[string]func(*rapid.T){
			"post":       tr.post,
			"post more":  tr.post,
			"flush":      tr.flush,
			"flush more": tr.flush,
			"keep-alive": func(*rapid.T) {
				tr.writer.keepAliveDue = true
				tr.model.keepAlive = true
			},
			"give up": func(t *rapid.T) {
				if len(tr.all) > 0 {
					f := rapid.SampledFrom(tr.all).Draw(t, "whom")
					f.q.failAny(messages.ErrTimeout)
					f.giveUp()
				}
			},
			"a minute": func(*rapid.T) {
				tr.writer.record.scope.epoch = tr.writer.record.scope.epoch.Add(-time.Minute)
				tr.model.now += int64(time.Minute)
			},
			"": tr.compare,
		})
		tr.end(t)
	})
	t.Log(seen)
	for _, what := range []string{"posted", "not sent", "in doubt", "", "short", "blocked", "broken", "broken at once"} {
		assert.Greater(t, seen[what], 5, what)
	}
}
