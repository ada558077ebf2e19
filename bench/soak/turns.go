package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/isolink-go/isolink/bench/internal/ledger"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// order is what is done to links, besides sending.
type order int

const (
	added   order = iota // a link was added, was up, joined a group, and was removed
	visited              // a client connected and said nothing whole
	paused               // a link was paused and resumed
	restarted
	managed // a manager was closed under load, and then its host's, or the other way round
	orders
)

var orderNames = [orders]string{"links added and removed", "visitors", "pauses", "restarts", "managers closed"}

// ask sends a request of the acceptor to one of its peers.
func (r *rig) ask(random *rand.Rand) error {
	if sessions := r.acceptor.Sessions(); len(sessions) > 0 {
		r.exchange(asked, sessions[random.IntN(len(sessions))].Exchange)
	}
	return nil
}

// churn adds a link, lets it join the group that must not lose anything, and removes
// it.
func (r *rig) churn(random *rand.Rand) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	name := fmt.Sprintf("churn-%d", r.ids.Add(1))
	link, err := r.client.AddLink(r.link(name, r.acceptor.Addr().String()))
	if err != nil {
		return err
	}
	if random.IntN(4) > 0 { // else it is removed wherever it stands
		err = errors.Join(link.Await(ctx, messages.Up), r.client.Group("steady").Add(name))
		<-time.After(time.Duration(random.Int64N(int64(50 * time.Millisecond))))
	}
	r.orders[added].Add(1)
	return errors.Join(err, r.client.RemoveLink(ctx, name))
}

// visit connects to the acceptor, and goes away in the middle of a message, or before
// one.
func (r *rig) visit(random *rand.Rand) error {
	conn, err := net.Dial("tcp", r.acceptor.Addr().String())
	if err != nil {
		return err
	}
	r.orders[visited].Add(1)
	_, _ = conn.Write([]byte{0, 36, '0'}[:random.IntN(4)]) // a session that has ended already is no fault
	return conn.Close()
}

// command pauses a link to the faulty host, or restarts one.
func (r *rig) command(random *rand.Rand) error {
	ctx, cancel := context.WithTimeout(context.Background(), roughTimeout)
	defer cancel()
	link := r.client.Link(fmt.Sprintf("rough-%d", random.IntN(linksOfAGroup)))
	if random.IntN(2) == 0 {
		r.orders[restarted].Add(1)
		return unlessCut(link.Restart(ctx))
	}
	r.orders[paused].Add(1)
	return errors.Join(unlessCut(link.Pause(ctx)), link.Resume())
}

// unlessCut is err, but for what says that its context has ended first.
func unlessCut(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// manage is the life of two managers, one with an acceptor, the other with links to it.
// They are closed while all links are used, in either order.
func (r *rig) manage(random *rand.Rand) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var ends [2]*supervisor.Manager
	defer func() {
		for _, m := range ends {
			if m != nil { // it was not closed: something failed
				err = errors.Join(err, m.Close(ctx))
			}
		}
	}()
	if ends[0], err = supervisor.New(nil, supervisor.Config{Logger: quiet}); err != nil {
		return err
	}
	acceptor, err := ends[0].Listen(r.listening())
	if err != nil {
		return err
	}
	a, b := r.link("a", acceptor.Addr().String()), r.link("b", acceptor.Addr().String())
	if ends[1], err = supervisor.New(nil, supervisor.Config{Logger: quiet, Links: []supervisor.LinkConfig{a, b}}); err != nil {
		return err
	}
	for _, l := range ends[1].Links() {
		if err := l.Await(ctx, messages.Up); err != nil {
			return err
		}
	}
	var using sync.WaitGroup
	for i := range callers {
		link := ends[1].Links()[i%2]
		using.Go(func() {
			for r.exchange(closing, link.Exchange) == ledger.Answered { // until it is closed
			}
		})
	}
	<-time.After(time.Duration(random.Int64N(int64(20 * time.Millisecond))))
	first := random.IntN(2)
	// The host's may find no moment without a request: it is cut short, then.
	soon, cancelSoon := context.WithTimeout(ctx, roughTimeout)
	defer cancelSoon()
	err = errors.Join(unlessCut(ends[first].Close(soon)), ends[1-first].Close(ctx))
	ends = [2]*supervisor.Manager{}
	using.Wait()
	r.orders[managed].Add(1)
	return err
}
