package supervisor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// slowSigning makes a link sign on and off, and wait an hour for the answers; and for
// those to its sends.
func slowSigning(c *supervisor.LinkConfig) {
	signing(c)
	c.SignOn.Timeout, c.SignOff.Timeout, c.SendTimeout = time.Hour, time.Hour, time.Hour
}

// inSession are the states of a link with slowSigning that have a session: how one is
// reached, in fake time, and how many requests its host answers on the way.
var inSession = map[string]struct {
	state   messages.State
	answers int
	reach   func(*testing.T, *supervisor.Link)
}{
	"signing on": {messages.SigningOn, 0, func(*testing.T, *supervisor.Link) {}},
	"up":         {messages.Up, 1, func(*testing.T, *supervisor.Link) {}},
	"signing off": {messages.SignedOff, 1, func(t *testing.T, l *supervisor.Link) {
		go func() { _ = l.SignOff(t.Context()) }()
	}},
	"signed off": {messages.SignedOff, 2, func(t *testing.T, l *supervisor.Link) {
		require.NoError(t, l.SignOff(t.Context()))
	}},
	"draining": {messages.Draining, 1, func(t *testing.T, l *supervisor.Link) {
		go func() { _, _ = l.Exchange(context.Background(), networkFrame("999999")) }()
		synctest.Wait()
		go func() { _ = l.Pause(t.Context()) }()
	}},
}

// inEverySession runs test in each state of inSession.
func inEverySession(t *testing.T, host linktest.PeerConfig, change func(*supervisor.LinkConfig),
	test func(t *testing.T, link *supervisor.Link, state messages.State),
) {
	t.Helper()
	for name, s := range inSession {
		t.Run(name, func(t *testing.T) {
			accept := linktest.ReplyWith(linktest.NewUnpackingResponder(linktest.UnpackingConfig{Spec: signSpec, ResponseCode: "00"}))
			var answers []linktest.Step
			for range s.answers {
				answers = append(answers, accept)
			}
			host.Handle = linktest.StepsThen(linktest.Drop(), answers...)
			bubble(t, host, func(c *supervisor.LinkConfig) {
				slowSigning(c)
				change(c)
			}, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
				if s.answers > 0 {
					require.NoError(t, link.Await(t.Context(), messages.Up))
					time.Sleep(10 * time.Second)
				}
				s.reach(t, link)
				require.NoError(t, link.Await(t.Context(), s.state))
				test(t, link, s.state)
			})
		})
	}
}
