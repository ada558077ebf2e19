package actors

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// What waits for a tap's writer: so many messages, and so many bytes of them.
const (
	tapMessages = 256
	tapBytes    = 1 << 20
)

// taps are those of a link, or of an acceptor with its sessions. Without any, a
// message costs one look.
type taps struct {
	mu  sync.Mutex
	all atomic.Pointer[[]*tap] // nil: none; changed under mu
}

// tap writes the messages of a link as text. It never holds up the link: what its
// writer is too slow for is dropped, and told.
type tap struct {
	of      *taps
	spec    *iso8583.MessageSpec
	filters []iso8583.FieldFilter
	run     func(func()) // runs it on a worker
	panics  func(any)

	mu      sync.Mutex
	queue   []tapped
	bytes   int
	dropped int
	running bool
	stopped bool
	writing sync.Mutex // held while the writer writes; behind mu
	w       io.Writer
}

// tapped is a message that goes by.
type tapped struct {
	link    string
	session uint64
	at      time.Time
	out     bool
	raw     bool   // it is no message, but bytes of Link.Write
	frame   []byte // only read
}

// Tap writes each message of the link, from now on, as readable text to w, with its
// card data masked as by messages.Describe; see there for filters. stop ends it: when it has
// returned, nothing more is written.
func (r *Record) Tap(w io.Writer, filters []iso8583.FieldFilter) (stop func()) {
	return r.tapsOf().add(w, r.config.Spec, filters, r.workers.Go, func(p any) { r.panicked("Tap", p) })
}

// Tap is that of all the acceptor's sessions.
func (a *AcceptorRecord) Tap(w io.Writer, filters []iso8583.FieldFilter) (stop func()) {
	return a.taps.add(w, a.config.Session.Spec, filters, a.workers.Go, func(p any) {
		a.notifier.panicked(a.config.Name, "Tap", p)
	})
}

func (r *Record) tapsOf() *taps {
	if r.tapped != nil {
		return r.tapped
	}
	return &r.taps
}

func (t *taps) add(
	w io.Writer, spec *iso8583.MessageSpec, filters []iso8583.FieldFilter, run func(func()), panics func(any),
) (stop func()) {
	made := &tap{of: t, spec: spec, filters: filters, run: run, panics: panics, w: w}
	t.change(func(all []*tap) []*tap { return append(all, made) })
	return made.stop
}

func (t *taps) change(how func([]*tap) []*tap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []*tap
	if now := t.all.Load(); now != nil {
		all = slices.Clone(*now)
	}
	if all = how(all); len(all) == 0 {
		t.all.Store(nil)
		return
	}
	t.all.Store(&all)
}

// received shows a message of the peer, whose bytes belong to somebody else.
func (s *session) received(frame []byte) {
	if all := s.record.tapsOf().all.Load(); all != nil {
		s.show(*all, tapped{frame: bytes.Clone(frame)})
	}
}

// sends shows a message that is about to be written, so that it is shown before its
// answer; its bytes are only read.
func (s *session) sends(q *request) {
	if all := s.record.tapsOf().all.Load(); all != nil {
		s.show(*all, tapped{out: true, raw: q.kind == kindRaw, frame: q.frame})
	}
}

func (s *session) show(all []*tap, m tapped) {
	m.link, m.session, m.at = s.record.name, s.number, time.Now()
	for _, t := range all {
		t.put(m)
	}
}

func (t *tap) put(m tapped) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.stopped:
		return
	case len(t.queue) >= tapMessages || t.bytes+len(m.frame) > tapBytes:
		t.dropped++
		return
	}
	t.queue = append(t.queue, m)
	t.bytes += len(m.frame)
	if !t.running {
		t.running = true
		t.run(t.work)
	}
}

// take gets what is to be written next; without any the work ends.
func (t *tap) take() (all []tapped, dropped int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all, dropped = t.queue, t.dropped
	t.queue, t.bytes, t.dropped = nil, 0, 0
	t.running = len(all) > 0 || dropped > 0
	return all, dropped
}

// work writes until nothing is left. A writer that fails, panics or ends its
// goroutine ends the tap.
func (t *tap) work() {
	done := false
	defer func() {
		if p := recover(); p != nil {
			t.panics(p)
		}
		if !done {
			t.leave()
		}
	}()
	for all, dropped := t.take(); len(all) > 0 || dropped > 0; all, dropped = t.take() {
		for _, m := range all {
			if t.write(t.text(m)) != nil {
				return
			}
		}
		if dropped > 0 && t.write(fmt.Appendf(nil, "%d messages left out: the writer is too slow\n", dropped)) != nil {
			return
		}
	}
	done = true
}

func (t *tap) write(text []byte) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	if t.isStopped() {
		return io.ErrClosedPipe
	}
	_, err := t.w.Write(text)
	return err
}

// text is a line of what it is, and a line for each of its fields.
func (t *tap) text(m tapped) []byte {
	way := "received"
	if m.out {
		way = "sent"
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s session %d: %s %d bytes\n", m.at.Format(time.RFC3339Nano), m.link, m.session, way, len(m.frame))
	if m.raw {
		return text.Bytes()
	}
	if err := messages.Describe(&text, t.spec, m.frame, t.filters...); err != nil {
		fmt.Fprintf(&text, "%v\n", err)
	}
	return text.Bytes()
}

func (t *tap) isStopped() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stopped
}

// leave ends the tap from within.
func (t *tap) leave() {
	t.of.change(func(all []*tap) []*tap { return slices.DeleteFunc(all, func(other *tap) bool { return other == t }) })
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped, t.queue = true, nil
}

func (t *tap) stop() {
	t.leave()
	t.writing.Lock() // who writes has done so
	defer t.writing.Unlock()
}
