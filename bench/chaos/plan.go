package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// step is one fault of the plan, on one lane.
type step struct {
	at    time.Duration // since the run began
	lane  int
	fault fault
	lasts time.Duration
	size  int64 // what the fault makes of it
	up    bool  // toxics: towards the host
}

const (
	stepEvery   = 900 * time.Millisecond // between two faults of a lane
	quietAtHead = 500 * time.Millisecond
	// silenceLasts is longer than links bear it.
	silenceLasts = 2 * time.Second
)

// newPlan decides all that is done to the lanes, whose faults are given, in a run of
// that length. The faults of a lane come equally often, in an order of their own.
func newPlan(seed uint64, lanes [][]fault, length time.Duration) []step {
	var all []step
	for lane, faults := range lanes {
		rng := rand.New(rand.NewPCG(seed, uint64(lane)))
		var deck []fault
		for at := quietAtHead + time.Duration(rng.Int64N(int64(stepEvery))); len(faults) > 0; {
			if len(deck) == 0 {
				deck = slices.Clone(faults)
				rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
			}
			s := step{
				at: at, lane: lane, fault: deck[0], lasts: stepEvery/4 + time.Duration(rng.Int64N(int64(stepEvery/2))),
				size: rng.Int64N(1 << 16), up: rng.IntN(2) == 0,
			}
			if s.fault == silence {
				s.lasts += silenceLasts
			}
			if s.at+s.lasts > length {
				break
			}
			all = append(all, s)
			deck = deck[1:]
			at += s.lasts + time.Duration(rng.Int64N(int64(stepEvery)))
		}
	}
	slices.SortStableFunc(all, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	return all
}

// toxicOf is a step of a proxy as a toxic.
func toxicOf(s step) toxic {
	t := toxic{kind: string(s.fault), upstream: s.up}
	switch s.fault {
	case latency:
		t.attributes = map[string]int64{"latency": 20 + s.size%150, "jitter": s.size % 40}
	case bandwidth:
		t.attributes = map[string]int64{"rate": 1 + s.size%20} // KB a second
	case slicer:
		t.attributes = map[string]int64{"average_size": 4 + s.size%60, "size_variation": 1 + s.size%3, "delay": s.size % 500}
	case resetPeer:
		t.attributes = map[string]int64{"timeout": s.size % 100}
	case limitData:
		t.attributes = map[string]int64{"bytes": s.size % 20_000}
	case timeout:
		t.attributes = map[string]int64{"timeout": 100 + s.size%300}
	case silence:
		t.kind = string(timeout)
		t.attributes = map[string]int64{"timeout": 0}
	case slowClose:
		t.attributes = map[string]int64{"delay": 100 + s.size%500}
	default: // no other fault is a toxic
	}
	return t
}
