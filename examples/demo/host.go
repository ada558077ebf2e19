package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// digestField is where a reply carries the digest of its request: the field
// for additional private data.
const digestField = 48

// pollEvery is how often is looked for what nobody tells of.
const pollEvery = 5 * time.Millisecond

// host is the peer of one link. It logs each request before it does anything
// with it.
type host struct {
	index   int
	seed    uint64
	timeout time.Duration // of the senders
	numbers *traffic.Numbers
	ledger  *ledger
	peer    *linktest.Peer

	// gate is held by a stall: nothing is read, logged or answered meanwhile.
	gate   sync.RWMutex
	faults [kinds]atomic.Uint64 // those that happened
	later  atomic.Int64         // replies that are still delayed

	mu         sync.Mutex
	halfClosed map[int]bool // connections by number
}

// listen starts the host; the caller closes it.
func (h *host) listen(config *tls.Config) {
	h.halfClosed = make(map[int]bool)
	h.peer = linktest.NewPeer(linktest.PeerConfig{
		Framing: framing.Binary2{}, TLS: config, Handle: h.handle,
	})
}

// request is one request, as the host deals with it.
type request struct {
	conn  *linktest.Conn
	entry entry
	reply []byte
}

// handle logs a request, and then treats it as the seed says.
func (h *host) handle(conn *linktest.Conn, frame linktest.Frame) error {
	h.gate.RLock()
	defer h.gate.RUnlock()
	message, err := messages.Unpack(spec87.Spec, frame.Body)
	if err != nil {
		return err
	}
	r := request{conn: conn, entry: h.entry(conn, message, frame.Body)}
	h.ledger.add(r.entry)

	t := treatment{kind: kinds}
	if number, ok := h.numbers.Number(r.entry.reference); ok {
		t = treat(h.seed, number)
	}
	if r.reply, err = respond(message, r.entry, t.declined); err != nil {
		return err
	}
	switch t.kind {
	case answersNever:
		h.faults[answersNever].Add(1)
		return nil
	case answersLate:
		h.later.Add(1)
		time.AfterFunc(h.timeout+t.delay, func() { h.answerLate(r) })
		return nil
	case answersTwice:
		h.faults[answersTwice].Add(1)
		if err := h.answer(r); err != nil {
			return err
		}
	default: // nothing is wrong with it
	}
	return h.answer(r)
}

func (h *host) entry(conn *linktest.Conn, message *iso8583.Message, body []byte) entry {
	e := entry{host: h.index, conn: conn.Number(), mti: linktest.MTI(body), digest: sha256.Sum256(body)}
	// A field that is not there reads as an empty one.
	e.reference, _ = message.GetString(traffic.ReferenceField)
	e.stan, _ = message.GetString(traffic.STANField)
	return e
}

// respond makes the request its own response.
func respond(message *iso8583.Message, e entry, declined bool) ([]byte, error) {
	code := "00"
	if declined {
		code = "51" // not sufficient funds
	}
	message.MTI(e.mti[:2] + string(e.mti[2]+1) + e.mti[3:])
	for field, value := range map[int]string{39: code, digestField: hex.EncodeToString(e.digest[:])} {
		if err := message.Field(field, value); err != nil {
			return nil, err
		}
	}
	return messages.Pack(message)
}

// answer writes a reply. On a connection that the host has half-closed it
// cannot, and goes on reading.
func (h *host) answer(r request) error {
	r.entry.conn, r.entry.stage = r.conn.Number(), replying
	h.ledger.add(r.entry)
	if err := r.conn.WriteFrame(linktest.Frame{Body: r.reply}); err != nil {
		if h.isHalfClosed(r.conn) {
			return nil
		}
		return err
	}
	r.entry.stage = replied
	h.ledger.add(r.entry)
	return nil
}

// answerLate answers when the sender waits no longer, over the connection that
// the link has by then.
func (h *host) answerLate(r request) {
	defer h.later.Add(-1)
	h.gate.RLock()
	defer h.gate.RUnlock()
	conns := h.open()
	if len(conns) == 0 {
		return
	}
	r.conn = conns[len(conns)-1]
	if h.answer(r) == nil {
		h.faults[answersLate].Add(1)
	}
}

// open is the connections that can be answered on, the newest last.
func (h *host) open() []*linktest.Conn {
	var open []*linktest.Conn
	for _, c := range h.peer.Conns() {
		if _, ready := c.TLS(); ready && !h.isHalfClosed(c) {
			open = append(open, c)
		}
	}
	return open
}

func (h *host) isHalfClosed(c *linktest.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.halfClosed[c.Number()]
}

// misbehave does to the connections what the plan says, until ctx ends.
func (h *host) misbehave(ctx context.Context, plan []fault) {
	start := time.Now()
	for _, f := range plan {
		select {
		case <-time.After(time.Until(start.Add(f.at))):
		case <-ctx.Done():
			return
		}
		h.misbehaveOnce(ctx, f)
	}
}

func (h *host) misbehaveOnce(ctx context.Context, f fault) {
	if f.kind == stalls {
		h.faults[stalls].Add(1)
		h.stall(ctx, f.lasts)
		return
	}
	conn := h.awaitOpen(ctx)
	if conn == nil {
		return
	}
	h.faults[f.kind].Add(1)
	switch f.kind {
	case closes:
		_ = conn.Close()
	case resets:
		_ = conn.Reset()
	case halfCloses:
		h.mu.Lock()
		h.halfClosed[conn.Number()] = true
		h.mu.Unlock()
		_ = conn.CloseWrite()
	default: // no other kind is planned
	}
}

func (h *host) stall(ctx context.Context, lasts time.Duration) {
	h.gate.Lock()
	defer h.gate.Unlock()
	select {
	case <-time.After(lasts):
	case <-ctx.Done():
	}
}

// awaitOpen waits for a connection to misbehave on; nil when ctx ends first.
func (h *host) awaitOpen(ctx context.Context) *linktest.Conn {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		if conns := h.open(); len(conns) > 0 {
			return conns[len(conns)-1]
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// awaitQuiet waits until no reply is delayed any more.
func (h *host) awaitQuiet() {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for h.later.Load() > 0 {
		<-ticker.C
	}
}

// close ends the host.
func (h *host) close() {
	h.peer.Close()
	h.awaitQuiet()
}
