package actors

import (
	"encoding/binary"
	"io"
	"slices"
	"time"
)

// simHost is the host of the links of one scope, with the network before it.
type simHost struct {
	*simulation
	links        []*simLink
	verify       bool // the links compare field 37: a wrong answer can be found out
	writeTimeout time.Duration
	conns        []*simConn // that it has

	down    bool // it takes no connections
	refuses bool // and says so
	certs   bool // it does not take the certificates of the links
	mute    bool // it answers no network management
	deaf    bool // it answers nothing
}

// simAnswer is what the host has said, and what became of it.
type simAnswer struct {
	serial, rrn              uint64
	stan                     string
	network                  bool
	settled, late, unmatched int
}

// troubled reports whether no link can be up for long.
func (h *simHost) troubled() bool { return h.down || h.certs || h.mute || h.deaf }

// dial decides what becomes of an attempt.
func (h *simHost) dial(l *simLink, attempt uint64) {
	wait, ok := h.between(time.Millisecond, 50*time.Millisecond), false
	switch {
	case h.down && !h.refuses:
		h.figures.unreachable++
		wait = l.record.config.ConnectTimeout
	case h.down, h.chance(0.01):
		h.figures.refused++
	case h.certs && l.tls, h.chance(0.005):
		h.figures.handshakes++
		wait = h.between(10*time.Millisecond, time.Second)
	default:
		ok = true
		if h.chance(0.01) {
			h.figures.slowDials++
			wait = h.between(time.Second, 9*time.Second)
		}
	}
	l.due = h.now() + int64(wait)
	h.in(wait, "dial "+l.name, l.number, func() {
		if !ok || h.down {
			l.dialOver(attempt, nil)
			return
		}
		h.figures.connections++
		c := &simConn{simulation: h.simulation, host: h, link: l, number: h.figures.connections}
		h.conns = append(h.conns, c)
		l.dialOver(attempt, c)
	})
}

// lost takes a connection out.
func (h *simHost) lost(c *simConn) {
	h.conns = slices.DeleteFunc(h.conns, func(other *simConn) bool { return other == c })
}

// reset ends a connection at once, and all that is on its way.
func (h *simHost) reset(c *simConn) {
	h.lost(c)
	c.link.excused = h.now()
	c.gone = errReset
	if x := c.session; x != nil {
		h.in(h.moment(), "reset "+c.link.name, c.number, func() { x.endRead(errReset) })
		if x.blocked {
			h.in(h.moment(), "write ends "+c.link.name, c.number, x.unblock)
		}
	}
}

// hangUp ends a connection behind what is on its way.
func (h *simHost) hangUp(c *simConn) {
	h.lost(c)
	c.link.excused = h.now()
	h.in(time.Duration(c.arrives-h.now()), "end "+c.link.name, c.number, func() {
		if c.gone == nil && c.session != nil {
			c.gone = io.EOF
			c.session.endRead(io.EOF)
		}
	})
}

// takes is the network that brings a frame to the host.
func (h *simHost) takes(c *simConn, frame []byte) {
	h.in(h.between(time.Millisecond, 20*time.Millisecond), "host", requestID(frame), func() {
		if c.gone != errReset {
			h.receives(c, frame)
		}
	})
}

func (h *simHost) receives(c *simConn, frame []byte) {
	if s := h.sent[requestID(frame)]; s != nil {
		if s.received {
			h.fault("duplicated", "the host has request %d twice", s.id)
		}
		s.received = true
	}
	if h.deaf {
		h.figures.ignored++
		return
	}
	switch string(frame[:2]) {
	case "08":
		h.manages(c, frame)
	case "02":
		if frame[2] == '0' {
			h.authorizes(c, frame)
		}
	}
}

// manages answers an echo, a sign-on or a sign-off, mostly.
func (h *simHost) manages(c *simConn, frame []byte) {
	switch n := h.rng.IntN(100); {
	case h.mute, n == 0:
		h.figures.ignored++
	case n == 1:
		h.figures.managementRefused++
		h.answer(c, frame, h.between(0, 300*time.Millisecond), "91")
	default:
		h.answer(c, frame, h.between(0, 300*time.Millisecond), "00")
	}
}

// authorizes decides what becomes of a request. In a day in which nothing else is
// amiss, one of twenty has no answer as it should be.
func (h *simHost) authorizes(c *simConn, frame []byte) {
	soon := h.between(20*time.Millisecond, 300*time.Millisecond)
	deadline, window := c.link.record.config.SendTimeout, c.link.record.config.LateWindow
	switch n := h.rng.IntN(1_000); {
	case n < 950:
		h.answer(c, frame, soon, "00")
	case n < 965:
		h.figures.slow++
		h.answer(c, frame, h.between(time.Second, deadline-50*time.Millisecond), "00")
	case n < 975:
		h.figures.afterDeadline++
		h.answer(c, frame, h.between(deadline, deadline+window-time.Second), "00")
	case n < 978:
		if h.verify { // a link that does not compare could take it for another's
			h.figures.afterWindow++
			h.answer(c, frame, h.between(deadline+window+time.Second, deadline+2*window), "00")
		}
	case n < 983:
		h.figures.ignored++
	case n < 990:
		h.figures.twice++
		h.answer(c, frame, soon, "00")
		h.answer(c, frame, soon+h.between(0, 2*time.Second), "00")
	case n < 993:
		h.figures.unknown++
		h.answer(c, frame, soon, "00")
		h.say(c, soon, simFrame("0210", "000000", 0), "00")
	case n < 995:
		h.figures.unreadable++
		h.answer(c, frame, soon, "00")
		h.in(soon, "unreadable", c.number, func() { h.deliver(c, []byte("02")) })
	case n < 996:
		if h.verify {
			h.figures.wrong++
			h.say(c, soon, simFrame("0210", stanOf(frame), rrnOf(frame)+1<<39), "00")
		}
	case n < 997:
		h.figures.resets++
		h.reset(c)
	case n < 998: // what it answers in another session
		h.figures.resets++
		h.answer(c, frame, h.between(time.Second, 20*time.Second), "00")
		h.reset(c)
	default:
		h.figures.answeredThenEnd++
		h.answer(c, frame, 0, "00")
		h.in(0, "hangs up", c.number, func() { h.hangUp(c) })
	}
}

// answer answers a request after some time.
func (h *simHost) answer(c *simConn, request []byte, after time.Duration, code string) {
	reply := slices.Clone(request)
	reply[2], reply[3] = '1', '0'
	h.say(c, after, reply, code)
}

// say says on that connection, or, where it is gone, on another one of the host,
// what has MTI, STAN and reference of like.
func (h *simHost) say(c *simConn, after time.Duration, like []byte, code string) {
	h.in(after, "says", requestID(like), func() {
		to := c
		if !slices.Contains(h.conns, c) || (len(h.links) > 1 && h.chance(0.1)) {
			if len(h.conns) == 0 {
				h.figures.unsaid++
				return
			}
			to = h.conns[h.rng.IntN(len(h.conns))]
			if to.link != c.link {
				h.figures.onSiblings++
			} else if to != c {
				h.figures.inLaterSessions++
			}
		}
		h.figures.answers++
		a := &simAnswer{
			serial: h.figures.answers, rrn: rrnOf(like), stan: stanOf(like), network: like[1] == '8',
		}
		h.answers[a.serial] = a
		h.deliver(to, simResponse(string(like[:4]), a.stan, a.rrn, a.serial, code))
	})
}

// deliver is the network that brings a frame to the link, in order.
func (h *simHost) deliver(c *simConn, body []byte) {
	c.arrives = max(c.arrives, h.now()+int64(h.between(time.Millisecond, 20*time.Millisecond)))
	frame := append(binary.BigEndian.AppendUint16(nil, uint16(len(body))), body...)
	h.in(time.Duration(c.arrives-h.now()), "arrives "+c.link.name, c.number, func() {
		x := c.session
		if c.closed || c.gone != nil || x == nil || x.readEnded {
			h.loses(body)
			return
		}
		c.received = append(c.received, frame...)
		x.read()
	})
}

// loses is the network that brings it nowhere.
func (s *simulation) loses(body []byte) {
	s.figures.lostOnTheWay++
	if len(body) == responseSize {
		delete(s.answers, serialOf(body))
	}
}

// disturb does something to a connection, and to the host for a while.
func (h *simHost) disturb() {
	if h.quiet {
		return
	}
	h.in(h.exponential(90*time.Minute), "disturb", h.links[0].number, h.disturb)
	if len(h.conns) == 0 {
		return
	}
	c := h.conns[h.rng.IntN(len(h.conns))]
	c.link.excused = h.now()
	until := func(d time.Duration, do func()) { h.in(d, "over", c.number, do) }
	switch h.rng.IntN(8) {
	case 0:
		h.figures.resets++
		h.reset(c)
	case 1:
		h.figures.halfCloses++
		h.hangUp(c)
	case 2:
		h.figures.stalls++
		c.stalled = true
		until(h.between(time.Second, time.Minute), func() { c.stalled = false })
	case 3:
		h.figures.brokenWrites++
		c.fails = true
	case 4:
		h.figures.mutes++
		h.mute = true
		until(h.between(time.Minute, 10*time.Minute), func() { h.mute = false })
	case 5:
		h.figures.deafs++
		h.deaf = true
		until(h.between(10*time.Second, 8*time.Minute), func() { h.deaf = false })
	case 6:
		h.figures.peerSignOffs++
		l := c.link
		l.peerSigns(true)
		until(h.between(time.Second, 5*time.Minute), func() { l.peerSigns(false) })
	case 7: // the host sends keep-alives
		h.figures.theirKeepAlives++
		for range 1 + h.rng.IntN(5) {
			h.deliver(c, nil)
		}
	}
}

// fail takes the host away for long, then brings it back.
func (h *simHost) fail() {
	if h.quiet {
		return
	}
	h.figures.outages++
	h.down, h.refuses = true, h.chance(0.5)
	for _, c := range slices.Clone(h.conns) {
		if h.chance(0.8) {
			h.reset(c)
		} else {
			h.lost(c) // it vanishes, and says nothing
		}
	}
	h.in(h.between(5*time.Minute, 3*time.Hour), "host is back", h.links[0].number, func() { h.down = false })
	h.in(h.exponential(5*24*time.Hour), "host fails", h.links[0].number, h.fail)
}
