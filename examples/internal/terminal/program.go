package terminal

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Patience bounds what has no reason to take long.
const Patience = time.Minute

// Patient is a context for what has no reason to take long. It ends with the test.
func Patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	t.Cleanup(cancel)
	return ctx
}

// Call runs a program that must end by itself, and print nothing but complaints.
func Call(t *testing.T, command func(ctx context.Context, args []string, out, complaints io.Writer) int, args ...string) (code int, complaints string) {
	t.Helper()
	out, words := new(Output), new(Output)
	code = command(Patient(t), args, out, words)
	assert.Empty(t, out.String())
	return code, words.String()
}
