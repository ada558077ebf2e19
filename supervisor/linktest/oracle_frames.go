package linktest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/isolink-go/isolink/framing"
)

// WrittenFrame is a frame that the code under test asked to have written.
type WrittenFrame struct {
	// Conn is the connection's number.
	Conn int
	// From and To are the frame's place in the connection's stream, in bytes.
	// In a frame of which the code under test never wrote the rest, To is where
	// it stopped.
	From, To int64
	// Handed is how many of its bytes were handed to the kernel. 0 means that
	// the other end cannot know of the frame.
	Handed int64
	// Whole says that all of the frame was handed over.
	Whole bool
	// Pending says that a write of some of its bytes has not returned: more of
	// them than Handed may be on their way.
	Pending bool
	// Header and Body are nil when the code under test never wrote the rest.
	Header, Body []byte
}

// frameLimit is the longest frame that an oracle takes for one, in bytes: what
// a length of three bytes can say.
const frameLimit = 1 << 24

// Frames returns the frames that the code under test wrote to each connection,
// by connection and offset, keep-alives included: those handed to the kernel
// wholly, in part, or not at all. Frames of the last kind are listed when they
// were in the connection's last write, since a later one takes their place in
// the stream; so a frame that is not listed was not handed over either.
//
// It returns an error when a stream is not made of such frames, besides all
// that could be read. Call it when nothing is written any more; before that,
// Pending marks what is not certain.
func (o *Oracle) Frames(framer framing.Framer) ([]WrittenFrame, error) {
	var all []WrittenFrame
	var faults []error
	for _, c := range o.Conns() {
		frames, err := c.Frames(framer)
		all = append(all, frames...)
		if err != nil {
			faults = append(faults, err)
		}
	}
	return all, errors.Join(faults...)
}

// Frames is Oracle.Frames for one connection.
func (c *OracleConn) Frames(framer framing.Framer) ([]WrittenFrame, error) {
	c.mu.Lock()
	handed := int64(len(c.handed))
	stream := append(bytes.Clone(c.handed), c.beyond...)
	pending := len(c.writes) > 0 && c.writes[len(c.writes)-1].Pending
	c.mu.Unlock()

	rest := bytes.NewReader(stream)
	in := bufio.NewReader(rest)
	var frames []WrittenFrame
	for from := int64(0); ; {
		header, body, err := framer.Read(in, frameLimit)
		if err == io.EOF {
			return frames, nil
		}
		cut := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
		if err != nil && !cut {
			return frames, fmt.Errorf("linktest: connection %d, written byte %d: %w", c.number, from, err)
		}
		to := int64(len(stream) - rest.Len() - in.Buffered())
		if cut {
			to = int64(len(stream))
		} else if to == from {
			return frames, fmt.Errorf("linktest: connection %d: the framer takes no bytes for a frame", c.number)
		}
		frames = append(frames, WrittenFrame{
			Conn: c.number, From: from, To: to,
			Handed:  max(0, min(to, handed)-from),
			Whole:   !cut && to <= handed,
			Pending: pending && to > handed,
			Header:  header, Body: body,
		})
		if cut {
			return frames, nil
		}
		from = to
	}
}
