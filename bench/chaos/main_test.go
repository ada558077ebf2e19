package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRun: a few seconds of chaos keep all promises. That each fault came is left to
// longer runs.
func TestRun(t *testing.T) {
	r := newRun(options{seed: 7, length: 3 * time.Second, kinds: kinds, callers: 12, pause: 5 * time.Millisecond})
	require.NoError(t, r.execute())
	a := newAudit(r.ledger, r.slack())
	f := r.figures(a)
	for _, l := range r.promises(a, f) {
		assert.True(t, l.OK, l)
	}
	assert.Empty(t, a.notes)
	assert.Greater(t, f.outcomes[answered], 100)
	var out bytes.Buffer
	r.table(&out, f)
	assert.Regexp(t, `(?m)^exchanges +\d+$`, out.String())
}

// TestLeftIsFound: a manager that is not closed is what a leak looks like.
func TestLeftIsFound(t *testing.T) {
	r := newRun(options{seed: 7, kinds: kinds[:1]})
	require.NoError(t, r.open())
	require.NoError(t, r.awaitUp())
	assert.Positive(t, r.left())
	assert.Positive(t, r.after.goroutines)
	assert.Positive(t, r.after.sockets)
	r.close()
	assert.Zero(t, r.left())
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{{"-minutes", "0"}, {"-callers", "0"}, {"-pause", "0s"}, {"extra"}, {"-nonsense"}} {
		var out, faults strings.Builder
		assert.Equal(t, 2, program.Main(args, &out, &faults), args)
		assert.Empty(t, out.String())
		assert.NotEmpty(t, faults.String())
	}
	var out, faults strings.Builder
	assert.Equal(t, 0, program.Main([]string{"-h"}, &out, &faults))
}

// TestMinima: a fault or an outcome that never came fails a run of a minute.
func TestMinima(t *testing.T) {
	r := newRun(options{seed: 7, length: time.Minute, kinds: kinds, callers: 1})
	r.lanes = []*lane{{kind: &kinds[1], faults: kinds[1].faultsOf(false)}}
	failed := make(map[string]bool)
	for _, l := range r.minima(figures{}) {
		failed[l.Name] = !l.OK
	}
	for _, name := range []string{"exchanges", "late replies", "fault: reset_peer", "fault: reject", "session ended: reset"} {
		assert.True(t, failed[name], name)
	}
}
