package actors

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// TestAdmission: each limit by its own error, and room again for who comes when
// somebody has left.
func TestAdmission(t *testing.T) {
	one, two, three := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
	a := newAdmission(&AcceptorConfig{MaxSessions: 4, MaxPerAddr: 2, MaxHandshakes: 3})
	require.NoError(t, a.enter(one))
	require.NoError(t, a.enter(one))
	require.ErrorIs(t, a.enter(one), messages.ErrAddrLimit)
	require.NoError(t, a.enter(two))
	require.ErrorIs(t, a.enter(two), messages.ErrHandshakeLimit)
	a.shaken()
	require.NoError(t, a.enter(two))
	a.shaken()
	require.ErrorIs(t, a.enter(three), messages.ErrSessionLimit)
	require.ErrorIs(t, a.enter(two), messages.ErrAddrLimit, "which comes first")
	a.leave(one)
	require.NoError(t, a.enter(three))
	a.leave(one)
	a.leave(two)
	a.shaken()
	require.NoError(t, a.enter(two))
	open, handshaking := a.counts()
	assert.Equal(t, 3, open)
	assert.Equal(t, 3, handshaking)
	a.leave(two)
	a.leave(two)
	a.leave(three)
	assert.Empty(t, a.perAddr, "nothing is remembered of who has left")
}
