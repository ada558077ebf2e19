package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/framing"
)

// maxFrame bounds all frames.
const maxFrame = 2_000

// oracle stands between links and their sockets. It writes down which requests were
// handed to the kernel, if only in part, and which responses came from it.
type oracle struct {
	ledger *ledger
	conns  atomic.Uint32
	open   atomic.Int64
}

func (o *oracle) watch(conn net.Conn, framer framing.Framer) net.Conn {
	o.open.Add(1)
	return &watched{Conn: conn, oracle: o, number: o.conns.Add(1), framer: framer}
}

// watched is a connection of a link.
type watched struct {
	net.Conn
	oracle *oracle
	number uint32
	framer framing.Framer
	in     stream // the reader's alone
	out    stream // the writer's alone

	mu     sync.Mutex
	over   bool // its end is noted
	closed bool
}

// NetConn is the connection below: its socket options are in reach.
func (w *watched) NetConn() net.Conn { return w.Conn }

// Read reads, and notes each whole response before it is returned.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		at := w.oracle.ledger.now()
		w.in.feed(w.framer, p[:n], n, func(body []byte) {
			m, ok := parse(body)
			if id, digest, answers := m.answers(); ok && answers && !m.isRequest() {
				w.oracle.ledger.wire.add(line{id: id, digest: digest, at: at, conn: w.number, deed: read})
			}
		})
	}
	if err != nil {
		w.ends(errors.Is(err, net.ErrClosed))
	}
	return n, err
}

// Write writes, and notes each request of which a byte was handed over.
func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	at := w.oracle.ledger.now()
	w.out.feed(w.framer, p, n, func(body []byte) {
		if m, ok := parse(body); ok && m.isRequest() && m.id != 0 {
			w.oracle.ledger.wire.add(line{id: m.id, digest: m.digest(), at: at, conn: w.number, deed: handed})
		}
	})
	return n, err
}

// Close closes the connection below.
func (w *watched) Close() error {
	w.ends(true)
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		w.oracle.open.Add(-1)
	}
	w.mu.Unlock()
	return w.Conn.Close()
}

func (w *watched) ends(local bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.over = true
		w.oracle.ledger.noteEnd(w.number, ended{at: w.oracle.ledger.now(), local: local})
	}
}

// stream finds the frames in one direction of a connection.
type stream struct {
	carry  []byte // handed over, and no whole frame yet
	told   bool   // the frame at its beginning was told
	broken bool   // out of step, or flooded: as the link, it reads no further
	alive  int    // keep-alives in a row
	reader bufio.Reader
}

// feed takes what a call was given, of which n bytes went through, and tells each
// frame of which at least one byte did. A frame is told when all of it is known.
func (s *stream) feed(framer framing.Framer, p []byte, n int, tell func(body []byte)) {
	if s.broken {
		return
	}
	all := slices.Concat(s.carry, p)
	through := len(s.carry) + n
	at := 0
	for at < through {
		source := bytes.NewReader(all[at:])
		s.reader.Reset(source)
		_, body, err := framer.Read(&s.reader, maxFrame)
		if err != nil {
			s.broken = !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF)
			break
		}
		if s.flooded(body) {
			break
		}
		if !s.told && len(body) > 0 {
			tell(body)
		}
		end := len(all) - source.Len() - s.reader.Buffered()
		if end > through {
			s.told = true
			break
		}
		s.told = false
		at = end
	}
	s.carry = append(s.carry[:0], all[at:through]...)
}

// flooded counts keep-alives, of which a link bears so many in a second: what is
// behind them in the same read it does not take.
func (s *stream) flooded(body []byte) bool {
	s.alive++
	if len(body) > 0 {
		s.alive = 0
	}
	s.broken = s.broken || s.alive > actors.DefaultMaxKeepAlives
	return s.broken
}
