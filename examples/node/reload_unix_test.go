//go:build unix

package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/relay"
	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/examples/internal/testbed"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// hangUp tells the node to read its file.
func hangUp(t *testing.T) {
	t.Helper()
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGHUP))
}

// The file changes while clients are served: a link comes, a link goes, a wrong file is
// told and changes nothing. Every request is answered, once.
func TestReloadUnderLoad(t *testing.T) {
	const clients = 4
	host, ledger := testbed.Host(t, issuer.NoFault)
	f := newFile(t, oneLink, host.Addr())
	r := startNode(t, f)
	r.await("link host-1: connecting -> up")
	var load sync.WaitGroup
	over, sent := make(chan struct{}), [clients]int{}
	for i := range clients {
		client := testbed.Client(t, r.clients)
		load.Go(func() {
			for ; ; sent[i]++ {
				select {
				case <-over:
					return
				default:
				}
				request, err := testbed.Payment("000001", fmt.Sprintf("%d%011d", i+1, sent[i]))
				assert.NoError(t, err)
				response, err := client.Send(terminal.Patient(t), request)
				if !assert.NoError(t, err) || !assert.Equal(t, relay.Approved, testbed.Values(t, response, relay.CodeField)[0]) {
					return
				}
			}
		})
	}

	f.write(head+`
links: [{name: host-1, addrs: ["%[1]s"]}, {name: host-2, addrs: ["%[1]s"]}]
groups: [{name: host, links: [host-1, host-2], stans: host}]
`, host.Addr())
	hangUp(t)
	r.await(`links.unchanged=1 links.added=\[host-2\] .*groups.changed=\[host\]`)
	r.await("link host-2: connecting -> up")

	f.write("links: [{name: host-1}]")
	hangUp(t)
	r.await(`nothing of it where it is wrong" error=.*links.yaml:1:10: `)

	f.write(head+`
links: [{name: host-2, addrs: ["%s"]}]
groups: [{name: host, links: [host-2], stans: host}]
`, host.Addr())
	hangUp(t)
	r.await(`links.unchanged=1 links.removed=\[host-1\]`)
	close(over)
	load.Wait()
	total := 0
	for _, n := range sent {
		total += n
	}
	assert.Positive(t, total)
	assert.Len(t, ledger.Received, total)
	require.Eventually(t, func() bool { return host.Status().Sessions == 1 }, terminal.Patience, time.Millisecond)
	r.end()
	assert.Contains(t, r.out.String(), fmt.Sprintf("answered=%d notSent=0 inDoubt=0 wrong=0", total))
}

// A file that names what is there still is told, and requests go where they went before.
func TestReloadThatCannotBeApplied(t *testing.T) {
	host, _ := testbed.Host(t, issuer.NoFault)
	f := newFile(t, oneLink, host.Addr())
	r := startNode(t, f)
	r.await("link host-1: connecting -> up")
	client := testbed.Client(t, r.clients)
	f.write(head+`
links: [{name: host, addrs: ["%s"]}]
groups: [{name: hosts, links: [host], stans: host}]
`, host.Addr())
	hangUp(t)
	r.await(`nothing of it where it is wrong" error=.*is the name of a group still`)
	request, err := testbed.Payment("000001", "000000000001")
	require.NoError(t, err)
	response, err := client.Send(terminal.Patient(t), request)
	require.NoError(t, err)
	assert.Equal(t, relay.Approved, testbed.Values(t, response, relay.CodeField)[0])
	r.end()
}

// Who ends the node while a link drains that a file has changed gets what was in flight
// answered.
func TestEndWhileItReloads(t *testing.T) {
	release := make(chan struct{})
	host := linktest.NewPeer(linktest.PeerConfig{Framing: framing.Binary2{}, Handle: linktest.Hold(release, linktest.Reply())})
	t.Cleanup(host.Close)
	f := newFile(t, oneLink, host.Addr())
	r := startNode(t, f)
	r.await("link host-1: connecting -> up")
	client := testbed.Client(t, r.clients)
	request, err := testbed.Payment("000001", "000000000001")
	require.NoError(t, err)
	answered := make(chan error, 1)
	go func() {
		_, err := client.Send(context.Background(), request)
		answered <- err
	}()
	conn, err := host.WaitConn(terminal.Patient(t), 1)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return conn.BytesRead() > 0 }, terminal.Patience, time.Millisecond)
	f.write(strings.Replace(oneLink, "host-1,", "host-1, maxInFlight: 7,", 1), host.Addr())
	hangUp(t)
	r.await("link host-1: up -> draining")
	r.cancel()
	close(release)
	require.NoError(t, <-answered)
	r.end()
	assert.Contains(t, r.out.String(), "answered=1 notSent=0 inDoubt=0 wrong=0")
}
