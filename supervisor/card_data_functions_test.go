package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// TestCardDataGivenToFunctions: functions of the configuration that print what they
// are given print no card data.
func TestCardDataGivenToFunctions(t *testing.T) {
	var p page
	printed := func(where string, values ...any) {
		p.print(values...)
		p.print(where)
	}
	keys, err := messages.NewKeyReader(cardSpec, 11)
	require.NoError(t, err)
	m := startManager(t, supervisor.Config{})
	a := listen(t, m, func(c *supervisor.AcceptorConfig) {
		c.ReadFirst = true
		c.PeerName = func(peer *supervisor.Peer) (string, error) {
			msg, err := peer.Message()
			printed("PeerName", peer, *peer, fmt.Sprintf("%T", msg), err)
			return "peer", err
		}
		c.Session.Spec, c.Session.Framing, c.Session.KeyFields = cardSpec, framing.TPDU{}, nil
		p.hook(&c.Session)
		c.Session.KeyFunc = func(r *messages.Received) (messages.Key, error) {
			printed("KeyFunc", r, *r)
			return keys.KeyOf(r)
		}
		c.Session.Reject = func(r *messages.Received) (messages.Key, string, bool) {
			key, err := r.KeyOf(messages.MTI{'0', '2', '0', '0'})
			printed("Reject", r, *r, key, err)
			return key, "", false
		}
		c.Session.Handler = func(ctx context.Context, in *messages.Inbound) {
			view, err := in.View()
			assert.NoError(t, err)
			_, missing := view.String(39)
			printed("Handler", ctx, in, *in, view, err, missing, in.Key)
			answering(ctx, in)
		}
	})
	config := linkToAcceptor("client", a)
	config.Spec, config.Framing = cardSpec, framing.TPDU{}
	p.hook(&config)
	group := supervisor.GroupConfig{
		Name: "all", Links: []string{"client"},
		Strategy: func(c *supervisor.Choice) int {
			printed("Strategy", c, *c, c.Name(0))
			return supervisor.HashBy(func(frame []byte) uint64 {
				h := fnv.New64a()
				_, _ = h.Write(frame)
				return h.Sum64()
			})(c)
		},
		Suspect:  supervisor.SuspectConfig{Judge: func([]byte) bool { return false }, After: 1},
		OnChange: func(s supervisor.GroupStatus) { printed("OnChange", s) },
	}
	client := startManager(t, supervisor.Config{Links: []supervisor.LinkConfig{config}, Groups: []supervisor.GroupConfig{group}})
	g := client.Group("all")
	require.NoError(t, client.Link("client").Await(patient(t), messages.Up))
	for stan := range 3 {
		reply, err := g.Send(patient(t), newSecretMessage(t, "0200", stan))
		require.NoError(t, err)
		_, err = reply.GetString(2)
		require.NoError(t, err)
	}
	header := []byte(secretPAN[:5])
	_, _, err = client.Link("client").ExchangeWith(patient(t), header, newSecretFrame(t, "0200", 4))
	p.print(err)
	_, err = g.Send(patient(t), iso8583.NewMessage(cardSpec))
	p.print(err)
	p.print(g.Status(), a.Status(), errors.Join(client.Close(patient(t)), m.Close(patient(t))))
	p.covers(t, "message with a header", "message by a group", "response that is judged")
	p.judge(t, "PeerName", "KeyFunc", "Reject", "Handler", "Strategy", "OnChange")
}
