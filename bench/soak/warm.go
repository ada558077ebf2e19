package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor"
)

// What would look like a leak, and is none, is done or undone here.

// warmRegistry gives Proto.Actor's registry of names all of its memory at once. It is
// made of 1,024 maps of 32 parts, each of which takes some hundred bytes, for ever, when
// a name first falls into it: the names of some hundred thousand actors.
func warmRegistry(system *actor.ActorSystem) {
	maps := system.ProcessRegistry.LocalPIDs.LocalPIDs
	names := make(map[any]string) // one for each part; the same ones in all maps
	for i := 0; len(names) < len(maps[0]); i++ {
		name := fmt.Sprintf("warm-%d", i)
		names[maps[0].GetShard(name)] = name
	}
	for _, one := range maps {
		for _, name := range names {
			one.Set(name, system.DeadLetter)
			one.Remove(name)
		}
	}
}

// warm does both.
func warm(m *supervisor.Manager) error {
	warmRegistry(m.System())
	return warmPool(m)
}

// poolSize is more than the goroutines that a manager keeps to use them again.
const poolSize = 100

// warmPool has so many links connect at the same moment that the manager's pool is full
// from here on: without it, it grows for as long as there are new records of how much
// happens at once.
func warmPool(m *supervisor.Manager) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var together sync.WaitGroup
	together.Add(poolSize)
	all := make(chan struct{})
	go func() {
		together.Wait()
		close(all)
	}()
	var errs []error
	for i := range poolSize {
		arrived := sync.OnceFunc(together.Done)
		_, err := m.AddLink(supervisor.LinkConfig{
			Name: fmt.Sprintf("warm-%d", i), Addrs: []string{"nowhere.invalid:1"}, Spec: sample.Spec, Framing: framing.Binary2{},
			Backoff: supervisor.Backoff{MinDelay: time.Hour},
			Dial: func(context.Context, string, string) (net.Conn, error) {
				arrived()
				<-all
				return nil, errNobody
			},
		})
		if err != nil {
			arrived()
			errs = append(errs, err)
		}
	}
	<-all
	for i := range poolSize {
		errs = append(errs, m.RemoveLink(ctx, fmt.Sprintf("warm-%d", i)))
	}
	return errors.Join(errs...)
}

var errNobody = errors.New("nobody is there")

// pipeEnd stops the timers of its deadlines when it is closed: net.Pipe leaves them, and
// what they hold, until they are due. A socket has none.
type pipeEnd struct{ net.Conn }

func (p pipeEnd) Close() error {
	_ = p.SetDeadline(time.Time{}) // it fails when the pipe is closed already
	return p.Conn.Close()
}

// stopping makes the connections of a pipe's Dial such ends.
func stopping(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return pipeEnd{conn}, nil
	}
}
