package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// asciiEcho is an echo test in moov's ASCII format, as a line of a file.
func asciiEcho(t *testing.T) []byte {
	t.Helper()
	message := iso8583.NewMessage(specs.Spec87ASCII)
	message.MTI("0800")
	require.NoError(t, message.Field(7, "0302080000"))
	packed, err := message.Pack()
	require.NoError(t, err)
	return []byte(hex.EncodeToString(packed))
}

// host starts a scripted host that ends with the test.
func host(t *testing.T, config linktest.PeerConfig) *linktest.Peer {
	t.Helper()
	if config.Framing == nil {
		config.Framing = framing.Binary2{}
	}
	peer := linktest.NewPeer(config)
	t.Cleanup(peer.Close)
	return peer
}

// row is the last column of a row of the table that was printed.
func row(o *terminal.Output, name string) string {
	for line := range strings.Lines(o.String()) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, name+"  "); ok {
			words := strings.Fields(rest)
			return words[len(words)-1]
		}
	}
	return "no such row"
}

// call is a run of the program.
func call(t *testing.T, args ...string) (code int, out, complaints *terminal.Output) {
	t.Helper()
	out, complaints = new(terminal.Output), new(terminal.Output)
	return command(t.Context(), args, out, complaints), out, complaints
}

func approving(spec *iso8583.MessageSpec) linktest.Step {
	return linktest.ReplyWith(linktest.NewUnpackingResponder(linktest.UnpackingConfig{Spec: spec}))
}

func TestEverySendIsAnswered(t *testing.T) {
	seen := linktest.NewRecorder(linktest.IDFromField(spec87.Spec, 37))
	first := host(t, linktest.PeerConfig{Handle: approving(spec87.Spec), Recorder: seen})
	second := host(t, linktest.PeerConfig{Handle: approving(spec87.Spec), Recorder: seen})
	code, out, complaints := call(t, "-addr", first.Addr(), "-addr", second.Addr(), "-rate", "500", "-count", "101", "-timeout", "30s")
	assert.Zero(t, code, "%s%s", out, complaints)
	assert.Equal(t, "101", row(out, "sent"))
	assert.Equal(t, "101", row(out, "approved"))
	assert.Equal(t, "2", row(out, "sessions"))
	assert.Equal(t, 101, seen.Total())
	references := make(map[string]bool)
	for _, e := range seen.All() {
		references[e.ID] = true
	}
	assert.Len(t, references, 101)
	assert.Equal(t, 1, first.Accepted())
	assert.Equal(t, 1, second.Accepted())
}

func TestWithMutualTLSAndAnotherSpecificationAndFraming(t *testing.T) {
	certs := filepath.Join("..", "..", "testdata", "certs")
	pair, err := tls.LoadX509KeyPair(filepath.Join(certs, "server.pem"), filepath.Join(certs, "server-key.pem"))
	require.NoError(t, err)
	authority, err := os.ReadFile(filepath.Join(certs, "ca.pem"))
	require.NoError(t, err)
	clients := x509.NewCertPool()
	require.True(t, clients.AppendCertsFromPEM(authority))
	peer := host(t, linktest.PeerConfig{
		Framing: framing.ASCII{}, Handle: approving(specs.Spec87ASCII),
		TLS: &tls.Config{
			MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair},
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients,
		},
	})
	raw, err := specs.ExportJSON(specs.Spec87ASCII)
	require.NoError(t, err)
	code, out, complaints := call(
		t, "-addr", peer.Addr(), "-framing", "ascii4", "-spec", write(t, "spec.json", raw),
		"-file", write(t, "one.hex", asciiEcho(t)), "-key-fields", "11,37",
		"-ca", filepath.Join(certs, "ca.pem"), "-cert", filepath.Join(certs, "client.pem"),
		"-key", filepath.Join(certs, "client-key.pem"), "-server-name", "localhost",
		"-count", "10", "-rate", "100", "-timeout", "30s", "-v",
	)
	assert.Zero(t, code, "%s%s", out, complaints)
	assert.Equal(t, "10", row(out, "approved"))
	assert.Contains(t, out.String(), "connecting -> up", "-v shows what the link logs")
}

func TestEveryCauseIsCounted(t *testing.T) {
	// Half of the requests are not answered. Those without field 41 have no key.
	odd := true
	peer := host(t, linktest.PeerConfig{Handle: func(c *linktest.Conn, f linktest.Frame) error {
		odd = !odd
		if odd {
			return nil
		}
		return linktest.Reply()(c, f)
	}})
	code, out, complaints := call(t, "-addr", peer.Addr(), "-key-fields", "11,41", "-rate", "1000", "-count", "40", "-timeout", "1s")
	assert.Equal(t, 1, code, "not every send was answered")
	assert.Empty(t, complaints.String())
	assert.Equal(t, "40", row(out, "sent"))
	assert.NotEqual(t, "0", row(out, "without a response code"), "the host copies the request")
	assert.NotEqual(t, "0", row(out, "in doubt: deadline passed"))
	assert.NotEqual(t, "0", row(out, "not sent: no key"))
	assert.NotRegexp(t, `[0-9]{13}`, out.String(), "as long as a card number")
}

func TestWithoutAHostNothingIsSent(t *testing.T) {
	peer := host(t, linktest.PeerConfig{Admission: linktest.Refuse})
	code, out, complaints := call(t, "-addr", peer.Addr(), "-wait", "1s")
	assert.Equal(t, 1, code)
	assert.Empty(t, out.String())
	assert.Contains(t, complaints.String(), "link-1")
	assert.Contains(t, complaints.String(), "refused")
}

func TestAWrongCall(t *testing.T) {
	code, out, complaints := call(t, "-rate", "many")
	assert.Equal(t, 2, code)
	assert.Empty(t, out.String())
	assert.Contains(t, complaints.String(), "-rate")
	assert.Contains(t, complaints.String(), "-addr")
}

func TestAnInterruptEndsTheRunInOrder(t *testing.T) {
	peer := host(t, linktest.PeerConfig{Handle: approving(spec87.Spec)})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		defer cancel()
		conn, err := peer.WaitConn(ctx, 1)
		for err == nil && conn.BytesWritten() == 0 {
			err = conn.Delay(time.Millisecond)
		}
	}()
	out, complaints := new(terminal.Output), new(terminal.Output)
	code := command(ctx, []string{"-addr", peer.Addr(), "-seconds", "3600", "-timeout", "30s"}, out, complaints)
	assert.Zero(t, code, "%s%s", out, complaints)
	assert.NotEqual(t, "0", row(out, "answered"))
}
