package actors

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestResponseShowsThatItsSessionWorks: one to what went in an earlier session says
// nothing of whether the peer reads what is written in this one. Echoes go by it.
func TestResponseShowsThatItsSessionWorks(t *testing.T) {
	for name, c := range map[string]struct {
		session uint64 // that the request went in
		inDoubt bool
		shows   bool
	}{
		"of this session":       {session: 2, shows: true},
		"of this session, late": {session: 2, inDoubt: true, shows: true},
		"of the last one":       {session: 1}, // with OnDisconnect Wait
		"of the last one, late": {session: 1, inDoubt: true},
	} {
		correlator := loneCorrelator()
		correlator.session.number = 2
		q := registered(t, correlator, mtiRequest)
		require.True(t, q.claim(c.session, correlator.record.now()))
		if c.inDoubt {
			q.failAny(errFailed)
			correlator.scope.settledElsewhere(q)
		}
		correlator.receives("yes")
		assert.Zero(t, correlator.record.counters.unmatched.Load(), name)
		assert.Equal(t, c.shows, correlator.session.lastMatch.Load() > 0, name)
	}
}
