package actors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

var errReset = errors.New("connection reset by peer")

// Frames are of one form: MTI, bitmap, STAN (11), retrieval reference (37), and, in a
// response, the number of the answer (38) and the response code (39). The reference
// says which transaction it is, whatever the STAN.
const (
	requestBitmap  = "00200000080000000000000000000000"
	responseBitmap = "002000000E0000000000000000000000"
	stanAt         = 4 + 32
	rrnAt          = stanAt + 6
	serialAt       = rrnAt + 12
	codeAt         = serialAt + 6
	responseSize   = codeAt + 2
)

func simFrame(mti, stan string, rrn uint64) []byte {
	return fmt.Appendf(nil, "%s%s%s%012d", mti, requestBitmap, stan, rrn)
}

func simResponse(mti, stan string, rrn, serial uint64, code string) []byte {
	return fmt.Appendf(nil, "%s%s%s%012d%06s%s", mti, responseBitmap, stan, rrn, strconv.FormatUint(serial, 36), code)
}

func stanOf(frame []byte) string { return string(frame[stanAt:rrnAt]) }

func rrnOf(frame []byte) uint64 {
	n, err := strconv.ParseUint(string(frame[rrnAt:serialAt]), 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func serialOf(frame []byte) uint64 {
	n, err := strconv.ParseUint(string(bytes.TrimLeft(frame[serialAt:codeAt], "0 ")), 36, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// requestID tells requests apart: a repeat has the reference of its original.
func requestID(frame []byte) uint64 { return 2*rrnOf(frame) + uint64(frame[3]-'0') }

// offer looks at what a Write is given: the rest of the one before, or whole frames
// of requests that are claimed and in time, each for the first time.
func (c *simConn) offer(p []byte) {
	if c.broken {
		c.fault("illegal", "%s: written after a failure", c.link.name)
	}
	if len(c.pending) > 0 {
		if !bytes.Equal(p, c.pending) {
			c.fault("illegal", "%s: a Write does not go on where the last one stopped", c.link.name)
		}
		return
	}
	at := c.taken
	for rest := p; len(rest) > 0; {
		size := 2 + int(binary.BigEndian.Uint16(rest))
		frame := wireFrame{start: at, end: at + int64(size)}
		if size > 2 {
			frame.sent = c.offered(rest[2:size])
		}
		c.onWire = append(c.onWire, frame)
		at += int64(size)
		rest = rest[size:]
	}
}

func (c *simConn) offered(frame []byte) *simRequest {
	sent := c.sent[requestID(frame)]
	switch {
	case sent == nil:
		c.fault("illegal", "%s: a frame that nobody has sent", c.link.name)
	case !bytes.Equal(frame, sent.frame) || sent.link != c.link:
		c.fault("misdelivered", "%s: another frame, or another link's", c.link.name)
	case sent.offered:
		c.fault("duplicated", "%s: request %d is written twice", c.link.name, sent.id)
	case sent.outcome == settledNotSent, sent.outcome != 0 && !c.link.tls: // a Write that may block comes behind the claim
		c.fault("illegal", "%s: request %d has settled, and is written", c.link.name, sent.id)
	case c.now() >= sent.deadline && !c.link.tls:
		c.fault("illegal", "%s: request %d is past its deadline, and is written", c.link.name, sent.id)
	}
	if sent != nil {
		sent.offered = true
	}
	return sent
}

// take lets the network have n bytes of p, and the host what is whole.
func (c *simConn) take(p []byte, n int) int {
	c.taken += int64(n)
	c.pending = bytes.Clone(p[n:])
	for len(c.onWire) > 0 && c.onWire[0].start < c.taken {
		f := c.onWire[0]
		if s := f.sent; s != nil {
			s.touched = true
			if s.outcome == settledNotSent {
				c.fault("illegal", "%s: request %d is not sent, and written", c.link.name, s.id)
			}
		}
		if f.end > c.taken {
			break
		}
		c.onWire = c.onWire[1:]
		if f.sent != nil {
			f.sent.whole = true
			c.host.takes(c, f.sent.frame)
		}
	}
	return n
}
