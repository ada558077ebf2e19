package supervisor_test

import (
	"context"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// TestNetworkIsAnswered: echoes by themselves, what a handler answers by it, and
// the rest of network management with a code; requests of other classes are the
// handler's alone.
func TestNetworkIsAnswered(t *testing.T) {
	var handled journal[string]
	var events journal[messages.Event]
	a := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Session.Spec, c.Session.OnEvent = signSpec, events.add
		c.Session.Handler = messages.ISO87.Answering("12", func(ctx context.Context, in *messages.Inbound) {
			msg, err := in.Message()
			if !assert.NoError(t, err) {
				return
			}
			function, _ := msg.GetString(70)
			handled.add(in.MTI.String() + function)
			if function == messages.ISO87.SignOn {
				msg.MTI("0810")
				assert.NoError(t, msg.Field(39, "00"))
				assert.NoError(t, in.Reply(ctx, msg))
			}
		})
	})
	l := linkedTo(t, a, signing)
	ask := func(function, stan string) string {
		msg := iso8583.NewMessage(signSpec)
		msg.MTI("0800")
		require.NoError(t, msg.Field(11, stan))
		if function != "" {
			require.NoError(t, msg.Field(70, function))
		}
		reply, err := l.Send(patient(t), msg)
		require.NoError(t, err)
		mti, err := reply.GetMTI()
		require.NoError(t, err)
		assert.Equal(t, "0810", mti)
		code, err := reply.GetString(39)
		require.NoError(t, err)
		return code
	}
	assert.Equal(t, "00", ask("301", "000001"), "an echo")
	assert.Equal(t, "12", ask("161", "000002"), "a key exchange that nobody knows")
	assert.Equal(t, "12", ask("", "000003"))
	_, err := l.Exchange(within(t, short), newFrame("0200", 4))
	require.ErrorIs(t, err, messages.ErrInDoubt, "the handler does not answer it")
	assert.Equal(t, []string{"0800001", "0800161", "0800", "0200"}, handled.list(), "the echo is not the handler's")
	refusals := awaitEvents[*messages.NetworkRefused](t, &events, 2)
	assert.Equal(t, [2]string{"161", ""}, [2]string{refusals[0].Function, refusals[1].Function})
	assert.Equal(t, "12", refusals[0].Code)

	var advised journal[string]
	mastercard := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Session.Spec = signSpec
		c.Session.Handler = messages.MastercardNetwork.Answering("12", func(_ context.Context, in *messages.Inbound) {
			advised.add(in.MTI.String())
		})
	})
	asked := linkedTo(t, mastercard)
	_, err = asked.Exchange(within(t, 2*short), newFrame("0820", 5))
	require.ErrorIs(t, err, messages.ErrInDoubt, "it gets no response")
	assert.Equal(t, []string{"0820"}, advised.list())

	alone := startAcceptor(t, func(c *supervisor.AcceptorConfig) {
		c.Session.Spec = signSpec
		c.Session.Handler = messages.ISO87.Answering("12", nil)
	})
	refused := linkOf(t, startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{func() supervisor.LinkConfig {
		c := linkToAcceptor("refused", alone)
		signing(&c)
		return c
	}()}}), "refused")
	s := refused.awaitStatus("a refusal", func(s supervisor.Status) bool { return s.LastError != nil })
	var code *messages.CodeError
	require.ErrorAs(t, s.LastError, &code)
	assert.Equal(t, "12", code.Code, "never silence")
}
