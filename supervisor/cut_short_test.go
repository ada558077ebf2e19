package supervisor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestCloseCutShortWithoutForeignCode: a Close whose context ends before the goodbye to
// a peer that takes nothing does not take the link's own last steps for foreign code.
// Nothing was in flight any more: it returns nil.
func TestCloseCutShortWithoutForeignCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := linktest.NewPipePeer(linktest.PeerConfig{Framing: framing.Binary2{}, OnAccept: (*linktest.Conn).StopReading})
		defer peer.Close()
		mgr, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{{
			Name: "fake", Addrs: []string{"pipe:1"}, Spec: specs.Spec87ASCII, Framing: framing.Binary2{}, Dial: peer.Dial,
		}}})
		require.NoError(t, err)
		link := mgr.Link("fake")
		require.NoError(t, link.Await(t.Context(), messages.Up))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = link.Exchange(ctx, networkFrame("000001"))
		require.ErrorIs(t, err, messages.ErrInDoubt)

		ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		require.NoError(t, mgr.Close(ctx))
		assert.Equal(t, 100*time.Millisecond, time.Since(start))
		time.Sleep(time.Minute) // fake: what timers are left run out
	})
}
