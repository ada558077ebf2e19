package supervisor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// watched are the events of a test, noted and printed. Whoever holds gate holds
// them up.
type watched struct {
	page
	events journal[messages.Event]
	gate   sync.Mutex
}

// over has the hooks and the logger of c noted and printed.
func (w *watched) over(c *supervisor.LinkConfig) {
	w.hook(c)
	c.Logger = slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
	printing := c.OnEvent
	c.OnEvent = func(e messages.Event) {
		w.gate.Lock()
		defer w.gate.Unlock()
		printing(e)
		w.events.add(e)
	}
}

// await waits for an event of each kind.
func (w *watched) await(t *testing.T, kinds ...messages.Event) {
	t.Helper()
	for _, kind := range kinds {
		name := fmt.Sprintf("%T", kind)
		w.events.await(t, name, func(all []messages.Event) bool {
			return slices.ContainsFunc(all, func(e messages.Event) bool { return fmt.Sprintf("%T", e) == name })
		})
	}
}

// STANs of messages that are not answered: of echoes, and of the request that is
// answered late.
const secretEcho, secretLateSTAN = 999, 800

// TestCardDataInEventsOfALink: each kind of event comes about with card data near
// it, and shows none.
func TestCardDataInEventsOfALink(t *testing.T) {
	var w watched
	read := make(chan struct{}, 1) // the request that is answered late
	host := startHost(t, linktest.PeerConfig{TLS: serverTLS(t), Handle: func(c *linktest.Conn, f linktest.Frame) error {
		if stanInside(f.Body, secretLateSTAN) {
			read <- struct{}{}
		}
		if string(f.Body[:4]) == "0800" && !stanInside(f.Body, secretEcho) {
			return linktest.Reply()(c, f)
		}
		return nil
	}})
	files := rotatedFiles(t, "client")
	var signs atomic.Int64
	hold := make(chan struct{})
	l := startUp(t, host, w.over, func(c *supervisor.LinkConfig) {
		c.Spec, c.TLSFiles, c.MaxEvents = cardSpec, files, 100
		c.SignOn.Build = func() (*iso8583.Message, error) {
			msg := newSecretMessage(t, "0800", 1)
			switch signs.Add(1) {
			case 1:
				return msg, msg.Field(2, secretPAN+secretPAN) // it does not pack
			case 2:
				panic(secretTrack)
			}
			return msg, nil
		}
		c.Echo = supervisor.NetworkManagement{Timeout: short, Build: func() (*iso8583.Message, error) {
			return newSecretMessage(t, "0800", secretEcho), nil
		}}
		c.IdleTime, c.MaxMissedEchoes, c.LateWindow = short, 255, patience
		c.MaxInbound, c.Ordered = 1, true
		c.Handler = func(_ context.Context, in *messages.Inbound) {
			<-hold
			panic(string(in.Frame))
		}
	})
	w.await(t, &messages.StateChanged{}, &messages.SessionChanged{}, &messages.SignFailed{}, &messages.EchoFailed{})

	c := connOf(t, host, int(l.Status().Session))
	for stan := range 10 {
		require.NoError(t, c.WriteRaw(stream(newSecretFrame(t, "0200", stan))))
	}
	w.await(t, &messages.RequestsDropped{})
	close(hold)
	w.await(t, &messages.Panicked{})

	late := newSecretFrame(t, "0200", secretLateSTAN)
	ctx, cancel := context.WithCancel(patient(t))
	sent := l.background(ctx, late)
	awaitDone(t, "the request", read)
	cancel()
	require.ErrorIs(t, awaitDone(t, "the send", sent).err, messages.ErrInDoubt)
	require.NoError(t, c.WriteRaw(stream(response(late), newSecretFrame(t, "0210", 801))))
	w.await(t, &messages.LateReply{}, &messages.Unmatched{})

	require.NoError(t, os.WriteFile(files.Key, []byte("-----BEGIN "+secretPAN+secretTrack+secretPIN), 0o600))
	require.NoError(t, l.Restart(patient(t)))
	w.await(t, &messages.CertificatesFailed{})
	l.awaitState(messages.Up)

	c = connOf(t, host, int(l.Status().Session)) // at last: any event may be dropped now
	w.gate.Lock()
	for stan := range 200 {
		require.NoError(t, c.WriteRaw(stream(newSecretFrame(t, "0210", stan))))
	}
	l.awaitStatus("events dropped", func(s supervisor.Status) bool { return s.Counters.Dropped > 0 })
	w.gate.Unlock()
	w.await(t, &messages.EventsDropped{})
	w.print(l.manager.Close(patient(t)), l.Status())
	w.covers(t, "sign-on", "echo", "dropped request of the peer", "dropped event", "file that is no certificate")
	w.judge(t, "sign-on failed", "echo", "requests of the peer dropped", "panicked", "late reply", "nobody waits",
		"events dropped", "new certificates cannot be used", "session 1 ended")
}

// TestCardDataInEventsOfAnAcceptor: likewise, for what comes before a session.
func TestCardDataInEventsOfAnAcceptor(t *testing.T) {
	var w watched
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var accepts atomic.Int64
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		w.over(&c.Session)
		c.Session.Spec, c.Session.MaxFrame, c.ReadFirst, c.Addr = cardSpec, 1_000, true, ""
		c.PeerName = func(p *supervisor.Peer) (string, error) { panic(string(p.First)) }
		c.Listener = listenerFunc{listener, func() (net.Conn, error) {
			if accepts.Add(1) == 1 {
				return nil, errors.New("too many open files")
			}
			return listener.Accept()
		}}
	})
	dialRaw(t, a).write(newSecretFrame(t, "0800", 1))
	w.await(t, &messages.AcceptFailed{}, &messages.Panicked{}, &messages.Refused{})
	misframed := dialRaw(t, a)
	_, err = misframed.conn.Write(bytes.Repeat([]byte(secretPAN+secretTrack+secretPIN), 100))
	require.NoError(t, err)
	awaitAcceptor(t, a, "a refusal", func(s supervisor.AcceptorStatus) bool { return s.Refused.Handshake == 1 })
	require.NoError(t, a.Close(patient(t)))
	w.print(a.Status())
	w.covers(t, "first message of a connection", "connection that is no stream of the framing")
	w.judge(t, "no connection", "PeerName panicked", "refused")
}
