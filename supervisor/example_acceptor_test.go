package supervisor_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// approve answers a request with response code 00.
func approve(ctx context.Context, in *messages.Inbound) {
	msg, err := in.Message()
	if err != nil {
		return // it stays unanswered; a host may answer with a format error instead
	}
	msg.MTI("0810")
	_ = msg.Field(39, "00")
	if err := in.Reply(ctx, msg); err != nil {
		fmt.Println(err)
	}
}

// upFor starts a manager with an acceptor.
func upFor(config supervisor.AcceptorConfig) (*supervisor.Manager, *supervisor.Acceptor) {
	manager, err := supervisor.New(nil, supervisor.Config{Logger: quiet})
	if err != nil {
		panic(err)
	}
	acceptor, err := manager.Listen(config)
	if err != nil {
		panic(err)
	}
	return manager, acceptor
}

// An issuer host: it listens, and answers the requests of its peers.
func ExampleManager_Listen() {
	ctx, cancel := exampleContext()
	defer cancel()
	manager, err := supervisor.New(nil, supervisor.Config{Logger: quiet})
	if err != nil {
		panic(err)
	}
	defer manager.Close(ctx) //nolint:errcheck // nothing is in flight
	host, err := manager.Listen(supervisor.AcceptorConfig{
		Name: "issuer", Addr: "127.0.0.1:0",
		Session: supervisor.LinkConfig{
			Spec: specs.Spec87ASCII, Framing: framing.Binary2{}, Handler: approve,
		},
		Allow: []string{"127.0.0.0/8"}, MaxPerAddr: 10,
	})
	if err != nil {
		panic(err)
	}

	acquirer, link := upTo(ctx, host.Addr().String())
	defer acquirer.Close(ctx) //nolint:errcheck // nothing is in flight
	reply, err := link.Send(ctx, echoTest("000001"))
	if err != nil {
		panic(err)
	}
	code, _ := reply.GetString(39)
	fmt.Println("response code", code)
	// Output: response code 00
}

// A host sends to its peers what they did not ask for.
func ExampleAcceptor_PostAll() {
	ctx, cancel := exampleContext()
	defer cancel()
	manager, host := upFor(supervisor.AcceptorConfig{
		Name: "issuer", Addr: "127.0.0.1:0",
		Session: supervisor.LinkConfig{Spec: specs.Spec87ASCII, Framing: framing.Binary2{}, Handler: approve},
	})
	defer manager.Close(ctx) //nolint:errcheck // nothing is in flight
	pushed := make(chan string, 1)
	acquirer, link := upTo(ctx, host.Addr().String(), func(c *supervisor.LinkConfig) {
		c.Handler = func(_ context.Context, in *messages.Inbound) { pushed <- in.MTI.String() }
	})
	defer acquirer.Close(ctx)                                     //nolint:errcheck // nothing is in flight
	if _, err := link.Send(ctx, echoTest("000001")); err != nil { // the host knows the session by now
		panic(err)
	}

	cutover := iso8583.NewMessage(specs.Spec87ASCII)
	cutover.MTI("0820")
	_ = cutover.Field(11, "000002")
	sent, err := host.PostAll(ctx, cutover)
	if err != nil {
		panic(err)
	}
	fmt.Println("sent to", sent)
	fmt.Println("got", <-pushed)
	// Output:
	// sent to 1
	// got 0820
}

// A network that connects to us: the link's handle is there before it does.
func ExampleLinkConfig_accept() {
	ctx, cancel := exampleContext()
	defer cancel()
	manager, err := supervisor.New(nil, supervisor.Config{Logger: quiet, Links: []supervisor.LinkConfig{{
		Name: "network", Accept: "port-5001", Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
	}}})
	if err != nil {
		panic(err)
	}
	defer manager.Close(ctx) //nolint:errcheck // nothing is in flight
	port, err := manager.Listen(supervisor.AcceptorConfig{
		Name: "port-5001", Addr: "127.0.0.1:0", OnlyLinks: true,
		Session: supervisor.LinkConfig{Spec: specs.Spec87ASCII, Framing: framing.Binary2{}},
	})
	if err != nil {
		panic(err)
	}
	link := manager.Link("network")
	fmt.Println(link.Status().State)

	network, _ := upTo(ctx, port.Addr().String(), func(c *supervisor.LinkConfig) { c.Handler = approve })
	defer network.Close(ctx) //nolint:errcheck // nothing is in flight
	if err := link.Await(ctx, messages.Up); err != nil {
		panic(err)
	}
	reply, err := link.Send(ctx, echoTest("000001"))
	if err != nil {
		panic(err)
	}
	mti, _ := reply.GetMTI()
	fmt.Println("up, and answered by", mti)
	// Output:
	// waiting
	// up, and answered by 0810
}

// Terminals behind a network access controller: the TPDU of each request comes
// back with its response, its addresses swapped.
func ExampleLink_ExchangeWith() {
	ctx, cancel := exampleContext()
	defer cancel()
	manager, host := upFor(supervisor.AcceptorConfig{
		Name: "nac", Addr: "127.0.0.1:0",
		Session: supervisor.LinkConfig{Spec: specs.Spec87ASCII, Framing: framing.TPDU{}, Handler: approve},
	})
	defer manager.Close(ctx) //nolint:errcheck // nothing is in flight
	terminal, link := upTo(ctx, host.Addr().String(), func(c *supervisor.LinkConfig) { c.Framing = framing.TPDU{} })
	defer terminal.Close(ctx) //nolint:errcheck // nothing is in flight

	frame, err := echoTest("000001").Pack()
	if err != nil {
		panic(err)
	}
	header, _, err := link.ExchangeWith(ctx, []byte{0x60, 0x00, 0x03, 0x00, 0x17}, frame)
	if err != nil {
		panic(err)
	}
	fmt.Printf("% X\n", header)
	// Output: 60 00 17 00 03
}

// Peers are told apart by the common name of their certificates.
func ExampleAcceptorConfig_peerName() {
	config := supervisor.AcceptorConfig{
		Name: "issuer", Addr: "127.0.0.1:0",
		TLSFiles: supervisor.TLSFiles{CA: certs + "ca.pem", Cert: certs + "server.pem", Key: certs + "server-key.pem"},
		PeerName: func(p *supervisor.Peer) (string, error) { return strings.ReplaceAll(p.CommonName(), " ", "-"), nil },
		Session:  supervisor.LinkConfig{Spec: specs.Spec87ASCII, Framing: framing.Binary2{}, Handler: approve},
	}
	ctx, cancel := exampleContext()
	defer cancel()
	manager, host := upFor(config)
	defer manager.Close(ctx) //nolint:errcheck // nothing is in flight
	acquirer, link := upTo(ctx, host.Addr().String(), func(c *supervisor.LinkConfig) {
		c.TLSFiles = supervisor.TLSFiles{CA: certs + "ca.pem", Cert: certs + "client.pem", Key: certs + "client-key.pem"}
	})
	defer acquirer.Close(ctx) //nolint:errcheck // nothing is in flight
	if _, err := link.Send(ctx, echoTest("000001")); err != nil {
		panic(err)
	}
	fmt.Println(host.Sessions()[0].Name())
	// Output: issuer/isolink-test-client
}
