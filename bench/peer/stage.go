package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// patience is the longest timeout that a scenario gives.
const patience = 5 * time.Second

// tempo is how much time scenarios take.
type tempo struct {
	patience time.Duration // how long they wait for what must come
	slack    time.Duration // what a busy machine may add to a bound
	times    time.Duration // multiplies the times in which something has to have happened
}

// usual is the tempo of a run, which one of the two sides makes wait to the end.
var usual = tempo{patience, 2500 * time.Millisecond, 1}

// setup is what a client is made of, whichever library it is of.
type setup struct {
	addr   string
	oracle *linktest.Oracle // what is written, and when; nil: nobody looks
	spec   *iso8583.MessageSpec
	bcd    bool // the length field is two bytes of BCD, not binary
	secure bool // TLS

	idle, pingTimeout time.Duration // pings; 0: none
	signOn            bool          // the first exchange, and work has to be done behind it
	reconnect         time.Duration // about how long to wait before connecting anew

	inbound func(*iso8583.Message) // a request of the host
	late    func(late)             // an answer whose caller has been told otherwise
	told    func(string)           // the text of any error, event or log line
}

// late is an answer that came too late; request is nil where the library does not say
// which request it is of.
type late struct{ request, response *iso8583.Message }

// client is one link to a host.
type client interface {
	exchange(m *iso8583.Message, timeout time.Duration) (*iso8583.Message, error)
	// alive reports whether the client holds its connection for one that works.
	alive() bool
	close(ctx context.Context) error
}

// side is one of the two libraries.
type side struct {
	name string
	// open returns a client that is connected; with setup.reconnect, it connects anew
	// by itself, and may be not connected yet.
	open func(setup) (client, error)
	// outcome says what an error of exchange tells its caller.
	outcome func(error) string
}

// stage is where a scenario takes place.
type stage struct {
	side
	tempo
	random  *rand.Rand
	hosts   []*linktest.Peer
	clients []client
	stan    atomic.Int64 // the last one that probe has used
}

func (s *stage) host(config linktest.PeerConfig) *linktest.Peer {
	if config.Framing == nil {
		config.Framing = framing.Binary2{}
	}
	h := linktest.NewPeer(config)
	s.hosts = append(s.hosts, h)
	return h
}

func (s *stage) client(set setup) (client, error) {
	if set.spec == nil {
		set.spec = sample.Spec
	}
	c, err := s.open(set)
	if err == nil {
		s.clients = append(s.clients, c)
	}
	return c, err
}

// clear ends hosts, and then clients: what hangs until then is told by nobody.
func (s *stage) clear() error {
	for _, h := range s.hosts {
		h.Close()
	}
	done := make(chan error, len(s.clients))
	ctx, cancel := context.WithTimeout(context.Background(), s.slack)
	defer cancel()
	for _, c := range s.clients {
		go func() { done <- c.close(ctx) }()
	}
	var errs []error
	for range s.clients {
		select {
		case err := <-done:
			errs = append(errs, err)
		case <-ctx.Done():
			return errors.Join(errs...) // a Close that hangs is what the first scenario is about
		}
	}
	return errors.Join(errs...)
}

// call is one exchange, and what became of it.
type call struct {
	id    string
	begun time.Time
	done  chan struct{}
	reply *iso8583.Message
	err   error
	took  time.Duration
}

// message is a request with that STAN, and an identifier of its own in field 37.
func message(mti string, stan int, id string) (*iso8583.Message, error) {
	m, err := sample.Eighteen.Message(uint32(stan))
	if err != nil {
		return nil, err
	}
	m.MTI(mti)
	return m, m.Field(37, id)
}

// identifier is what field 37 holds.
func identifier(n int) string { return fmt.Sprintf("%012d", n) }

// start exchanges n requests at once, each in a goroutine of its own, with STANs from
// first on.
func start(c client, first, n int, timeout time.Duration) ([]*call, error) {
	calls := make([]*call, n)
	messages := make([]*iso8583.Message, n)
	for i := range calls {
		m, err := message("0200", first+i, identifier(first+i))
		if err != nil {
			return nil, err
		}
		calls[i], messages[i] = &call{id: identifier(first + i), done: make(chan struct{})}, m
	}
	for i, call := range calls {
		go call.make(c, messages[i], timeout)
	}
	return calls, nil
}

func (c *call) make(to client, m *iso8583.Message, timeout time.Duration) {
	c.begun = time.Now()
	c.reply, c.err = to.exchange(m, timeout)
	c.took = time.Since(c.begun)
	close(c.done)
}

// one exchanges one request with that STAN and identifier, in a goroutine of its own.
func one(c client, stan int, id string, timeout time.Duration) (*call, error) {
	m, err := message("0200", stan, id)
	if err != nil {
		return nil, err
	}
	call := &call{id: id, done: make(chan struct{})}
	go call.make(c, m, timeout)
	return call, nil
}

// await waits until the calls have returned, and returns those that have.
func await(calls []*call, within time.Duration) (returned []*call) {
	over := time.After(within)
	for _, c := range calls {
		select {
		case <-c.done:
			returned = append(returned, c)
			continue
		default:
		}
		select {
		case <-c.done:
			returned = append(returned, c)
		case <-over:
			done := make(chan time.Time)
			close(done)
			over = done // look at the others once
		}
	}
	return returned
}

const (
	itsOwn   = "its own answer"
	anothers = "another's answer"
	notBack  = "not back"
)

// outcomeOf is what the caller of a call that has returned was told.
func (s *stage) outcomeOf(c *call) string {
	if c.err != nil {
		return s.outcome(c.err)
	}
	if id, err := c.reply.GetString(37); err != nil || id != c.id {
		return anothers
	}
	return itsOwn
}

// count is how many of the calls, all of which have returned, were told that.
func (s *stage) count(calls []*call, told string) (n int) {
	for _, c := range calls {
		if s.outcomeOf(c) == told {
			n++
		}
	}
	return n
}

// outcomes is what so many calls were told, each word once, with their number; calls are
// those that have returned.
func (s *stage) outcomes(all int, calls []*call) string {
	var words []string
	counts := make(map[string]int)
	for _, c := range calls {
		o := s.outcomeOf(c)
		if counts[o] == 0 {
			words = append(words, o)
		}
		counts[o]++
	}
	if missing := all - len(calls); missing > 0 {
		words, counts[notBack] = append(words, notBack), missing
	}
	for i, w := range words {
		words[i] = fmt.Sprintf("%d %s", counts[w], w)
	}
	return strings.Join(words, ", ")
}

// slowest is the longest that a call took that has returned.
func slowest(calls []*call) (most time.Duration) {
	for _, c := range calls {
		most = max(most, c.took)
	}
	return most
}

// eventually looks until something holds, as long as the stage has patience.
func (s *stage) eventually(holds func() bool) bool { return eventually(s.patience, holds) }

// eventually looks until something holds, and reports false when it does not in time.
func eventually(within time.Duration, holds func() bool) bool {
	for deadline := time.Now().Add(within); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// journal is a list that several goroutines add to.
type journal[T any] struct {
	mu  sync.Mutex
	all []T
}

func (j *journal[T]) add(v T) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.all = append(j.all, v)
}

func (j *journal[T]) list() []T {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]T(nil), j.all...)
}

// identify is for recorders.
var identify = linktest.IDFromField(sample.Spec, 37)
