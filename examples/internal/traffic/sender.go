package traffic

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

const (
	// tick is how often the sender looks how many sends are due.
	tick = 2 * time.Millisecond
	// arrears is how much of what is due and was not sent is made up for: a
	// machine that cannot keep up gets a lower rate, not a burst.
	arrears = 100 * time.Millisecond
	// inFlight is how many sends may be under way. Past it the rate sinks.
	inFlight = 8_192
	// patience is how long after its last send the sender waits for the rest. No
	// send may take longer than its link's SendTimeout.
	patience = 5 * time.Second
	// references is how many retrieval reference numbers of 12 digits there are.
	references = 1_000_000_000_000
)

// Link is what the sender needs of a *supervisor.Link, or of a *supervisor.Group.
type Link interface {
	// Exchange sends a packed request, which it owns from then on, and returns
	// its packed response.
	Exchange(ctx context.Context, frame []byte) ([]byte, error)
}

// Observer is told of every send. Its methods are called from many goroutines.
type Observer interface {
	// Sent is called before a send over the link with that index.
	Sent(link int)
	// Settled is called when the send has returned.
	Settled(Result)
}

// Sender sends the samples in turn, over the links in turn, each from a
// goroutine of its own.
type Sender struct {
	Links   []Link
	Spec    *iso8583.MessageSpec
	Samples *Samples
	// STANs numbers the requests (field 11).
	STANs *messages.STANs
	// FirstReference is the reference (field 37) of the first send; the next ones
	// count on.
	FirstReference uint64
	Observer       Observer
	// Rate is how many are sent in a second, over all links together.
	Rate int
	// Count is how many are sent in all; 0: until the context ends.
	Count uint64
	// Timeout is the links' SendTimeout.
	Timeout time.Duration

	limit   int // inFlight, unless set
	running sync.WaitGroup
	slots   chan struct{}
}

// Run sends until ctx ends or Count is reached, and then waits for all that is
// under way. It returns false when something is still under way long after its
// time-out.
func (s *Sender) Run(ctx context.Context) (settled bool) {
	if s.limit == 0 {
		s.limit = inFlight
	}
	s.slots = make(chan struct{}, s.limit)
	s.pace(ctx)
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	timer := time.NewTimer(s.Timeout + patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// pace starts what is due, until there is nothing more to start.
func (s *Sender) pace(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	most := max(1, float64(s.Rate)*arrears.Seconds())
	due, last := 1.0, time.Now()
	for sent := uint64(0); ; {
		for ; due >= 1; due-- {
			if s.Count > 0 && sent == s.Count {
				return
			}
			select {
			case s.slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			sent++
			s.start(sent)
		}
		select {
		case now := <-ticker.C:
			due = min(due+now.Sub(last).Seconds()*float64(s.Rate), most)
			last = now
		case <-ctx.Done():
			return
		}
	}
}

func (s *Sender) start(number uint64) {
	link := int((number - 1) % uint64(len(s.Links)))
	s.Observer.Sent(link)
	s.running.Go(func() {
		defer func() { <-s.slots }()
		s.Observer.Settled(s.send(number, link))
	})
}

// send exchanges one message. It uses Exchange, not Send: the digest must be
// that of the bytes that went out.
func (s *Sender) send(number uint64, link int) Result {
	r := Result{Number: number, Link: link, Reference: s.reference(number)}
	request, err := s.request(number, r.Reference)
	if err != nil {
		r.Err = fmt.Errorf("%w: %w", messages.ErrNotSent, err)
		return r
	}
	r.Digest = sha256.Sum256(request)
	start := time.Now()
	// No context: what was begun ends by its time-out, though the sender stops.
	reply, err := s.Links[link].Exchange(context.Background(), request)
	r.Took = time.Since(start)
	if err != nil {
		r.Err = err
		return r
	}
	if r.Reply, err = messages.Unpack(s.Spec, reply); err != nil {
		// As Link.Send has it: the peer's decision is lost.
		r.Err = fmt.Errorf("%w: %w", messages.ErrInDoubt, err)
	}
	return r
}

// request is the send's packed message.
func (s *Sender) request(number uint64, reference string) ([]byte, error) {
	stan, err := s.STANs.Next()
	if err != nil {
		return nil, err
	}
	return s.Samples.Fresh(number, stan, reference)
}

// reference is the retrieval reference number (field 37) of the send with that
// number, from 1: twelve digits.
func (s *Sender) reference(number uint64) string {
	return fmt.Sprintf("%012d", (s.FirstReference+number-1)%references)
}
