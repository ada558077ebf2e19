package actors

import (
	"fmt"

	"github.com/isolink-go/isolink/framing"
)

// silence judges what is sent and awaited where there is nothing to say; c has its
// defaults. The framing is looked at where it is usable.
func (f *faults) silence(c LinkConfig, usable bool) {
	f.positiveOrNone("SendKeepAlive", c.SendKeepAlive)
	f.atLeastOne("MaxKeepAlives", int64(c.MaxKeepAlives))
	f.positiveOrNone("ReadIdle", c.ReadIdle)
	if usable && (c.SendKeepAlive > 0 || c.AnswerKeepAlives) {
		f.hasKeepAlive(c)
	}
	if c.Echo.Build == nil {
		return // neither IdleTime nor Echo.Timeout is used
	}
	if c.SendKeepAlive > 0 && c.SendKeepAlive >= c.IdleTime {
		f.add("SendKeepAlive", "%v is not below IdleTime, %v: while the link is up, an echo is always written before",
			c.SendKeepAlive, c.IdleTime)
	}
	if c.ReadIdle > 0 && c.ReadIdle <= c.IdleTime {
		f.add("ReadIdle", "%v is not above IdleTime, %v: a peer that only answers would be taken for silent before it is asked",
			c.ReadIdle, c.IdleTime)
	}
	if c.ReadIdle > 0 && c.ReadIdle <= c.Echo.Timeout {
		f.add("ReadIdle", "%v is not above Echo.Timeout, %v: the peer would be taken for silent while it may still answer an echo",
			c.ReadIdle, c.Echo.Timeout)
	}
}

// hasKeepAlive refuses keep-alives that the framing cannot express.
func (f *faults) hasKeepAlive(c LinkConfig) {
	if _, ok := appendKeepAlive(c.Framing, nil); ok {
		return
	}
	const problem = "the framing %s has no keep-alive, a message of length zero: leave it zero"
	name := framingName(c.Framing)
	if c.SendKeepAlive > 0 {
		f.add("SendKeepAlive", problem, name)
	}
	if c.AnswerKeepAlives {
		f.add("AnswerKeepAlives", problem, name)
	}
}

// framingName is what the framing calls itself, or its type.
func framingName(framer framing.Framer) string {
	if s, ok := framer.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", framer)
}
