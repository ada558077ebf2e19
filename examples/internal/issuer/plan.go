package issuer

import (
	"math/rand/v2"
	"time"
)

// connectionFaults are the kinds that a plan is made of.
var connectionFaults = []Kind{Closes, Resets, HalfCloses, Stalls}

// Fault is what a host does to the connection that it has at a time.
type Fault struct {
	At    time.Duration // since the start
	Kind  Kind
	Lasts time.Duration // a stall only
}

const (
	// faultsPerSecond is how many faults of a connection each host has.
	faultsPerSecond = 0.6
	minStall        = 300 * time.Millisecond
	maxStall        = time.Second
)

// NewPlan deals the faults of a run of that length to as many hosts, in turn.
// Each kind is dealt as often as the others, or once more. The last part of the
// run is quiet.
func NewPlan(seed uint64, length time.Duration, hosts int) [][]Fault {
	random := rand.New(rand.NewPCG(seed, 1))
	each := max(2, int(length.Seconds()*faultsPerSecond))
	dealt := make([]Kind, each*hosts)
	for i := range dealt {
		dealt[i] = connectionFaults[i%len(connectionFaults)]
	}
	random.Shuffle(len(dealt), func(i, j int) { dealt[i], dealt[j] = dealt[j], dealt[i] })

	first, last := length/10, length*8/10
	every := (last - first) / time.Duration(each)
	plan := make([][]Fault, hosts)
	for i, k := range dealt {
		host, turn := i%hosts, i/hosts
		f := Fault{At: first + time.Duration(turn)*every + time.Duration(random.Int64N(int64(every/2))), Kind: k}
		if k == Stalls {
			f.Lasts = minStall + time.Duration(random.Int64N(int64(maxStall-minStall)))
		}
		plan[host] = append(plan[host], f)
	}
	return plan
}
