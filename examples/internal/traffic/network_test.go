package traffic

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/messages"
)

func TestEachEchoHasAFreshSTAN(t *testing.T) {
	stans := stansFrom(t, 7)
	build := Network(spec87.Spec, stans, messages.ISO87.Echo, 0).Build
	for _, stan := range []string{"000007", "000008"} {
		message, err := build()
		require.NoError(t, err)
		packed, err := message.Pack()
		require.NoError(t, err)
		values := fields(t, packed)
		assert.Equal(t, "0800", values[0])
		assert.Equal(t, stan, values[STANField])
		assert.Equal(t, "301", values[70])
		assert.NotContains(t, values, ReferenceField)
	}
	next, err := stans.Next()
	require.NoError(t, err)
	assert.Equal(t, "000009", next)
}
