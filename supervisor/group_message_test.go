package supervisor_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// TestGroupSend: a message goes out and comes back, over each link; it gets its
// STAN from the group's allocator, and two links of one host never the same.
func TestGroupSend(t *testing.T) {
	stans, err := messages.NewSTANs(messages.STANConfig{})
	require.NoError(t, err)
	r := startUpRig(t, 2, nil, func(c *rigConfig) { c.group.STANs = stans })
	seen := make(map[string]bool)
	for range 20 {
		msg := unnumbered(t, "0200")
		reply, err := r.Send(patient(t), msg)
		require.NoError(t, err)
		stan, err := reply.GetString(11)
		require.NoError(t, err)
		own, err := msg.GetString(11)
		require.NoError(t, err)
		assert.Equal(t, own, stan)
		assert.False(t, seen[stan])
		seen[stan] = true
	}
	require.NoError(t, r.Post(patient(t), unnumbered(t, "0220")))
	for _, l := range r.manager.Links() {
		assert.EqualValues(t, 10, l.Status().Counters.Answered, l.Name())
	}
}
