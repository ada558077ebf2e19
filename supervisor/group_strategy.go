package supervisor

import (
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// Strategy chooses the link for one send: it returns an index of the Choice,
// which has one link at least. Any other number means that none will do; the
// send is then refused as not sent. It is called again, with the links that are
// left, when the one that it chose did not send.
//
// A strategy that keeps a count, as RoundRobin does, should be made anew for each
// group. One of the embedding program's own runs in the goroutine of whoever
// sends, several at once; a panic is recovered and counted, and refuses the send.
type Strategy func(*Choice) int

// Choice is what a Strategy chooses from, for one send: the links of the group
// that are up and not suspect, in the group's order. It is valid until the
// strategy returns.
type Choice struct {
	frame    []byte
	links    []*groupMember
	inFlight []int64 // of each link, when the choice was made
	doubtful bool    // all links that are up are suspect: these are they
}

// Len is the number of links, at least 1.
func (c *Choice) Len() int { return len(c.links) }

// Name is the name of link i.
func (c *Choice) Name(i int) string { return c.links[i].name }

// InFlight counts the sends of link i that have not settled, those that did not
// come by the group included.
func (c *Choice) InFlight(i int) int64 { return c.inFlight[i] }

// Frame is the packed message, which must not be changed or kept. A messages.Viewer,
// made once for the strategy, reads its fields.
func (c *Choice) Frame() []byte { return c.frame }

// Format prints how much there is to choose from, whatever the verb: a strategy may
// print what it is given.
func (c Choice) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink choice (%d links, %d bytes)", len(c.links), len(c.frame))
}

// LogValue logs what Format prints.
func (c Choice) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// MarshalText gives what Format prints, to encoders that look into what they are
// given.
func (c Choice) MarshalText() ([]byte, error) { return fmt.Append(nil, c), nil }

// RoundRobin takes one link after the other.
func RoundRobin() Strategy {
	var count atomic.Uint64
	return func(c *Choice) int { return turn(&count, c.Len()) }
}

// turn is the next of n.
func turn(count *atomic.Uint64, n int) int {
	return int((count.Add(1) - 1) % uint64(n)) //nolint:gosec // it is below n
}

// LeastInFlight takes a link with the fewest sends that have not settled; those
// with equally few take turns. Callers that choose at the same moment may choose
// the same link.
func LeastInFlight() Strategy {
	var count atomic.Uint64
	return func(c *Choice) int {
		least, equal := int64(math.MaxInt64), 0
		for i := range c.Len() {
			switch n := c.InFlight(i); {
			case n < least:
				least, equal = n, 1
			case n == least:
				equal++
			}
		}
		nth := turn(&count, equal)
		for i := range c.Len() {
			if c.InFlight(i) != least {
				continue
			}
			if nth == 0 {
				return i
			}
			nth--
		}
		return 0 // unreachable: nth is below equal
	}
}

// PrimaryBackup takes the first link, in the group's order.
func PrimaryBackup() Strategy {
	return func(*Choice) int { return 0 }
}

// HashBy gives messages of which hash returns the same to the same link: those of
// one terminal, for instance, or a repeat to the link of its original. When a
// link leaves, only its own messages go elsewhere, and come back with it
// (rendezvous hashing, by the names of the links; it is the same in every process).
// hash gets the packed message, which it must not change or keep.
func HashBy(hash func(frame []byte) uint64) Strategy {
	return func(c *Choice) int { return c.byHash(hash(c.Frame())) }
}

// HashByFields is HashBy with the values of these fields of the message, one at
// least: with field 41, all messages of a terminal go to the same link, whatever
// their MTI. spec is that of the group's links. Fields 11 and 41 count without their
// padding (messages.KeyReader.Normalized). A message that lacks one of the fields, or
// cannot be read so far, belongs to no link: those take turns, as with RoundRobin.
//
// The fields are read as those of keys are, with the same rules and errors: fields
// that hold card data (2, 35, …) are refused, messages.ErrKeyFieldRefused. Who has to
// go by those gives HashBy a function.
func HashByFields(spec *iso8583.MessageSpec, fields ...int) (Strategy, error) {
	if len(fields) == 0 {
		return nil, errors.New("supervisor: HashByFields: no fields")
	}
	reader, err := messages.NewKeyReader(spec, fields...)
	if err != nil {
		return nil, fmt.Errorf("supervisor: HashByFields: %w", err)
	}
	reader = reader.Normalized()
	var count atomic.Uint64
	return func(c *Choice) int {
		_, values, err := reader.Read(c.Frame())
		if err != nil {
			return turn(&count, c.Len())
		}
		return c.byHash(values.Hash())
	}, nil
}

// byHash is the link that messages with that hash go to.
func (c *Choice) byHash(hash uint64) int {
	best, most := 0, uint64(0)
	for i, link := range c.links {
		if w := mix(hash ^ link.seed); i == 0 || w > most {
			best, most = i, w
		}
	}
	return best
}

// seedOf is what a link's name contributes to HashBy.
func seedOf(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return mix(h.Sum64())
}

// mix spreads what differs in few bits over all of them: the finalizer of
// SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// choices are used again: a send should not pay for the lists.
var choices = sync.Pool{New: func() any { return new(Choice) }}

// release gives the choice back, without what it referred to.
func (c *Choice) release() {
	clear(c.links)
	c.frame, c.links, c.inFlight, c.doubtful = nil, c.links[:0], c.inFlight[:0], false
	choices.Put(c)
}

// fill lists what p can be given to: the links that are trusted, and those whose
// trial is due; without any, all that are up.
func (c *Choice) fill(p *groupPass) {
	c.frame = p.frame
	for _, doubtful := range []bool{false, true} {
		c.links, c.inFlight, c.doubtful = c.links[:0], c.inFlight[:0], doubtful
		for _, m := range p.group.set.Load().members {
			if p.hasTried(m) || (!doubtful && !m.suspicion.admits(p)) {
				continue
			}
			if up, inFlight := m.load(); up {
				c.links, c.inFlight = append(c.links, m), append(c.inFlight, inFlight)
			}
		}
		if len(c.links) > 0 {
			return
		}
	}
}
