package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/relay"
	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/examples/internal/testbed"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// TestFiftyClientsShareALink: they use the same STANs at the same time, and each
// gets the answers to its own requests, by their own STANs. The host has got each
// request but for its STAN as it was sent: the digest says so.
func TestFiftyClientsShareALink(t *testing.T) {
	const clients, each = 50, 20
	host, ledger := testbed.Host(t, issuer.NoFault)
	m := startMux(t, true, host.Addr())
	var running sync.WaitGroup
	begin := make(chan struct{})
	for client := range clients {
		link := testbed.Client(t, m.acceptor.Addr().String())
		for number := range each {
			running.Go(func() {
				stan, reference := fmt.Sprintf("%06d", number+1), fmt.Sprintf("%06d%06d", client, number+1)
				request, err := testbed.Payment(stan, reference)
				if !assert.NoError(t, err) {
					return
				}
				<-begin
				response, err := link.Send(terminal.Patient(t), request)
				if !assert.NoError(t, err) {
					return
				}
				got, _ := response.GetString(traffic.STANField)
				assert.Equal(t, stan, got)
				entry, ok := ledger.Of(reference)
				assert.True(t, ok, "the host has not got it")
				assert.Equal(t, digestWith(t, request, entry.STAN), entry.Digest, "the host has got something else")
				assert.True(t, issuer.Proves(response, entry.Digest, reference), "the answer is another's")
			})
		}
	}
	close(begin)
	running.Wait()

	stans := make(map[string]bool)
	for _, e := range ledger.Received {
		stans[e.STAN] = true
	}
	assert.Len(t, stans, clients*each, "no STAN is used twice over the link")
	assert.EqualValues(t, 1, host.Status().Accepted)
	assert.EqualValues(t, clients*each, m.relay.Answered.Load())
	assert.EqualValues(t, clients, m.acceptor.Status().Accepted)
}

// digestWith is the digest of a request that has another STAN.
func digestWith(t *testing.T, request *iso8583.Message, stan string) [sha256.Size]byte {
	assert.NoError(t, request.Field(traffic.STANField, stan))
	frame, err := messages.Pack(request)
	assert.NoError(t, err)
	return sha256.Sum256(frame)
}

// send sends a payment that must be answered.
func send(t *testing.T, link *supervisor.Link, stan, reference string) *iso8583.Message {
	t.Helper()
	request, err := testbed.Payment(stan, reference)
	require.NoError(t, err)
	response, err := link.Send(terminal.Patient(t), request)
	require.NoError(t, err)
	return response
}

// TestNotSent: without a host the client is told, by a response that is its own
// request's and holds nothing of the card.
func TestNotSent(t *testing.T) {
	m := startMux(t, false, testbed.Nobody(t), testbed.Nobody(t))
	link := testbed.Client(t, m.acceptor.Addr().String())
	response := send(t, link, "000042", "000000000042")
	assert.Equal(t, []string{"0210", "000042", "000000000042", relay.Inoperative, "TERM0001", "", ""},
		testbed.Values(t, response, 0, 11, 37, 39, 41, 2, 35))
	assert.EqualValues(t, 1, m.relay.NotSent.Load())
}

// TestNotSentGoesByTheOtherLink: one link is down, and every request is answered.
func TestNotSentGoesByTheOtherLink(t *testing.T) {
	host, _ := testbed.Host(t, issuer.NoFault)
	m := startMux(t, false, testbed.Nobody(t), host.Addr())
	require.NoError(t, m.manager.Link("host-2").Await(terminal.Patient(t), messages.Up))
	link := testbed.Client(t, m.acceptor.Addr().String())
	for number := range 10 {
		response := send(t, link, "000001", fmt.Sprintf("%012d", number))
		assert.Equal(t, []string{"000001", relay.Approved}, testbed.Values(t, response, 11, 39))
	}
	assert.EqualValues(t, 10, m.relay.Answered.Load())
}

func TestLinksTakeTurns(t *testing.T) {
	host, _ := testbed.Host(t, issuer.NoFault)
	m := startMux(t, true, host.Addr(), host.Addr())
	link := testbed.Client(t, m.acceptor.Addr().String())
	for number := range 10 {
		send(t, link, "000001", fmt.Sprintf("%012d", number))
	}
	for _, l := range m.manager.Links() {
		assert.EqualValues(t, 5, l.Status().Counters.Answered)
	}
}

// TestInDoubt: the client is told nothing, and knows that it is in doubt.
func TestInDoubt(t *testing.T) {
	host, ledger := testbed.Host(t, issuer.AnswersNever)
	m := startMux(t, true, host.Addr())
	link := testbed.Client(t, m.acceptor.Addr().String())
	request, err := testbed.Payment("000001", "000000000001")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sent := make(chan error, 1)
	go func() {
		_, err := link.Send(ctx, request)
		sent <- err
	}()
	require.Eventually(t, func() bool {
		_, ok := ledger.Of("000000000001")
		return ok
	}, terminal.Patience, time.Millisecond)
	require.NoError(t, host.Close(terminal.Patient(t)))
	require.Eventually(t, func() bool { return m.relay.InDoubt.Load() == 1 }, terminal.Patience, time.Millisecond)
	assert.Empty(t, sent)
	cancel()
	require.ErrorIs(t, <-sent, messages.ErrInDoubt)
	assert.Zero(t, m.acceptor.Status().Counters.Replied)
}

// echo sends an echo test, which must be answered, and returns the response code.
func echo(t *testing.T, link *supervisor.Link) (code string) {
	stans, err := messages.NewSTANs(messages.STANConfig{Store: traffic.STANsFrom(7)})
	assert.NoError(t, err)
	request, err := traffic.Network(spec87.Spec, stans, messages.ISO87.Echo, 0).Build()
	assert.NoError(t, err)
	response, err := link.Send(terminal.Patient(t), request)
	if !assert.NoError(t, err) {
		return ""
	}
	got := testbed.Values(t, response, 0, 11, 70, relay.CodeField)
	assert.Equal(t, []string{"0810", "000007", "301"}, got[:3])
	return got[3]
}

// TestNetworkManagementEndsHere: it says whether there is a link that is up, and
// the host sees nothing of it.
func TestNetworkManagementEndsHere(t *testing.T) {
	host, _ := testbed.Host(t, issuer.NoFault)
	up := startMux(t, true, host.Addr())
	down := startMux(t, false, testbed.Nobody(t))
	for _, c := range []struct {
		m    *mux
		code string
	}{{up, relay.Approved}, {down, relay.Inoperative}} {
		link := testbed.Client(t, c.m.acceptor.Addr().String())
		assert.Equal(t, c.code, echo(t, link))
	}
	assert.Zero(t, host.Status().Counters.Requests)
}

func TestWhatHasNoSTANIsRefused(t *testing.T) {
	host, _ := testbed.Host(t, issuer.NoFault)
	m := startMux(t, true, host.Addr())
	link := testbed.Client(t, m.acceptor.Addr().String(), func(c *supervisor.LinkConfig) { c.KeyFields = []int{37} })
	response := send(t, link, "", "000000000009")
	assert.Equal(t, []string{"0210", "", "000000000009", relay.FormatError}, testbed.Values(t, response, 0, 11, 37, 39))
	require.NoError(t, link.PostFrame(terminal.Patient(t), []byte("0200 and no more")))
	require.Eventually(t, func() bool { return m.relay.Wrong.Load() == 2 }, terminal.Patience, time.Millisecond)
	assert.Equal(t, []string{relay.Approved}, testbed.Values(t, send(t, link, "000001", "000000000010"), 39))
	assert.EqualValues(t, 1, host.Status().Counters.Requests)
}

func TestStartFails(t *testing.T) {
	_, err := start(options{listen: "nowhere", framing: framing.Binary2{}, timeout: time.Second, hosts: [][]string{{"127.0.0.1:1"}}}, quiet)
	var fault *messages.ConfigError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, "clients", fault.Link)
	_, err = start(options{listen: "127.0.0.1:0", framing: framing.Binary2{}, timeout: time.Second, hosts: [][]string{{"nowhere"}}}, quiet)
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, "host-1", fault.Link)
}
