package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// probe looks into every actor of a manager through Proto.Actor's middleware:
// it notes which actor gets which type of message, and does harm at one.
type probe struct {
	mu   sync.Mutex
	seen map[spot]int
	at   spot
	nth  int
	harm func(ctx actor.ReceiverContext) // nil: only notes
	done bool
}

// spot is a type of message at a kind of actor.
type spot struct{ role, message string }

func (s spot) String() string { return s.role + "/" + s.message }

// system makes an actor system whose actors are all seen by the probe.
func (p *probe) system() *actor.ActorSystem {
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
		return quiet
	}))
	var spawn actor.SpawnMiddleware
	spawn = func(actor.SpawnFunc) actor.SpawnFunc {
		return func(s *actor.ActorSystem, id string, props *actor.Props, parent actor.SpawnerContext) (*actor.PID, error) {
			props.Configure(actor.WithReceiverMiddleware(p.receive), actor.WithSpawnMiddleware(spawn))
			return actor.DefaultSpawner(s, id, props, parent)
		}
	}
	system.Root.WithSpawnMiddleware(spawn)
	return system
}

func (p *probe) receive(next actor.ReceiverFunc) actor.ReceiverFunc {
	return func(ctx actor.ReceiverContext, env *actor.MessageEnvelope) {
		p.look(ctx, env)
		next(ctx, env)
	}
}

func (p *probe) look(ctx actor.ReceiverContext, env *actor.MessageEnvelope) {
	at := spot{role(ctx.Self().Id), strings.TrimPrefix(fmt.Sprintf("%T", env.Message), "*")}
	p.mu.Lock()
	p.seen[at]++
	hit := !p.done && p.harm != nil && at == p.at && p.seen[at] == p.nth
	if hit {
		p.done = true
	}
	p.mu.Unlock()
	if hit {
		p.harm(ctx)
	}
}

func (p *probe) happened() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

// role is what an actor is, by its PID: the manager's is isolink$x, below it
// are links, below them their children.
func role(id string) string {
	parts := strings.Split(id, "/")
	switch {
	case len(parts) == 1:
		return "manager"
	case parts[1] == "notifier":
		return "notifier"
	case len(parts) == 2:
		return "link"
	}
	return parts[2]
}

// scenario makes a link go through all that links do, and checks what must
// hold whatever harm is done on the way: every send settles in time, the link
// comes back, and closing ends it.
func scenario(t *testing.T, p *probe) {
	t.Helper()
	const sendTimeout = 100 * time.Millisecond
	host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}, Handle: func(c *linktest.Conn, f linktest.Frame) error {
		if strings.HasSuffix(string(f.Body), "999") { // never answered
			return nil
		}
		return linktest.Reply()(c, f)
	}})
	defer host.Close()
	stan := newSTANs()
	mgr, err := supervisor.New(p.system(), supervisor.Config{Links: []supervisor.LinkConfig{{
		Name: "probed", Addrs: []string{host.Addr()}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
		SendTimeout: sendTimeout, LateWindow: 50 * time.Millisecond,
		Echo: supervisor.NetworkManagement{
			Build: func() (*iso8583.Message, error) { return networkMessage(stan.next()), nil }, Timeout: 100 * time.Millisecond,
		},
		IdleTime: 20 * time.Millisecond,
		Backoff: supervisor.Backoff{
			MinDelay: time.Millisecond, Base: time.Millisecond, Cap: time.Millisecond, StableAfter: 10 * time.Millisecond,
		},
	}}})
	require.NoError(t, err)
	link := mgr.Link("probed")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()

	var callers sync.WaitGroup
	exchange := func(ctx context.Context, suffix string) {
		callers.Go(func() {
			start := time.Now()
			_, err := link.Exchange(ctx, networkFrame(stan.withSuffix(suffix)))
			took := time.Since(start)
			if took > sendTimeout+2*time.Second {
				t.Errorf("settled after %v", took)
			}
			if err != nil && !errors.Is(err, messages.ErrNotSent) && !errors.Is(err, messages.ErrInDoubt) {
				t.Errorf("no outcome: %v", err)
			}
		})
	}
	traffic := func() {
		for range 5 {
			exchange(ctx, "")
		}
		exchange(ctx, "999") // times out
		short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		callers.Go(func() { <-short.Done(); cancel() })
		exchange(short, "999")
		callers.Go(func() {
			if err := link.PostFrame(ctx, networkFrame(stan.withSuffix("999"))); err != nil && !errors.Is(err, messages.ErrNotSent) && !errors.Is(err, messages.ErrInDoubt) {
				t.Errorf("no outcome: %v", err)
			}
		})
		callers.Wait()
	}

	require.NoError(t, link.Await(ctx, messages.Up))
	traffic()
	for _, c := range host.Conns() { // the peer ends the session
		_ = c.Close()
	}
	require.NoError(t, awaitAnswer(ctx, link, stan))
	traffic()
	require.NoError(t, ignoreCut(link.Restart(ctx)))
	require.NoError(t, awaitAnswer(ctx, link, stan))
	require.NoError(t, ignoreCut(link.Pause(ctx)))
	require.NoError(t, link.Resume())
	require.NoError(t, awaitAnswer(ctx, link, stan))
	echoes := link.Status().Counters.Echoes
	for link.Status().Counters.Echoes == echoes { // echoes go on
		require.NoError(t, ctx.Err())
		traffic()
	}
	require.NoError(t, awaitAnswer(ctx, link, stan))
	if p.at.role != "manager" { // that one is harmed while it closes
		require.NoError(t, ignoreCut(link.Close(ctx)))
	}
	require.NoError(t, ignoreCut(mgr.Close(ctx)))
	status := link.Status()
	require.Zero(t, status.InFlight)
	require.Zero(t, status.InFlightBytes)
	require.Equal(t, messages.Closed, status.State)
}

// ignoreCut drops a report of requests that were cut short: harm may have hit
// in the midst of a drain.
func ignoreCut(err error) error {
	var cut *messages.DrainError
	if errors.As(err, &cut) {
		return nil
	}
	return err
}

// awaitAnswer exchanges until an answer comes.
func awaitAnswer(ctx context.Context, link *supervisor.Link, s *stans) error {
	for {
		if err := link.Await(ctx, messages.Up); err != nil {
			return err
		}
		if _, err := link.Exchange(ctx, networkFrame(s.withSuffix(""))); err == nil {
			return nil
		}
	}
}

// TestPanicAtEveryMessage lets each actor, the manager's included, panic at
// every type of message that it gets, the first and a later time: no send
// hangs, the link comes back, and it can be closed.
func TestPanicAtEveryMessage(t *testing.T) {
	harmEverywhere(t, func(spot) func(actor.ReceiverContext) {
		return func(actor.ReceiverContext) { panic("injected") }
	})
}

// TestStopAtEveryMessage lets somebody who has no right to stop each actor
// whenever it gets a message: the same must hold.
func TestStopAtEveryMessage(t *testing.T) {
	harmEverywhere(t, func(at spot) func(actor.ReceiverContext) {
		if at.role == "manager" || at.role == "notifier" {
			return nil // whoever stops these has ended the manager, or the telling of events
		}
		return func(ctx actor.ReceiverContext) {
			ctx.ActorSystem().Root.Stop(ctx.Self())
		}
	})
}

func harmEverywhere(t *testing.T, harm func(spot) func(actor.ReceiverContext)) {
	dry := &probe{seen: make(map[spot]int)}
	scenario(t, dry)
	var spots []spot
	for at := range dry.seen {
		switch at.message {
		case "actor.Stopping", "actor.Stopped", "actor.Restarting":
			// Proto.Actor itself does not survive a panic there: the code of these
			// recovers by itself.
			continue
		}
		if harm(at) != nil {
			spots = append(spots, at)
		}
	}
	sort.Slice(spots, func(i, j int) bool { return spots[i].String() < spots[j].String() })
	require.GreaterOrEqual(t, len(spots), 15, "the scenario is too small: %v", spots)
	for _, at := range spots {
		for _, nth := range []int{1, 2} {
			if dry.seen[at] < nth {
				continue
			}
			t.Run(fmt.Sprintf("%v/%d", at, nth), func(t *testing.T) {
				t.Parallel()
				p := &probe{seen: make(map[spot]int), at: at, nth: nth, harm: harm(at)}
				scenario(t, p)
				if !p.happened() {
					t.Logf("%v came fewer than %d times this time", at, nth)
				}
			})
		}
	}
}

// stans gives each request another STAN.
type stans struct {
	mu   sync.Mutex
	last int
}

func newSTANs() *stans { return &stans{} }

func (s *stans) next() string { return s.withSuffix("") }

// withSuffix is a STAN that ends in suffix; others never end in 999.
func (s *stans) withSuffix(suffix string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	if suffix == "" {
		return fmt.Sprintf("%05d0", s.last%100_000)
	}
	return fmt.Sprintf("%03d%s", s.last%1_000, suffix)
}

func networkMessage(stan string) *iso8583.Message {
	m := iso8583.NewMessage(specs.Spec87ASCII)
	m.MTI("0800")
	_ = m.Field(11, stan)
	return m
}

func networkFrame(stan string) []byte {
	frame, err := networkMessage(stan).Pack()
	if err != nil {
		panic(err)
	}
	return frame
}
