package actors

import (
	"bufio"
	"net"
	"time"
)

// simSession has the real actors of a session, without their goroutines: their
// mailboxes have no consumer, and the simulation says when what waits is handled.
type simSession struct {
	*simLink
	session    *session
	socket     *socket
	conn       *simConn
	correlator *correlator
	writer     *writer
	loop       *readLoop
	reader     *bufio.Reader

	handling, writing  bool // planned
	blocked            bool // the writer is in a Write
	readEnded          bool
	writerGone, allEnd bool // stopWriter, stopCorrelator were called
}

// openSession is link.open.
func (l *simLink) openSession() {
	r, c := l.record, l.dialled
	l.dialled = nil
	var conn net.Conn = c
	if !l.tls {
		conn = &simTryConn{c}
	}
	r.memory.session++
	x := &simSession{simLink: l, conn: c, socket: newSocket(conn, conn, "sim")}
	x.session = newSession(r, r.memory.session, l.process.PID(), x.socket)
	c.session = x
	x.writer = &writer{session: x.session, record: r, mailbox: newMailbox(mailboxOptions{}), try: newTryWriter(conn)}
	x.correlator = &correlator{session: x.session, record: r, scope: r.scope, table: r.scope.table}
	x.correlator.mailbox = newMailbox(mailboxOptions{refuse: x.correlator.refuse})
	x.session.writer, x.session.correlator = x.writer.mailbox, x.correlator.mailbox
	x.loop = &readLoop{session: x.session}
	x.reader = bufio.NewReaderSize(x.loop, largeBuffer/8)
	l.session = x
	r.current.Store(x.session)
	r.shown.update(func(st *Status) { st.Session = x.session.number })
	l.figures.sessions++
}

// waits reports whether a mailbox has messages.
func waits(m *Mailbox) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.user) > 0
}

// pump plans the handling of what was posted.
func (x *simSession) pump() {
	if !x.handling && waits(x.correlator.mailbox) {
		x.handling = true
		x.in(x.moment(), "correlator "+x.name, x.session.number, x.correlate)
	}
	if !x.writing && !x.blocked && waits(x.writer.mailbox) {
		x.writing = true
		x.in(x.moment(), "writer "+x.name, x.session.number, x.write)
	}
}

// correlate is correlator.handleAll.
func (x *simSession) correlate() {
	x.handling = false
	c := x.correlator
	c.scope.own()
	defer c.scope.disown()
	for c.mailbox.take() {
		for _, msg := range c.mailbox.batch {
			x.before(msg)
			c.handle(msg)
			x.after(msg)
		}
		c.mailbox.batch = c.mailbox.batch[:0]
	}
	c.tellDrained()
}

// before and after watch the correlator at its work.
func (x *simSession) before(msg any) {
	if b, ok := msg.(*batch); ok {
		x.arriving(b)
	}
}

func (x *simSession) after(msg any) {
	switch m := msg.(type) {
	case *request:
		x.registered(m)
	case *batch:
		x.matched()
	case streamEnd:
		x.judgeOpen("at the end of its stream")
	}
}

// write is writer.Receive.
func (x *simSession) write() {
	x.writing = false
	if x.writerGone {
		return
	}
	w := x.writer
	for w.mailbox.take() {
		for _, msg := range w.mailbox.batch {
			switch m := msg.(type) {
			case *request:
				w.queue = append(w.queue, m)
			case keepAliveDue:
				w.keepAliveDue = true
			}
		}
		w.mailbox.batch = w.mailbox.batch[:0]
	}
	if w.failed != nil {
		w.refuseQueue()
	}
	x.flush(false)
}

// flush hands over what there is; where that may block, it goes on on a worker, and
// the Write returns later.
func (x *simSession) flush(onWorker bool) {
	m := x.writer.mailbox
	m.onWorker = onWorker
	for m.dirty = true; m.dirty; {
		m.dirty = false
		x.writer.flush()
		if m.toWorker {
			m.toWorker = false
			x.blocked = true
			x.figures.blockedWrites++
			x.in(x.conn.blocks(), "write returns "+x.name, x.session.number, x.unblock)
			return
		}
		m.onWorker = false
	}
}

func (x *simSession) unblock() {
	if x.blocked && !x.writerGone {
		x.blocked = false
		x.flush(true)
	}
}

// read is readLoop.run, for what has come.
func (x *simSession) read() {
	if x.readEnded || x.conn.closed {
		return
	}
	if x.loop.made == batches && len(x.session.handled) == 0 {
		x.in(time.Millisecond, "read "+x.name, x.session.number, x.read) // it waits for a batch
		return
	}
	for len(x.conn.received) > 0 || x.reader.Buffered() > 0 {
		header, body, err := x.record.config.Framing.Read(x.reader, x.record.config.MaxFrame)
		switch {
		case err != nil:
			x.endRead(err)
			return
		case len(body) == 0:
			x.loop.keepAlive()
		default:
			x.loop.add(header, body)
		}
	}
	x.loop.flush()
}

// endRead is what the read loop ends with.
func (x *simSession) endRead(err error) {
	if x.readEnded {
		return
	}
	if len(x.conn.received) > 0 && err != errReset && err != net.ErrClosed {
		x.in(time.Millisecond, "read ends "+x.name, x.session.number, func() { x.endRead(err) }) // it comes behind
		return
	}
	x.conn.drop()
	x.readEnded = true
	x.session.ends(readError(err))
	x.loop.end()
}

// stopWriter and stopCorrelator are what the actors' Stopped does.
func (x *simSession) stopWriter() {
	if x.blocked && x.chance(0.5) {
		x.unblock() // the closed socket lets the Write return
	}
	x.writerGone = true
	x.writer.stop()
	x.writer.mailbox.close()
}

func (x *simSession) stopCorrelator() {
	x.allEnd = true
	x.correlator.stop()
}

// judgeOpen looks for requests of the link that should have settled with its
// session: all, or, where they may wait for another one, those that were not
// written, and network management.
func (x *simSession) judgeOpen(when string) {
	for _, q := range x.scope.scope.table.openOf(x.record) {
		if q.word.Load() == wordClaimed && x.record.config.OnDisconnect == Wait && q.kind == kindSend && !x.session.cut.Load() {
			continue
		}
		x.fault("hung", "%s: %v is open %s", x.name, q, when)
	}
}

// judgeEnd looks at a session of which nothing is left.
func (x *simSession) judgeEnd() {
	x.judgeOpen("when its session is gone")
	if len(x.writer.spans) > 0 || !x.conn.closed {
		x.fault("hung", "%s: a session leaves something behind", x.name)
	}
}
