package actors

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/messages"
)

// TestRefusals: each cause is counted apart, and named apart.
func TestRefusals(t *testing.T) {
	var counts refusals
	causes := []error{
		messages.ErrDenied, messages.ErrSessionLimit, messages.ErrAddrLimit, messages.ErrHandshakeLimit,
		messages.ErrHandshake, messages.ErrUnknownPeer, messages.ErrLinkTaken,
	}
	for i, cause := range causes {
		for range i + 1 {
			counts.add(cause)
		}
	}
	r := counts.snapshot()
	var got []uint64
	names := make(map[string]bool)
	for name, n := range r.All() {
		names[name], got = true, append(got, n)
	}
	assert.Equal(t, []uint64{1, 2, 3, 4, 5, 6, 7}, got)
	assert.Len(t, names, reflect.TypeFor[Refusals]().NumField())
	assert.EqualValues(t, 28, r.Total())
	for name, n := range r.All() {
		assert.Equal(t, "denied", name)
		assert.EqualValues(t, 1, n)
		break
	}
}
