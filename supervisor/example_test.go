package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// echoTest is a network management request (0800) with that STAN.
func echoTest(stan string) *iso8583.Message {
	msg := iso8583.NewMessage(specs.Spec87ASCII)
	msg.MTI("0800")
	_ = msg.Field(7, "0704123456")
	_ = msg.Field(11, stan)
	return msg
}

// upTo starts a manager with one link to an address, and waits until it is up.
func upTo(ctx context.Context, addr string, change ...func(*supervisor.LinkConfig)) (*supervisor.Manager, *supervisor.Link) {
	config := supervisor.LinkConfig{
		Name: "visa-1", Addrs: []string{addr}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
	}
	for _, c := range change {
		c(&config)
	}
	manager, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{config}, Logger: quiet})
	if err != nil {
		panic(err)
	}
	link := manager.Link("visa-1")
	if err := link.Await(ctx, messages.Up); err != nil {
		panic(err)
	}
	return manager, link
}

func exampleContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}

// A link to a host: a request goes out, its response comes back.
func Example() {
	ctx, cancel := exampleContext()
	defer cancel()
	host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}}) // answers everything
	defer host.Close()

	manager, err := supervisor.New(nil, supervisor.Config{
		Logger: quiet,
		Links: []supervisor.LinkConfig{{
			Name: "visa-1", Addrs: []string{host.Addr()}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
		}},
	})
	if err != nil {
		panic(err)
	}
	defer manager.Close(ctx) //nolint:errcheck // nothing is in flight

	link := manager.Link("visa-1") // stays valid across restarts
	if err := link.Await(ctx, messages.Up); err != nil {
		panic(err)
	}
	reply, err := link.Send(ctx, echoTest("000001"))
	if err != nil {
		panic(err)
	}
	mti, _ := reply.GetMTI()
	stan, _ := reply.GetString(11)
	fmt.Println(mti, stan)
	// Output: 0810 000001
}

// What became of a send that was not answered.
func ExampleLink_Send() {
	ctx, cancel := exampleContext()
	defer cancel()
	host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}, Handle: linktest.Drop()})
	defer host.Close()
	manager, link := upTo(ctx, host.Addr())

	ask := func(ctx context.Context) {
		switch _, err := link.Send(ctx, echoTest("000001")); {
		case err == nil:
			fmt.Println("answered")
		case errors.Is(err, messages.ErrNotSent):
			fmt.Println("not sent: safe to send elsewhere")
		case errors.Is(err, messages.ErrInDoubt):
			fmt.Println("in doubt: to be reversed, or repeated")
		case errors.Is(err, messages.ErrRejected):
			fmt.Println("rejected: the host did not process it")
		}
	}
	soon, stop := context.WithTimeout(ctx, 50*time.Millisecond)
	defer stop()
	ask(soon) // the host never answers
	if err := manager.Close(ctx); err != nil {
		panic(err)
	}
	ask(ctx) // the link is closed
	// Output:
	// in doubt: to be reversed, or repeated
	// not sent: safe to send elsewhere
}

// A response that comes when its sender waits no longer is delivered with its
// request.
func ExampleLinkConfig_onLate() {
	ctx, cancel := exampleContext()
	defer cancel()
	release := make(chan struct{})
	host := linktest.NewPeer(linktest.PeerConfig{
		Framing: framing.Binary2{}, Handle: linktest.Hold(release, linktest.Reply()),
	})
	defer host.Close()
	late := make(chan *messages.LateReply, 1)
	manager, link := upTo(ctx, host.Addr(), func(c *supervisor.LinkConfig) {
		c.OnLate = func(l *messages.LateReply) { late <- l }
	})
	defer manager.Close(ctx) //nolint:errcheck // nothing is in flight

	soon, stop := context.WithTimeout(ctx, 50*time.Millisecond)
	defer stop()
	_, err := link.Send(soon, echoTest("000007"))
	fmt.Println(errors.Is(err, messages.ErrInDoubt))
	close(release)
	l := <-late
	request, response, err := l.Messages()
	if err != nil {
		panic(err)
	}
	asked, _ := request.GetMTI()
	answered, _ := response.GetMTI()
	fmt.Println(asked, "was answered by", answered)
	// Output:
	// true
	// 0800 was answered by 0810
}

// Another actor asks by the link's PID, and gets the result in its mailbox.
func ExampleLink_PID() {
	ctx, cancel := exampleContext()
	defer cancel()
	host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}})
	defer host.Close()
	manager, link := upTo(ctx, host.Addr())
	defer manager.Close(ctx) //nolint:errcheck // nothing is in flight

	done := make(chan struct{})
	client := actor.PropsFromFunc(func(ctx actor.Context) {
		switch msg := ctx.Message().(type) {
		case *actor.Started:
			ctx.Request(link.PID(), &messages.Send{Message: echoTest("000042"), Tag: "my echo", Timeout: time.Second})
		case *messages.Result:
			reply, err := msg.Message()
			if err != nil {
				panic(err)
			}
			mti, _ := reply.GetMTI()
			fmt.Println(msg.Tag, "was answered by", mti)
			close(done)
		}
	})
	pid := manager.System().Root.Spawn(client)
	<-done
	_ = manager.System().Root.StopFuture(pid).Wait()
	// Output: my echo was answered by 0810
}

// An operator pauses a link, which ends its session in order, and resumes it.
func ExampleLink_Pause() {
	ctx, cancel := exampleContext()
	defer cancel()
	host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}})
	defer host.Close()
	manager, link := upTo(ctx, host.Addr())
	defer manager.Close(ctx) //nolint:errcheck // nothing is in flight

	if err := link.Pause(ctx); err != nil {
		panic(err)
	}
	fmt.Println(link.Status().State)
	if err := link.Resume(); err != nil {
		panic(err)
	}
	if err := link.Await(ctx, messages.Up); err != nil {
		panic(err)
	}
	fmt.Println(link.Status().State, "in session", link.Status().Session)
	// Output:
	// paused
	// up in session 2
}

// A link that sends echoes when it was silent, and starts anew when they are not
// answered.
func ExampleLinkConfig_echo() {
	ctx, cancel := exampleContext()
	defer cancel()
	host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}, Handle: linktest.Drop()})
	defer host.Close()
	missed := make(chan error, 10)
	var stan atomic.Int64
	manager, _ := upTo(ctx, host.Addr(), func(c *supervisor.LinkConfig) {
		c.IdleTime, c.Echo.Timeout, c.MaxMissedEchoes = 20*time.Millisecond, 20*time.Millisecond, 2
		c.Echo.Build = func() (*iso8583.Message, error) {
			return echoTest(fmt.Sprintf("%06d", stan.Add(1))), nil
		}
		c.OnEvent = func(e messages.Event) {
			if changed, ok := e.(*messages.StateChanged); ok && changed.From == messages.Up {
				missed <- changed.Reason
			}
		}
	})
	fmt.Println(<-missed)
	_ = manager.Close(ctx)
	// Output: echoes were not answered: 2 in a row
}
