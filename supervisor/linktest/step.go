package linktest

import (
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// Step is what a peer does with one frame. Its error ends the connection and is
// what Conn.Err then returns. A Step is used by all connections of a peer, so
// it may be called from several goroutines at once; the frame is its own.
//
// A step of a test's own that waits for something calls Conn.Flush first.
type Step func(*Conn, Frame) error

// Reply answers with Respond.
func Reply() Step { return ReplyWith(Respond) }

// ReplyWith answers with a responder. A frame for which that returns ErrNoReply
// stays unanswered.
func ReplyWith(respond Responder) Step {
	return func(c *Conn, f Frame) error {
		response, err := respond(f)
		if errors.Is(err, ErrNoReply) {
			return nil
		}
		if err != nil {
			return err
		}
		return c.reply(response)
	}
}

// Echo sends the frame back as it came.
func Echo() Step {
	return func(c *Conn, f Frame) error { return c.reply(f) }
}

// Drop leaves the frame unanswered.
func Drop() Step {
	return func(*Conn, Frame) error { return nil }
}

// Delay waits for d, or until the connection is closed at this end, and then
// goes on with next. No further frame is handled meanwhile; Async(Delay(…))
// lets later requests overtake.
func Delay(d time.Duration, next Step) Step {
	return func(c *Conn, f Frame) error {
		if err := c.Flush(); err != nil {
			return err
		}
		if err := c.Delay(d); err != nil {
			return err
		}
		return next(c, f)
	}
}

// Hold waits until release is closed or sends, or until the connection is
// closed at this end, and then goes on with next. It is a Delay whose end the
// test decides.
func Hold(release <-chan struct{}, next Step) Step {
	return func(c *Conn, f Frame) error {
		if err := c.Flush(); err != nil {
			return err
		}
		select {
		case <-release:
			return next(c, f)
		case <-c.Context().Done():
			return net.ErrClosed
		}
	}
}

// Async lets next run in a goroutine of its own, while the connection goes on
// with the frames behind. An error of next ends the connection. Whatever ends
// it, next is waited for.
func Async(next Step) Step {
	return func(c *Conn, f Frame) error {
		c.async.Go(func() {
			err := next(c, f)
			if err == nil {
				err = c.Flush()
			}
			if err != nil {
				c.fail(c.reason(err))
				_ = c.raw.Close()
			}
		})
		return nil
	}
}

// Garbage writes bytes as they are. b must not be changed afterwards.
func Garbage(b []byte) Step {
	return func(c *Conn, _ Frame) error { return c.WriteRaw(b) }
}

// CutAfter closes the socket after n further bytes written to it, those of TLS
// included, and goes on with next: CutAfter(7, Reply()) sends the first seven
// bytes of a response.
func CutAfter(n int64, next Step) Step {
	return func(c *Conn, f Frame) error {
		if err := c.Flush(); err != nil {
			return err
		}
		c.CloseAfterWrite(c.BytesWritten() + n)
		return next(c, f)
	}
}

// ResetConn resets the connection, behind all replies.
func ResetConn() Step { return flushed((*Conn).Reset) }

// CloseConn closes the connection in good order, behind all replies.
func CloseConn() Step { return flushed((*Conn).Close) }

// HalfClose sends the end of the stream, behind all replies, and goes on
// reading.
func HalfClose() Step { return flushed((*Conn).CloseWrite) }

// StopReading stops reading, behind all replies.
func StopReading() Step {
	return flushed(func(c *Conn) error {
		c.StopReading()
		return nil
	})
}

func flushed(do func(*Conn) error) Step {
	return func(c *Conn, _ Frame) error {
		if err := c.Flush(); err != nil {
			return err
		}
		return do(c)
	}
}

// All takes several steps with the same frame, in turn, until one fails:
// All(Reply(), Reply()) answers twice, All(Reply(), ResetConn()) once and for
// all.
func All(steps ...Step) Step {
	return func(c *Conn, f Frame) error {
		for _, step := range steps {
			if err := step(c, f); err != nil {
				return err
			}
		}
		return nil
	}
}

// Steps takes the first step of the list with the first frame, the second one
// with the second, and so on, over all connections of the peer; frames behind
// the list are answered with Reply.
func Steps(list ...Step) Step { return StepsThen(Reply(), list...) }

// StepsThen is Steps with rest for the frames behind the list.
func StepsThen(rest Step, list ...Step) Step {
	var taken atomic.Int64
	return func(c *Conn, f Frame) error {
		// Compared as 64 bits: the count goes on for as long as the test does.
		if i := taken.Add(1) - 1; i < int64(len(list)) {
			return list[i](c, f)
		}
		return rest(c, f)
	}
}

// ByConn gives the frames of the peer's first connection to the first step,
// those of the second to the second, and so on; the last step also has all
// later connections. It panics without any step.
func ByConn(steps ...Step) Step {
	if len(steps) == 0 {
		panic("linktest: ByConn needs a step")
	}
	return func(c *Conn, f Frame) error {
		return steps[min(c.Number(), len(steps))-1](c, f)
	}
}
