package console

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/supervisor"
)

// TestRateOfALinkThatBeganAnew: its counters do so when it is changed.
func TestRateOfALinkThatBeganAnew(t *testing.T) {
	h, at := newHistory(), time.Now()
	for i, answered := range []uint64{10, 30, 5} {
		h.sample(supervisor.ManagerStatus{Links: []supervisor.Status{{
			Name: "a", Counters: supervisor.Counters{Answered: answered},
		}}}, at.Add(time.Duration(i)*10*time.Second))
	}
	assert.Equal(t, []point{{Rate: 2}, {Rate: 0.5}}, h.lines("a"))
}
