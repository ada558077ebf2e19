package main

import (
	"time"

	"github.com/isolink-go/isolink/framing"
)

// treat decides what becomes of a request. All but the prompt answers are faults.
func (p *port) treat(in *inbox) {
	h := p.host
	if h.calm.Load() {
		in.conn.answer(in, replying)
		return
	}
	if take(&p.halves) {
		in.conn.halfClose(in)
		return
	}
	if take(&p.garbled) {
		in.conn.garble(in)
		return
	}
	if take(&p.wrong) {
		in.conn.mangle(in)
		return
	}
	if p.random.chance(30) {
		in.conn.asks(in)
	}
	switch n := p.random.n(100); {
	case n < 10:
		in.conn.hold(in)
	case n < 13:
		in.conn.answer(in, replying)
		h.tally.came(duplicate)
		if p.random.chance(2) {
			in.conn.answer(in, replying)
		} else {
			h.later(p.random.between(0, 2*time.Second), func() { p.answerSomewhere(in) })
		}
	case n < 15:
		h.later(p.random.between(shortTimeout, sendTimeout+time.Second), func() {
			if p.answerSomewhere(in) {
				h.tally.came(lateAnswer)
			}
		})
	case n < 16:
		h.tally.came(noAnswer)
	case n < 17 && h.rejects:
		h.tally.came(reject)
		in.conn.answer(in, rejecting)
	case n < 19:
		in.conn.unasked(in)
		in.conn.answer(in, replying)
	case n < 31 && h.scope:
		if sibling := p.sibling(); sibling != nil {
			h.tally.came(onSibling)
			sibling.answer(in, replying)
			return
		}
		in.conn.answer(in, replying)
	default:
		in.conn.answer(in, replying)
	}
}

// answerSomewhere answers where the request came by, or on the port's newest
// connection, or on that of a sibling; false where there is none.
func (p *port) answerSomewhere(in *inbox) bool {
	on := in.conn
	if p.host.scope && p.random.chance(3) {
		on = p.sibling()
	} else if !on.usable() || p.random.chance(3) {
		on = p.newest()
	}
	if on == nil {
		return false
	}
	if on != in.conn {
		p.host.tally.came(laterSession)
	}
	on.answer(in, replying)
	return true
}

// unasked writes a response that nobody waits for: with a STAN that is never used,
// or with that of a request in flight and another id.
func (c *hostConn) unasked(in *inbox) {
	h := c.port.host
	response := in.response("00")
	if h.verify && c.port.random.chance(2) {
		h.tally.came(wrongID)
		response.id, response.content = strangerID, digestText(strangerID)
	} else {
		h.tally.came(neverAsked)
		response.stan = stanText(lastSTAN + uint64(c.port.random.n(999_999-lastSTAN)))
		response.id, response.content = strangerID, digestText(strangerID)
	}
	c.write(in.header, response.pack())
}

// strangerID is the id of no exchange.
const strangerID = 999_999_999_999

// asks sends a request of the host's own, with the STAN of one that it was asked.
func (c *hostConn) asks(in *inbox) {
	h := c.port.host
	id, text := h.ledger.asked(ask{door: byHost, foreign: true, start: h.ledger.now()}, c.port.content)
	own := message{mti: "0200", stan: in.stan, id: id, content: text}
	h.tally.came(sameSTAN)
	c.write(in.header, own.pack())
}

// garble answers, and has garbage in the same write.
func (c *hostConn) garble(in *inbox) {
	h := c.port.host
	frame, err := h.framer.Append(nil, framing.ReplyHeader(h.framer, in.header), in.response("00").pack())
	if err != nil {
		return
	}
	h.ledger.hosts.add(line{id: in.id, digest: in.digest(), at: h.ledger.now(), conn: c.number, deed: replying})
	h.tally.came(garbage)
	c.writeRaw(append(frame, c.port.random.bytes(1+c.port.random.n(300))...))
}

// mangle answers with a length that is too long, too short, or beyond all bounds.
func (c *hostConn) mangle(in *inbox) {
	h := c.port.host
	body := in.response("00").pack()
	header := framing.ReplyHeader(h.framer, in.header)
	odd := 1 + c.port.random.n(20)
	var frame []byte
	var err error
	switch c.port.random.n(3) {
	case 0:
		frame, err = h.framer.Append(nil, header, append(body, make([]byte, odd)...))
		frame = frame[:max(len(frame)-odd, 0)]
	case 1:
		frame, err = h.framer.Append(nil, header, body[:len(body)-odd])
		frame = append(frame, body[len(body)-odd:]...)
	default:
		frame, err = h.framer.Append(nil, header, make([]byte, 2*maxFrame))
		frame = frame[:max(len(frame)-2*maxFrame+len(body), 0)]
	}
	if err != nil {
		return
	}
	h.tally.came(wrongLength)
	h.ledger.hosts.add(line{id: in.id, digest: in.digest(), at: h.ledger.now(), conn: c.number, deed: mangling})
	c.writeRaw(frame)
}

// content is something to say in a message, the ids' own each time.
func (p *port) content(id uint64) string { return contentOf(id, p.random.n(200)) }
