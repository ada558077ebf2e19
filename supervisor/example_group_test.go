package supervisor_test

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// Two links that serve the same purpose: what the first cannot send goes over the
// second.
func ExampleGroup_Send() {
	ctx, cancel := exampleContext()
	defer cancel()
	down := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}, Admission: linktest.Refuse})
	defer down.Close()
	host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}})
	defer host.Close()
	link := func(name, addr string) supervisor.LinkConfig {
		return supervisor.LinkConfig{Name: name, Addrs: []string{addr}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{}}
	}
	manager, err := supervisor.New(nil, supervisor.Config{
		Logger: quiet,
		Links:  []supervisor.LinkConfig{link("visa-1", down.Addr()), link("visa-2", host.Addr())},
		Groups: []supervisor.GroupConfig{{
			Name: "visa", Links: []string{"visa-1", "visa-2"}, Strategy: supervisor.PrimaryBackup(),
		}},
	})
	if err != nil {
		panic(err)
	}
	defer manager.Close(ctx) //nolint:errcheck // nothing is in flight
	visa := manager.Group("visa")
	if err := visa.Await(ctx, messages.Up); err != nil { // MinUp links: one, unless it says otherwise
		panic(err)
	}
	reply, err := visa.Send(ctx, echoTest("000001"))
	if err != nil {
		panic(err)
	}
	mti, _ := reply.GetMTI()
	fmt.Println(mti, "with", visa.Status().Up, "of 2 links up")
	// Output: 0810 with 1 of 2 links up
}

// A link that signs on before it takes requests, as ISO 8583:1987 has it.
func ExampleLinkConfig_signOn() {
	ctx, cancel := exampleContext()
	defer cancel()
	manager, host := upFor(supervisor.AcceptorConfig{
		Name: "issuer", Addr: "127.0.0.1:0",
		Session: supervisor.LinkConfig{Spec: signSpec, Framing: framing.Binary2{}, Handler: approve},
	})
	defer manager.Close(ctx) //nolint:errcheck // nothing is in flight
	var stan atomic.Int64
	acquirer, link := upTo(ctx, host.Addr().String(), func(c *supervisor.LinkConfig) {
		c.Spec = signSpec
		c.SignOn.Build = messages.ISO87.Builder(c.Spec, messages.ISO87.SignOn, func(msg *iso8583.Message) error {
			return msg.Field(11, fmt.Sprintf("%06d", stan.Add(1)))
		})
		c.SignOn.Check = messages.ISO87.Check
	})
	defer acquirer.Close(ctx) //nolint:errcheck // nothing is in flight

	fmt.Println(link.Status().State)
	if err := link.SignOff(ctx); err != nil {
		panic(err)
	}
	_, err := link.Exchange(ctx, newFrame("0200", 1))
	fmt.Println(link.Status().State, errors.Is(err, messages.ErrNotSignedOn))
	// Output:
	// up
	// signed off true
}

// STANs from an allocator: what a message lacks is filled in, and never one that
// is still in use.
func ExampleLinkConfig_sTANs() {
	ctx, cancel := exampleContext()
	defer cancel()
	host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}})
	defer host.Close()
	stans, err := messages.NewSTANs(messages.STANConfig{First: 500_000, Last: 599_999})
	if err != nil {
		panic(err)
	}
	manager, link := upTo(ctx, host.Addr(), func(c *supervisor.LinkConfig) {
		c.STANs, c.MaxInFlight, c.MaxLate = stans, 1_000, 10_000
	})
	defer manager.Close(ctx) //nolint:errcheck // nothing is in flight
	request := iso8583.NewMessage(specs.Spec87ASCII)
	request.MTI("0800")
	reply, err := link.Send(ctx, request)
	if err != nil {
		panic(err)
	}
	sent, _ := request.GetString(11)
	got, _ := reply.GetString(11)
	fmt.Println(sent == got, sent >= "500000" && sent <= "599999")
	// Output: true true
}
