package terminal_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/terminal"
)

func TestOutputIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out terminal.Output
		var running sync.WaitGroup
		for range 2 {
			running.Go(func() {
				found, err := out.Await(t.Context(), `(?m)^number (\d+)$`)
				assert.NoError(t, err)
				assert.Equal(t, []string{"number 17", "17"}, found)
			})
		}
		synctest.Wait()
		fmt.Fprint(&out, "number ")
		synctest.Wait()
		fmt.Fprint(&out, "17\n")
		running.Wait()
		assert.Equal(t, "number 17\n", out.String())

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := out.Await(ctx, "18")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
