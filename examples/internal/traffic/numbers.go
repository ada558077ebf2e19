package traffic

import (
	"fmt"
	"sync/atomic"
)

const (
	// stans is how many system trace audit numbers there are: 000001 to 999999.
	stans = 999_999
	// references is how many retrieval reference numbers of 12 digits there are.
	references = 1_000_000_000_000
)

// Numbers gives out what must be fresh in each message. It may be used from any
// goroutine.
type Numbers struct {
	stan      atomic.Uint64
	reference uint64
}

// NewNumbers begins with that STAN and counts references from that one.
func NewNumbers(stan, reference uint64) *Numbers {
	n := &Numbers{reference: reference}
	n.stan.Store(stan + stans - 1)
	return n
}

// STAN is the next system trace audit number (field 11): six digits, never
// zero. It begins again after 999,999.
func (n *Numbers) STAN() string {
	return fmt.Sprintf("%06d", (n.stan.Add(1)-1)%stans+1)
}

// Reference is the retrieval reference number (field 37) of the send with that
// number, from 1: twelve digits.
func (n *Numbers) Reference(number uint64) string {
	return fmt.Sprintf("%012d", (n.reference+number-1)%references)
}
