package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

func TestWhatIsRelayed(t *testing.T) {
	for name, relay := range map[string]func(frame []byte, stan string) (relayed, error){
		"by the bytes": func(frame []byte, stan string) (relayed, error) {
			copy(frame[sample.Eighteen.STANAt:], stan)
			return relayed{"0200", sample.Eighteen.Text(2), frame}, nil
		},
		"unpacked": relayByUnpacking,
		"viewed":   relayByView,
		"another PAN": func(frame []byte, stan string) (relayed, error) {
			copy(frame[sample.Eighteen.STANAt:], stan)
			return relayed{"0200", "4111", frame}, nil
		},
		"the same STAN": func(frame []byte, _ string) (relayed, error) {
			return relayed{"0200", sample.Eighteen.Text(2), frame}, nil
		},
	} {
		path, err := relaying(relay)(target{}, sample.Eighteen, 1)
		require.NoError(t, err)
		err = path.Exchange(t.Context(), 0, 1)
		switch name {
		case "by the bytes", "unpacked", "viewed":
			assert.NoError(t, err)
		default:
			assert.ErrorIs(t, err, sample.ErrMismatch, name)
		}
	}
}
