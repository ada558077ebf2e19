package messages

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"time"
)

const (
	defaultSTANDigits = 6
	maxSTANDigits     = 12
	defaultSTANBlock  = 1_000
	// stanBlocks is how many blocks a range holds at least: a restart leaves out up
	// to one and a half, and a few in a row must not come round to the numbers that
	// are still in doubt.
	stanBlocks = 10
	// stanCycle is how long the clock by which STANs without a store begin takes for
	// the whole range: much longer than a request in doubt is waited for, and short
	// enough that the clock is faster than most links use numbers up.
	stanCycle = uint64(1_000 * time.Second)
)

// STANConfig says which systems trace audit numbers are given, and what keeps
// them apart from those of an earlier run.
type STANConfig struct {
	// First is the least number; 0 means 1. The number 0 is never given: many hosts
	// keep it for themselves.
	First uint64
	// Last is the greatest number, which is given too; 0 means the greatest of
	// Digits digits. Programs that number the requests of one acquirer without a
	// store in common need ranges that do not overlap.
	Last uint64
	// Digits is the length of a number, with its leading zeros: 1 to 12. 0 means 6,
	// as in ISO 8583:1987 and 1993; ISO 8583:2003 has 12.
	Digits int
	// Store keeps, beyond a crash, which numbers were given. Nil: nothing does, and
	// the first number is taken from the clock.
	Store STANStore
	// Block is how many numbers are reserved in the store at a time, at most a tenth
	// of the range, or 1. 0 means 1,000, or a tenth of the range if that is less. A
	// block that is large spares the store; one that is small loses fewer numbers
	// by a restart. It needs a Store.
	Block int
	// Now is the clock that is looked at once, when there is no Store. Nil means
	// time.Now.
	Now func() time.Time
}

// STANs gives out systems trace audit numbers (field 11), one after the other,
// from the first to the last and then from the first again. All links of one
// acquirer to one host should share one: with the host it is the acquirer that
// must not use a number twice, whatever the connection. It can be used by any
// number of goroutines at the same time.
//
// A number is given again only when all the others of the range were. With a
// Store this holds across restarts, where numbers that were left out count as
// given: a restart begins behind the last block that was reserved, and so leaves
// out at most one block and a half, and more only if the store has reserved and
// could not say so. Where several processes share a store, one that uses few
// numbers still gives those of its block when the others have come round to them;
// if their loads differ much, a range for each is better.
//
// Without a Store the numbers begin where a clock is that goes through the range
// once in 1,000 seconds: 1,000 numbers a second with six digits. What a run gave
// is not given again at once by the next, if it was slower than that clock, and the
// next begins less than 1,000 seconds after it began; else it is a matter of
// chance.
//
// STANs knows nothing of the requests that are in flight or in doubt. When the
// range was used up while one still waits, its number comes again: the link then
// refuses the second request with [ErrDuplicateKey], not sent, and who called Next
// takes the next number.
type STANs struct {
	first, size uint64
	digits      int
	supply      stanSupply
}

// NewSTANs returns an allocator. It does not ask the store, so that a program
// which starts again and again without a request uses up no blocks.
//
// The error joins a [*ConfigError], with "STANs" as its Link, for each field that
// is wrong: Digits, First, Last and Block.
func NewSTANs(config STANConfig) (*STANs, error) {
	var faults []error
	fault := func(field, format string, args ...any) {
		faults = append(faults, &ConfigError{Link: "STANs", Field: field, Problem: fmt.Sprintf(format, args...)})
	}

	s := &STANs{first: max(config.First, 1)}
	s.digits = config.digits(fault)
	s.size = config.size(s.first, uint64(math.Pow10(s.digits))-1, fault)
	s.supply.size = config.block(s.size, fault)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}

	s.supply.settled.L = &s.supply.mu
	s.supply.store = config.Store
	if config.Store == nil {
		s.supply.current = endless(clockSTAN(config.Now, s.size))
	}
	return s, nil
}

// stanFault notes what is wrong with a field.
type stanFault func(field, format string, args ...any)

// digits returns what can be judged further even if it is at fault, as size does.
func (c STANConfig) digits(fault stanFault) int {
	switch {
	case c.Digits == 0:
		return defaultSTANDigits
	case c.Digits < 1 || c.Digits > maxSTANDigits:
		fault("Digits", "%d: give 1 to %d, or 0 for %d", c.Digits, maxSTANDigits, defaultSTANDigits)
		return maxSTANDigits
	default:
		return c.Digits
	}
}

func (c STANConfig) size(first, greatest uint64, fault stanFault) uint64 {
	last := c.Last
	if last == 0 {
		last = greatest
	}
	if last > greatest {
		fault("Last", "%d: give at most %d, or more Digits", last, greatest)
	}
	if first > last {
		fault("First", "%d: give at most Last, which is %d", first, last)
		return 1
	}
	return last - first + 1
}

func (c STANConfig) block(size uint64, fault stanFault) uint64 {
	most := max(size/stanBlocks, 1)
	switch {
	case c.Block == 0:
		return min(most, defaultSTANBlock)
	case c.Block < 0:
		fault("Block", "%d: give a positive number, or 0 for the default", c.Block)
	case c.Store == nil:
		fault("Block", "is of no use: there is no Store")
	case uint64(c.Block) > most:
		fault("Block", "%d: give at most %d, a tenth of the range", c.Block, most)
	}
	return uint64(c.Block)
}

// clockSTAN is how many numbers of a range are before the one at which the clock
// is.
func clockSTAN(now func() time.Time, size uint64) uint64 {
	if now == nil {
		now = time.Now
	}
	high, low := bits.Mul64(uint64(now().UnixNano())%stanCycle, size)
	at, _ := bits.Div64(high, low, stanCycle)
	return at
}

// Next returns the next number, with its leading zeros. Without a Store it never
// fails and takes a short lock only.
//
// With one, half-way through each block one caller reserves the next, and takes as
// long as the store does; the others go on with the rest of the block, and wait
// for the store only if that is used up before. An attempt that fails then is not
// reported: the rest of the block is still good, and when half of it was given,
// and half of that, the store is asked again. When nothing is left, Next returns
// an error that wraps the store's, and the next call asks again.
func (s *STANs) Next() (string, error) {
	count, err := s.supply.take()
	if err != nil {
		return "", err
	}
	return s.text(count), nil
}

// text maps the endless count of numbers into the range.
func (s *STANs) text(count uint64) string {
	var space [maxSTANDigits]byte
	text := space[:s.digits]
	number := s.first + count%s.size
	for i := len(text) - 1; i >= 0; i-- {
		text[i] = byte('0' + number%10)
		number /= 10
	}
	return string(text)
}
