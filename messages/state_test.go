package messages_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/messages"
)

func TestStateNames(t *testing.T) {
	for state, name := range map[messages.State]string{
		messages.Waiting: "waiting", messages.Connecting: "connecting", messages.Up: "up",
		messages.SigningOn: "signing on", messages.SignedOff: "signed off",
		messages.Draining: "draining", messages.Paused: "paused", messages.Closed: "closed",
		0: "state 0", messages.SignedOff + 1: "state 9",
	} {
		assert.Equal(t, name, state.String())
		assert.Equal(t, name, fmt.Sprint(state))
	}
}
