package actors

import (
	"hash/maphash"

	"github.com/isolink-go/isolink/messages"
)

// tableIndex is a map of keys to requests. The requests of a bucket are a list
// through request.chained, so that taking one out needs no look for its key and no
// memory: a Go map of 32-byte keys takes three times as long. The seed is random: a
// peer cannot choose keys that meet.
type tableIndex struct {
	seed    maphash.Seed
	buckets []*request // as many as a power of two
	n       int
	removed int // since the buckets are so many
}

const (
	// leastBuckets is how many an index begins with.
	leastBuckets = 16
	// burstBuckets and more are given back as soon as the index is empty; fewer when
	// they were too many for a while, so that the ebb and flow of some callers costs
	// nothing.
	burstBuckets = 2048
)

func newTableIndex() tableIndex {
	return tableIndex{seed: maphash.MakeSeed(), buckets: make([]*request, leastBuckets)}
}

func (x *tableIndex) bucket(hash uint32) **request { return &x.buckets[hash&uint32(len(x.buckets)-1)] }

func (x *tableIndex) hash(key messages.Key) uint32 { return uint32(maphash.Comparable(x.seed, key)) }

// find returns the request of that key, whose hash is given, or nil.
func (x *tableIndex) find(key messages.Key, hash uint32) *request {
	for r := *x.bucket(hash); r != nil; r = r.chained {
		if r.hash == hash && r.key == key {
			return r
		}
	}
	return nil
}

// put enters r, whose hash is set and whose key has no other request in the index.
func (x *tableIndex) put(r *request) {
	if x.n == len(x.buckets) {
		x.resize(2 * x.n)
	}
	r.indexed = true
	b := x.bucket(r.hash)
	r.chained, *b = *b, r
	x.n++
}

// remove takes out r, which is in the index.
func (x *tableIndex) remove(r *request) {
	at := x.bucket(r.hash)
	for *at != r {
		at = &(*at).chained
	}
	*at, r.chained, r.indexed = r.chained, nil, false
	x.n--
	x.removed++
	switch n := len(x.buckets); {
	case x.n == 0 && n >= burstBuckets:
		x.resize(leastBuckets)
	case x.n < n/8 && n > leastBuckets && x.removed > 8*n:
		x.resize(n / 2)
	}
}

func (x *tableIndex) resize(buckets int) {
	old := x.buckets
	x.buckets, x.removed = make([]*request, buckets), 0
	for _, r := range old {
		for r != nil {
			next, b := r.chained, x.bucket(r.hash)
			r.chained, *b = *b, r
			r = next
		}
	}
}
