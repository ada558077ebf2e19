package actors

import "time"

// Defaults of Backoff, where a field is zero.
const (
	DefaultMinDelay    = time.Second
	DefaultBase        = 100 * time.Millisecond
	DefaultCap         = 30 * time.Second
	DefaultStableAfter = 30 * time.Second
)

// Backoff is the time between the end of a session, or a failed attempt, and
// the next attempt: MinDelay plus a random part of min(Cap, Base × 2^(n-1))
// after the n-th failure in a row ("full jitter": links that were dropped
// together do not come back together).
type Backoff struct {
	// MinDelay is the least delay; 0 means 1 s. It leaves a host the time to
	// free the old connection.
	MinDelay time.Duration
	// Base is the longest random part after the first failure; 0 means 100 ms.
	Base time.Duration
	// Cap bounds the random part; 0 means 30 s.
	Cap time.Duration
	// StableAfter is how long a session must be up before its failure counts as
	// the first; 0 means 30 s.
	StableAfter time.Duration
}

func (b Backoff) withDefaults() Backoff {
	b.MinDelay = orDefault(b.MinDelay, DefaultMinDelay)
	b.Base = orDefault(b.Base, DefaultBase)
	b.Cap = orDefault(b.Cap, DefaultCap)
	b.StableAfter = orDefault(b.StableAfter, DefaultStableAfter)
	return b
}

// Delay is the wait after that many failures in a row, 0 after none. random
// returns a number in [0, n).
func (b Backoff) Delay(failures int, random func(n int64) int64) time.Duration {
	if failures <= 0 {
		return 0
	}
	window := b.Cap
	// 2^(failures-1) × Base, without overflow: stop doubling at the cap.
	if shift := failures - 1; shift < 62 && b.Base <= b.Cap>>shift {
		window = b.Base << shift
	}
	return b.MinDelay + time.Duration(random(int64(window)+1))
}
