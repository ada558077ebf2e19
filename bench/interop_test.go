package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	connection "github.com/moov-io/iso8583-connection"
	"github.com/moov-io/iso8583-connection/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

const certs = "../testdata/certs/"

// moovHost is the peer's own server: it answers every request, from field 11
// 900000 on not at all.
func moovHost(t *testing.T, config *tls.Config) *server.Server {
	t.Helper()
	answer := func(c *connection.Connection, m *iso8583.Message) {
		stan, err := m.GetString(11)
		if err != nil || stan >= "900000" {
			return
		}
		m.MTI("0810")
		if err := c.Reply(m); err != nil {
			assert.ErrorIs(t, err, connection.ErrConnectionClosed)
		}
	}
	s := server.New(sample.Spec, readBinary2, writeBinary2, connection.InboundMessageHandler(answer))
	if config != nil {
		require.NoError(t, s.SetOptions(server.WithConnectionFactory(func(conn net.Conn) (*connection.Connection, error) {
			return connection.NewFrom(tls.Server(conn, config), sample.Spec, readBinary2, writeBinary2,
				connection.InboundMessageHandler(answer))
		})))
	}
	require.NoError(t, s.Start("127.0.0.1:0"))
	t.Cleanup(s.Close)
	return s
}

func serverTLS(t *testing.T) *tls.Config {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(certs+"server.pem", certs+"server-key.pem")
	require.NoError(t, err)
	pem, err := os.ReadFile(certs + "ca.pem")
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(pem))
	return &tls.Config{
		Certificates: []tls.Certificate{cert}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: tls.VersionTLS12,
	}
}

// TestInteroperation exchanges with the peer's own server, plain and with
// client certificates, by its own length functions and by ours.
func TestInteroperation(t *testing.T) {
	framings := map[string]framing.Framer{
		"binary2": framing.Binary2{},
		"funcs":   framing.Funcs{ReadLength: readBinary2, WriteLength: writeBinary2, MaxLength: 65_535},
	}
	files := supervisor.TLSFiles{
		CA: certs + "ca.pem", Cert: certs + "client.pem", Key: certs + "client-key.pem", ServerName: "localhost",
	}
	for name, framer := range framings {
		t.Run(name+"/plain", func(t *testing.T) { interoperate(t, framer, supervisor.TLSFiles{}, nil) })
		t.Run(name+"/mtls", func(t *testing.T) { interoperate(t, framer, files, serverTLS(t)) })
	}
}

func interoperate(t *testing.T, framer framing.Framer, files supervisor.TLSFiles, config *tls.Config) {
	host := moovHost(t, config)
	mgr, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{{
		Name: "moov", Addrs: []string{host.Addr}, Spec: sample.Spec, Framing: framer, TLSFiles: files,
		SendTimeout: 5 * time.Second,
	}}})
	require.NoError(t, err)
	link := mgr.Link("moov")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, link.Await(ctx, messages.Up))

	var callers sync.WaitGroup
	for c := range 20 {
		callers.Go(func() {
			for i := range 50 {
				stan := fmt.Sprintf("%06d", c*50+i)
				reply, err := link.Send(ctx, request(t, stan))
				if !assert.NoError(t, err) {
					return
				}
				got, err := reply.GetString(11)
				assert.NoError(t, err)
				assert.Equal(t, stan, got)
			}
		})
	}
	callers.Wait()

	short, stop := context.WithTimeout(ctx, 50*time.Millisecond)
	defer stop()
	_, err = link.Send(short, request(t, "900001"))
	require.ErrorIs(t, err, messages.ErrInDoubt)
	require.ErrorIs(t, err, messages.ErrTimeout)
	assert.EqualValues(t, 1000, link.Status().Counters.Answered)
	require.NoError(t, mgr.Close(ctx))
	_, err = link.Send(ctx, request(t, "000001"))
	require.True(t, errors.Is(err, messages.ErrNotSent) && errors.Is(err, messages.ErrClosed))
}

func request(t *testing.T, stan string) *iso8583.Message {
	t.Helper()
	m := iso8583.NewMessage(sample.Spec)
	m.MTI("0800")
	require.NoError(t, m.Field(11, stan))
	return m
}
