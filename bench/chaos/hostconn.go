package main

import (
	"bufio"
	"net"
	"sync"
	"time"

	"github.com/isolink-go/isolink/framing"
)

// hostPatience bounds each call of a host that may block.
const hostPatience = 2 * time.Second

// hostConn is a connection that a raw host has accepted.
type hostConn struct {
	net.Conn
	raw    net.Conn
	port   *port
	number uint32

	mu     sync.Mutex // one writer at a time; guards the rest
	signed bool
	ended  bool
	half   bool // closed for writing
	held   []*inbox
}

// inbox is a request that a host has read.
type inbox struct {
	message
	header []byte
	conn   *hostConn
}

func (c *hostConn) usable() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.signed && !c.ended && !c.half
}

func (c *hostConn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}

// serve reads until the stream ends.
func (c *hostConn) serve() {
	r := bufio.NewReaderSize(c.Conn, 1<<14)
	for {
		header, body, err := c.port.host.framer.Read(r, maxFrame)
		if err != nil {
			return
		}
		if m, ok := parse(body); ok {
			c.took(&inbox{m, header, c})
		}
	}
}

// took sorts a message.
func (c *hostConn) took(in *inbox) {
	h := c.port.host
	switch {
	case !in.isRequest():
		id, digest, _ := in.answers()
		h.ledger.hosts.add(line{id: id, digest: digest, at: h.ledger.now(), conn: c.number, deed: repliedBack})
	case in.mti == network.MTI:
		c.manage(in)
	default:
		c.mu.Lock()
		early := !c.signed
		c.mu.Unlock()
		if early {
			h.early.Add(1)
		}
		h.ledger.hosts.add(line{id: in.id, digest: in.digest(), at: h.ledger.now(), conn: c.number, deed: received})
		c.port.treat(in)
	}
}

// manage answers network management.
func (c *hostConn) manage(in *inbox) {
	code := "00"
	if in.function == network.SignOn {
		refused := c.port.refuse.Load()
		if refused {
			code = "91"
			c.port.host.tally.came(signOnRefused)
		}
		c.mu.Lock()
		c.signed = !refused
		c.mu.Unlock()
	}
	c.write(in.header, in.response(code).pack())
}

// write writes one frame; what becomes of it is the wire's affair.
func (c *hostConn) write(requestHeader, body []byte) {
	framer := c.port.host.framer
	frame, err := framer.Append(nil, framing.ReplyHeader(framer, requestHeader), body)
	if err == nil {
		c.writeRaw(frame)
	}
}

func (c *hostConn) writeRaw(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeLocked(b)
}

func (c *hostConn) writeLocked(b []byte) {
	if c.ended || c.half {
		return
	}
	_ = c.raw.SetWriteDeadline(time.Now().Add(hostPatience))
	_, _ = c.Write(b)
}

// answer logs a response, and then writes it.
func (c *hostConn) answer(in *inbox, as deed) {
	h := c.port.host
	response := in.response("00")
	if as == rejecting {
		response = &message{mti: "9" + in.mti[1:], stan: in.stan, id: in.id, content: in.content}
	}
	h.ledger.hosts.add(line{id: in.id, digest: in.digest(), at: h.ledger.now(), conn: c.number, deed: as})
	c.write(in.header, response.pack())
}

// hold keeps a request, and answers all that it keeps, the last one first, when
// they are enough, or soon.
func (c *hostConn) hold(in *inbox) {
	c.mu.Lock()
	c.held = append(c.held, in)
	n := len(c.held)
	c.mu.Unlock()
	switch n {
	case heldAtMost:
		c.release()
	case 1:
		c.port.host.later(heldFor, c.release)
	}
}

const (
	heldAtMost = 8
	heldFor    = 20 * time.Millisecond
)

func (c *hostConn) release() {
	c.mu.Lock()
	held := c.held
	c.held = nil
	c.mu.Unlock()
	for i := len(held) - 1; i >= 0; i-- {
		c.answer(held[i], replying)
	}
	if len(held) > 1 {
		c.port.host.tally.came(otherOrder)
	}
}

// halfClose answers in and all that is held, and ends the stream right behind, in
// this direction.
func (c *hostConn) halfClose(in *inbox) {
	c.release()
	c.answer(in, replying)
	closer, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.half || c.ended || closer.CloseWrite() != nil {
		return
	}
	c.half = true
	_ = c.raw.SetReadDeadline(time.Now().Add(hostPatience))
	c.port.host.tally.came(halfClose)
}
