package supervisor_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestEndOfALinkThatApplyReplaces: who closes or removes a link while Apply still waits
// for what it had in flight before is kept waiting by his own context alone.
func TestEndOfALinkThatApplyReplaces(t *testing.T) {
	for name, end := range map[string]func(context.Context, *supervisor.Manager) error{
		"close":  func(ctx context.Context, m *supervisor.Manager) error { return m.Link("a").Close(ctx) },
		"remove": func(ctx context.Context, m *supervisor.Manager) error { return m.RemoveLink(ctx, "a") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				peer := linktest.NewPipePeer(linktest.PeerConfig{Framing: framing.Binary2{}, Handle: linktest.Drop()})
				defer peer.Close()
				config := supervisor.Config{Logger: quiet, Links: []supervisor.LinkConfig{{
					Name: "a", Addrs: []string{"pipe:1"}, Spec: spec, Framing: framing.Binary2{}, Dial: peer.Dial, SendTimeout: time.Hour,
				}}}
				m, err := supervisor.New(nil, config)
				require.NoError(t, err)
				link := m.Link("a")
				require.NoError(t, link.Await(t.Context(), messages.Up))
				sent := make(chan error, 1)
				go func() {
					_, err := link.Exchange(t.Context(), newFrame("0200", 1))
					sent <- err
				}()
				synctest.Wait()
				config.Links = []supervisor.LinkConfig{config.Links[0]}
				config.Links[0].MaxInFlight = 5
				applied := make(chan error, 1)
				go func() {
					_, err := m.Apply(context.Background(), config)
					applied <- err
				}()
				synctest.Wait()

				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				err = end(ctx, m)
				assert.Equal(t, time.Second, time.Since(start))
				var drain *messages.DrainError
				require.ErrorAs(t, err, &drain)
				assert.EqualValues(t, 1, drain.InDoubt)
				require.ErrorIs(t, <-sent, messages.ErrInDoubt)
				require.NoError(t, <-applied)
				assert.Equal(t, messages.Closed, link.Status().State)
				assert.Equal(t, 1, peer.Accepted())
				assert.Equal(t, name == "close", len(m.Links()) == 1)
				require.NoError(t, m.Close(t.Context()))
				time.Sleep(time.Minute) // fake: what timers are left run out
			})
		})
	}
}

// TestPauseWhileApplyReplaces: an operator who pauses a link at that moment is obeyed.
func TestPauseWhileApplyReplaces(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	m := startManager(t, linksTo(host))
	link := m.Link("a")
	for turn := range 500 {
		config := linksTo(host)
		config.Links[0].MaxInFlight = 5 + turn%2
		changed := make(chan error, 1)
		go func() {
			_, err := m.Apply(patient(t), config)
			changed <- err
		}()
		for range turn % 50 {
			runtime.Gosched()
		}
		require.NoError(t, link.Pause(patient(t)))
		require.NoError(t, awaitDone(t, "Apply", changed))
		require.NoError(t, link.Await(patient(t), messages.Paused))
		require.NoError(t, link.Resume())
	}
}

// TestApplyWhileAnAcceptorCloses: one that somebody closes is not there: it begins anew.
func TestApplyWhileAnAcceptorCloses(t *testing.T) {
	handling, release := make(chan struct{}), make(chan struct{})
	config := supervisor.Config{Acceptors: []supervisor.AcceptorConfig{acceptorAt("host")}}
	config.Acceptors[0].Session.Handler = func(_ context.Context, in *messages.Inbound) {
		close(handling)
		<-release
		assert.NoError(t, in.ReplyFrame(patient(t), response(in.Frame)))
	}
	m := startManager(t, config)
	old := m.Acceptor("host")
	client := dialRaw(t, old)
	client.write(newFrame("0200", 1))
	awaitDone(t, "the request", handling)
	closed := make(chan error, 1)
	go func() { closed <- old.Close(patient(t)) }()
	require.Eventually(t, func() bool { return !old.Status().Listening }, patience, time.Millisecond)
	done := make(chan supervisor.Changes, 1)
	go func() {
		got, err := m.Apply(patient(t), config)
		assert.NoError(t, err)
		done <- got.Acceptors
	}()
	close(release)
	assert.NotEmpty(t, client.read())
	require.NoError(t, awaitDone(t, "the end", closed))
	got := awaitDone(t, "Apply", done)
	assert.Equal(t, []string{"host"}, append(got.Changed, got.Added...), "changed, or added if it was gone already")
	require.NotNil(t, m.Acceptor("host"))
	assert.True(t, m.Acceptor("host").Status().Listening)
}
